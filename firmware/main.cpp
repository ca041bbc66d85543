// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance.hpp"

namespace understudy::firmware {
namespace {

[[gnu::section(".kept")]] LastWords words;
constinit Appliance appliance{words};

void feed() {
  hardware::device(protocol::soc::watchdog, protocol::soc::watchdog_feed);
}

}  // namespace
}  // namespace understudy::firmware

/// A trap: an instruction that is none, a misaligned access, or the watchdog's warning that the
/// loop hangs.
extern "C" [[noreturn]] void trapped(uint32_t cause, uint32_t pc) {
  using namespace understudy;
  firmware::words.trapped(cause, pc);
  asm volatile("" : "+m"(firmware::words));  // somebody reads it: the next start
  for (;;) firmware::hardware::device(protocol::soc::watchdog, protocol::soc::watchdog_restart);
}

int main() {
  using namespace understudy::firmware;
  feed();
  asm volatile("" : "+m"(words));  // not zero: what the last start left
  constexpr uint32_t timer_enable = 1u << 7;
  asm volatile("csrw mie, %0" ::"r"(timer_enable));
  appliance.begin();
  asm volatile("csrsi mstatus, 8" ::: "memory");
  for (;;) {
    feed();
    appliance.turn();
  }
}
