// SPDX-License-Identifier: Apache-2.0
// Packets as the PCI Express Base Specification writes them, beat by beat, and what is no request
// of ours.
#include <gtest/gtest.h>

#include "protocol/mailbox.hpp"
#include "tests/gateware/pcie/root_complex.hpp"

namespace understudy::gateware {
namespace {

namespace mailbox = protocol::mailbox;
constexpr uint32_t near = 0xFEB04000;

TEST(PcieLink, a_word_is_read_and_written_byte_by_byte_as_the_specification_has_it) {
  RootComplex root;
  // the first byte on the wire, the word's lowest, stands on top
  root.send({0x00000001, 0x0100370F, near});
  ASSERT_TRUE(root.settle());
  auto answers = root.completions();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].packet, (Packet{0x4A000001, 0x02A30004, 0x01003700, 0x554E444D}));
  // 64 bits of address; traffic class 5 and attributes come back
  root.send({0x60503001, 0x0100000F, 0x1, 0x23454000 + mailbox::at_beat_boot_id, 0x78563412});
  root.send({0x20503001, 0x0100A50F, 0x1, 0x23454000 + mailbox::at_beat_boot_id});
  ASSERT_TRUE(root.settle());
  answers = root.completions();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].packet, (Packet{0x4A503001, 0x02A30004, 0x0100A540, 0x78563412}));
  EXPECT_EQ(root.read(mailbox::at_beat_boot_id), 0x12345678u);
}

TEST(PcieLink, a_part_of_a_word_is_read_with_its_count_and_address) {
  RootComplex root;
  struct Row {
    uint32_t enables, count, low;
  };
  // table of the specification's 2.2.9: byte count, lower address
  for (const Row row : {Row{0x1, 1, 0}, Row{0x2, 1, 1}, Row{0x4, 1, 2}, Row{0x8, 1, 3},
                        Row{0x3, 2, 0}, Row{0x6, 2, 1}, Row{0xC, 2, 2}, Row{0x7, 3, 0},
                        Row{0xE, 3, 1}, Row{0x5, 3, 0}, Row{0x9, 4, 0}, Row{0x0, 1, 0}}) {
    root.send({0x00000001, 0x01000000 | row.enables, near + 0x24});
    ASSERT_TRUE(root.settle());
    const auto answers = root.completions();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].packet[1], 0x02A30000 | row.count) << row.enables;
    EXPECT_EQ(answers[0].packet[2] & 0x7F, 0x24 + row.low) << row.enables;
    EXPECT_TRUE(answers[0].word);
  }
}

TEST(PcieLink, what_it_does_not_serve_is_refused_if_somebody_waits_and_else_dropped) {
  struct Row {
    const char* what;
    Packet packet;
    uint8_t bar_hit;
    std::optional<uint32_t> status;  // of its completion
    uint32_t type = 0x0A;            // of its completion's first byte
    uint32_t count = 4;
  };
  const Row rows[] = {
      {"two words", {0x00000002, 0x010000FF, near}, 4, 4, 0x0A, 8},
      {"seven bytes of three words", {0x00000003, 0x0100000E | 0x30, near}, 4, 4, 0x0A, 9},
      {"1024 words", {0x00000000, 0x010000FF, near}, 4, 4, 0x0A, 0},
      {"another BAR", {0x00000001, 0x0100000F, near}, 1, 1},
      {"no BAR", {0x00000001, 0x0100000F, near}, 0, 1},
      {"locked", {0x01000001, 0x0100000F, near}, 4, 1, 0x0B},
      {"I/O read", {0x02000001, 0x0100000F, near}, 4, 1},
      {"I/O write", {0x42000001, 0x0100000F, near, 1}, 4, 1},
      {"fetch and add", {0x4C000001, 0x0100000F, near, 1}, 4, 1},
      {"compare and swap", {0x6E000002, 0x0100000F, 0, near, 1, 2}, 4, 1},
      {"two words' write", {0x40000002, 0x010000FF, near, 1, 2}, 4, {}},
      {"a part's write", {0x40000001, 0x01000007, near, 1}, 4, {}},
      {"no byte's write", {0x40000001, 0x01000000, near, 1}, 4, {}},
      {"a poisoned write", {0x40004001, 0x0100000F, near, 1}, 4, {}},
      {"another BAR's write", {0x40000001, 0x0100000F, near, 1}, 8, {}},
      {"a message", {0x34000000, 0x0100007E, 0, 0}, 4, {}},
      {"a message with data", {0x74000001, 0x0100007E, 0, 0, 1}, 4, {}},
      {"a completion", {0x4A000001, 0x01000004, 0x02A30000, 1}, 4, {}},
      {"a prefix", {0x80000001, 0x0100000F, near}, 4, {}},
      {"one beat", {0x00000001, 0x0100000F}, 4, {}},
      {"a write's end missing", {0x60000001, 0x0100000F, 0, near}, 4, {}},
  };
  RootComplex root;
  for (const auto& row : rows) {
    root.write(mailbox::at_beat_state, 0xA5A5A5A5);
    auto packet = row.packet;
    for (auto& dword : packet)
      if (dword == near) dword += mailbox::at_beat_state;
    root.send(packet, row.bar_hit);
    ASSERT_TRUE(root.settle()) << row.what;
    const auto answers = root.completions();
    ASSERT_EQ(answers.size(), row.status ? 1u : 0u) << row.what;
    if (row.status) {
      const auto& p = answers[0].packet;
      ASSERT_EQ(p.size(), 3u) << row.what;
      EXPECT_EQ(p[0], row.type << 24) << row.what;
      EXPECT_EQ(p[1], RootComplex::completer << 16 | *row.status << 13 | row.count) << row.what;
      EXPECT_EQ(p[2] >> 8, RootComplex::requester << 8) << row.what;
    }
    EXPECT_EQ(root.read(mailbox::at_beat_state), 0xA5A5A5A5) << row.what << " wrote";
  }
}

