// SPDX-License-Identifier: Apache-2.0
// Devices that lie, flood or go at the worst moment: the host goes on, says what happened, and
// neither its memory nor its time is theirs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/transport/find_appliances.hpp"
#include "protocol/mailbox.hpp"
#include "tests/host/edge/temporary_directory.hpp"
#include "tests/transport/mock_bus.hpp"
#include "tests/transport/wire.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

class HostileDevice : public testing::TestWithParam<EndKind> {
 protected:
  Wire wire{GetParam().make()};
};
std::vector<EndKind> devices() {
  auto kinds = contract_kinds();
  std::erase_if(kinds, [](const EndKind& kind) { return kind.name == std::string("sim"); });
  return kinds;
}
INSTANTIATE_TEST_SUITE_P(Over, HostileDevice, testing::ValuesIn(devices()),
                         [](const auto& of) { return std::string(of.param.name); });

std::chrono::microseconds time_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

TEST_P(HostileDevice, noise_without_end_and_without_a_tick_is_given_up) {
  wire.attach();
  wire.ticking = false;
  std::mt19937 random(3);
  std::vector<uint8_t> noise(4096);
  for (auto& byte : noise) byte = static_cast<uint8_t>(random());
  EXPECT_TRUE(wire.until([&] {
    if (wire.far->idle()) wire.far->send(noise);
    return !wire.downs.empty();
  }));
  EXPECT_TRUE(wire.was_told("no tick came"));
}

TEST_P(HostileDevice, another_version_in_mid_stream_is_told_by_name) {
  wire.attach();
  wire.version = protocol::link_version + 1;
  ASSERT_TRUE(wire.until([&] { return !wire.downs.empty(); }));
  EXPECT_TRUE(wire.was_told("speaks link version")) << wire.downs[0];
}

TEST_P(HostileDevice, another_port_in_mid_stream_is_another_link) {
  wire.attach();
  EXPECT_EQ(wire.port, protocol::Server::a);
  wire.says_port = protocol::Server::b;
  ASSERT_TRUE(wire.until([&] { return wire.ups == 2; }));
  EXPECT_TRUE(wire.was_told("port is another one")) << wire.downs[0];
  EXPECT_EQ(wire.port, protocol::Server::b);
}

TEST_P(HostileDevice, thirty_unplugs_at_any_moment_of_opening) {
  wire.start();
  std::mt19937 random(5);
  for (int i = 0; i < 30; ++i) {
    wire.plug();
    wire.pass(std::chrono::milliseconds(random() % 20));
    wire.unplug();
  }
  wire.plug();
  const int before = wire.ups;
  EXPECT_TRUE(wire.until([&] { return wire.ups > before; })) << wire.downs.back();
}

std::string modelled_bar() {
  return std::string(std::getenv("UMOCKDEV_DIR")) + "/sys/bus/pci/devices/0000:01:00.0/resource2";
}

TEST(PciDevice, a_bar_whose_pages_go_reads_as_gone) {
  Wire wire(make_pci_end());
  wire.attach();
  wire.ticking = false;
  // as Linux does when a device is removed; the far end's own side is not touched any more
  const auto bar = modelled_bar();
  std::filesystem::resize_file(bar, 0);
  const auto end = Wire::Clock::now() + 5s;
  while (wire.downs.empty() && Wire::Clock::now() < end) wire.io.run_for(1ms);
  EXPECT_TRUE(wire.was_told("is gone (all ones)"));
  std::filesystem::resize_file(bar, protocol::mailbox::bar_bytes);
}

TEST(PciDevice, a_ring_that_lies_costs_little_and_reads_nothing_outside) {
  Wire wire(make_pci_end());
  wire.attach();
  wire.ticking = false;
  const edge::Descriptor file(::open(modelled_bar().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(file);
  std::mt19937 random(9);
  const auto before = time_used();
  const auto begin = Wire::Clock::now();
  while (Wire::Clock::now() - begin < 1500ms) {
    for (const auto at :
         {protocol::mailbox::at_to_host_head, protocol::mailbox::at_to_appliance_tail}) {
      const auto value = static_cast<uint32_t>(random() % (random() % 2 ? 4096 : UINT32_MAX));
      ASSERT_EQ(::pwrite(file.number(), &value, sizeof value, static_cast<off_t>(at)), 4);
    }
    wire.io.run_for(1ms);
  }
  EXPECT_LT(time_used() - before, 900ms) << "of 1500";
}

TEST(UsbDevice, packets_larger_than_an_ftdi_chips_are_refused) {
  MockBus bus;
  bus.tell("plug 1-1 wide UD0001");
  const auto device = edge::make_device(*edge::parse_appliance_uri("usb:serial=UD0001"));
  const auto opened = device->open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text.find("packets of 4096 bytes"), std::string::npos)
      << opened.error().text;
}

TEST(UsbDevice, a_serial_number_is_only_text) {
  MockBus bus;
  bus.tell("plug 1-1 ft2232h UD\x1b[31m");
  bus.tell("plug 1-2 ft2232h UD,interface=a");
  const auto found = edge::find_appliances();
  ASSERT_GE(found.size(), 2u);
  EXPECT_EQ(found[0].uri, "usb:serial=UD?[31m");
  EXPECT_EQ(found[1].uri, "usb:path=1-2") << "a comma begins an option";
  for (size_t i = 0; i < 2; ++i)
    EXPECT_EQ(found[i].state, edge::FoundAppliance::State::silent) << found[i].why;
}

TEST(TtyDevice, what_is_no_serial_device_is_said_to_be_none) {
  TemporaryDirectory directory;
  write_file(directory / "file", "");
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  for (const std::string& path :
       {directory / "file", directory / "fifo", std::string("/dev/zero")}) {
    const auto opened =
        edge::make_device({.kind = edge::ApplianceUri::Kind::tty, .path = path})->open();
    ASSERT_FALSE(opened) << path;
    EXPECT_NE(opened.error().text.find("is no serial device"), std::string::npos)
        << opened.error().text;
  }
}

TEST(TtyDevice, one_whose_other_side_closes_is_lost_and_costs_nothing) {
  Wire wire(make_tty_end());
  wire.attach();
  wire.ticking = false;
  wire.far->unplug();
  const auto before = time_used();
  wire.pass(1s);
  EXPECT_FALSE(wire.downs.empty());
  EXPECT_LT(time_used() - before, 300ms);
}

}  // namespace
