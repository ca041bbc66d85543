// SPDX-License-Identifier: Apache-2.0
// What only a mailbox can go through: a ring that the host before left full, a BAR that is none.
#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>

#include "host/edge/daemon/priority.hpp"
#include "host/edge/transport/open_transport.hpp"
#include "protocol/mailbox.hpp"
#include "tests/transport/mock_bus.hpp"
#include "tests/transport/wire.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
namespace mailbox = protocol::mailbox;

TEST(PciDevice, takes_over_a_ring_that_nobody_read) {
  Wire wire(make_pci_end());
  wire.plug();
  for (uint32_t i = 0; i < 1000; ++i) wire.say_event(i);
  ASSERT_FALSE(wire.far->idle()) << "the ring is not full";
  wire.start();
  EXPECT_TRUE(wire.until([&] { return wire.ups == 1 && wire.far->idle(); }));
  EXPECT_EQ(wire.decoder.errors(), 0u);
}

TEST(DeviceTransport, its_thread_is_as_urgent_as_the_one_that_starts_it) {
  if (!edge::run_in_real_time()) GTEST_SKIP() << "this user may not run in real time";
  Wire wire(make_pci_end());
  wire.attach();
  int threads = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const int id = std::stoi(task.path().filename().string());
    EXPECT_EQ(::sched_getscheduler(id) & ~SCHED_RESET_ON_FORK, SCHED_FIFO) << id;
    ++threads;
  }
  EXPECT_EQ(threads, 2);
  const sched_param usual{};
  EXPECT_EQ(::sched_setscheduler(0, SCHED_OTHER, &usual), 0);
}

TEST(PciDevice, says_what_is_wrong_with_a_bar) {
  MockBus bus;
  const auto path = bus.tell("pci 0000:01:00.0");
  const auto why_not = [](const std::string& uri) {
    const auto device = edge::make_device(*edge::parse_appliance_uri(uri));
    const auto opened = device->open();
    return opened ? std::string() : opened.error().text;
  };
  const auto write = [&](std::initializer_list<uint32_t> words, size_t bytes) {
    std::string content(bytes, '\0');
    std::copy_n(reinterpret_cast<const char*>(words.begin()), words.size() * 4, content.begin());
    std::ofstream(path, std::ios::binary) << content;
  };
  const auto expect = [&](const std::string& uri, const char* says) {
    const auto why = why_not(uri);
    EXPECT_NE(why.find(says), why.npos) << why;
  };
  expect("pci:0000:01:00.0", "does not answer (all ones)");
  expect("pci:0000:02:00.0", "no PCI device 0000:02:00.0");
  expect("pci:0000:01:00.0,bar=0", "has no BAR 0");
  write({0x12345678}, mailbox::bar_bytes);
  expect("pci:0000:01:00.0", "holds no mailbox (first word 0x12345678)");
  write({mailbox::magic, 9, 1, mailbox::ring_words}, mailbox::bar_bytes);
  expect("pci:0000:01:00.0", "layout version 9");
  write({mailbox::magic}, 64);
  expect("pci:0000:01:00.0", "has 64 bytes; a mailbox has 16384");
}

}  // namespace