/// Any bits at all in any packets: each that waits is answered once, and an honest host finds all
/// as it should be.
TEST(PcieLink, random_packets_neither_stop_it_nor_go_unanswered) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RootComplex root(seed);
    Random random(seed);
    size_t waiting = 0;
    for (unsigned i = 0; i < 600; ++i) {
      const bool near_request = random() % 2;
      Packet packet(1 + random() % 8);
      for (auto& dword : packet) dword = random();
      if (near_request) packet = RootComplex::request(random() % 2, random() % 0x4000, random(), i);
      if (random() % 4 == 0) packet[0] ^= 1u << random() % 32;
      const uint32_t type = packet[0] >> 24;
      const bool read = type == 0x00 || type == 0x20 || type == 0x01 || type == 0x21;
      const bool io = type == 0x02 || type == 0x42;
      const bool atomic = (type & 0xDC) == 0x4C && (type & 3) != 3;
      waiting += packet.size() > 2 && (read || io || atomic);
      root.send(packet, random() % 3 ? RootComplex::hit : static_cast<uint8_t>(random()));
      if (i % 50 == 0) {
        ASSERT_TRUE(root.settle(200000));
      }
    }
    ASSERT_TRUE(root.settle(200000));
    EXPECT_EQ(root.completions().size(), waiting);
    EXPECT_EQ(root.read(mailbox::at_magic), mailbox::magic);
  }
}

TEST(PcieLink, while_the_gate_is_in_reset_a_host_reads_all_ones_and_afterwards_another_generation) {
  RootComplex root(3);
  const uint32_t before = root.read(mailbox::at_generation);
  EXPECT_EQ(root.read(mailbox::at_generation), before);
  root.reset_gate(true);
  root.run(20);
  EXPECT_EQ(root.read(mailbox::at_magic), mailbox::not_there);
  root.write(mailbox::at_beat_boot_id, 7);
  EXPECT_EQ(root.read(mailbox::at_beat_boot_id), mailbox::not_there);
  root.reset_gate(false);
  root.run(20);
  EXPECT_EQ(root.read(mailbox::at_magic), mailbox::magic);
  EXPECT_NE(root.read(mailbox::at_generation), before);
  EXPECT_EQ(root.read(mailbox::at_beat_boot_id), 0u);
}

TEST(PcieLink, a_slot_that_is_reset_in_mid_access_does_not_touch_the_gate) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    RootComplex root(seed);
    const uint32_t generation = root.read(mailbox::at_generation);
    root.write(mailbox::at_beat_boot_id, 0x1234);
    root.send(RootComplex::request(false, mailbox::at_magic, 0, 9));
    root.run(1 + seed % 40);
    root.reset_user(true);
    root.run(15);  // reset_hold's clocks
    root.reset_user(false);
    root.run(8);
    root.completions();
    EXPECT_EQ(root.read(mailbox::at_generation), generation);
    EXPECT_EQ(root.read(mailbox::at_magic), mailbox::magic);
  }
}

}  // namespace
}  // namespace understudy::gateware
