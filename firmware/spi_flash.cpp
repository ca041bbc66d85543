// SPDX-License-Identifier: Apache-2.0
#include "firmware/hardware.hpp"

namespace understudy::firmware::hardware {
namespace {

enum Command : uint8_t {
  program_page = 0x02,
  read_status = 0x05,
  write_enable = 0x06,
  erase_sector = 0x20
};
constexpr uint32_t busy = 1;

/// Enables writing, sends the command with its address and bytes, and waits until the flash can be
/// read again. Stands in memory and calls nothing: the flash is no memory meanwhile. A flash that
/// never ends is the watchdog's.
[[gnu::section(".in_memory"), gnu::noinline]] void change(uint32_t command_and_address,
                                                          const uint8_t* bytes, uint32_t count) {
  device(protocol::soc::spi_select, 0);  // the reading of code leaves it selected
  device(protocol::soc::spi_select, 1);
  device(protocol::soc::spi_byte, write_enable);
  device(protocol::soc::spi_select, 0);
  device(protocol::soc::spi_select, 1);
  for (int shift = 24; shift >= 0; shift -= 8)
    device(protocol::soc::spi_byte, command_and_address >> shift & 0xFF);
  for (; count > 0; --count) device(protocol::soc::spi_byte, *bytes++);
  device(protocol::soc::spi_select, 0);
  device(protocol::soc::spi_select, 1);
  device(protocol::soc::spi_byte, read_status);
  do device(protocol::soc::spi_byte, 0);
  while (device(protocol::soc::spi_byte) & busy);
  device(protocol::soc::spi_select, 0);
}

void change_alone(Command command, uint32_t address, std::span<const uint8_t> bytes) {
  asm volatile("csrci mstatus, 8" ::: "memory");
  device(protocol::soc::watchdog, protocol::soc::watchdog_feed);
  change(static_cast<uint32_t>(command) << 24 | (address + UNDERSTUDY_IMAGE), bytes.data(),
         bytes.size());
  asm volatile("csrsi mstatus, 8" ::: "memory");
}

}  // namespace

void SpiFlash::read(uint32_t address, std::span<uint8_t> to) {
  for (size_t i = 0; i < to.size(); ++i)
    to[i] = *reinterpret_cast<const volatile uint8_t*>(protocol::soc::flash + address + i);
}
void SpiFlash::erase(uint32_t address) {
  change_alone(erase_sector, address, {});
}
void SpiFlash::program(uint32_t address, std::span<const uint8_t> bytes) {
  change_alone(program_page, address, bytes);
}

}  // namespace understudy::firmware::hardware
