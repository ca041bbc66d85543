// SPDX-License-Identifier: Apache-2.0
// The host's own mailbox code and the gateware's, each against the other, over packets.
#include <gtest/gtest.h>

#include "protocol/link.hpp"
#include "protocol/mailbox.hpp"
#include "tests/gateware/pcie/root_complex.hpp"

namespace understudy::gateware {
namespace {

namespace mailbox = protocol::mailbox;
using edge::HostMailbox;
using protocol::Event;
using protocol::Heartbeat;
using protocol::LinkDecoder;
using protocol::Request;

HostMailbox host_of(RootComplex& root) {
  return {root, "0000:01:00.0", mailbox::default_bar};
}

template <class Message>
std::vector<uint8_t> bytes_of(const Message& m) {
  const auto frame = protocol::frame(m);
  return {frame.bytes().begin(), frame.bytes().end()};
}
void append(std::vector<uint8_t>& to, const std::vector<uint8_t>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Whole messages of a stream.
struct Heard {
  std::vector<std::vector<uint8_t>> messages;
  uint32_t errors = 0;
};
Heard decoded(const std::vector<uint8_t>& stream) {
  Heard heard;
  LinkDecoder decoder;
  for (const uint8_t byte : stream)
    if (const auto m = decoder.byte(byte)) heard.messages.emplace_back(m->begin(), m->end());
  heard.errors = decoder.errors();
  return heard;
}

Event event(uint32_t number, Random& random) {
  Event e;
  e.sequence = number;
  e.data = random() & random();
  e.frame = random() & random() & random();
  return e;
}

TEST(PcieMailbox, host_and_gateware_hear_every_frame_of_the_other_while_indices_wrap) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    RootComplex root(seed);
    Random random(seed);
    auto host = host_of(root);
    ASSERT_TRUE(host.take_over());
    const uint32_t head = root.read(mailbox::at_to_host_head);
    ASSERT_EQ(head, 0xFFFFFF00u) << "the bench should begin before the wrap";
    std::vector<uint8_t> out, in;
    for (uint32_t i = 0; i < 400; ++i) {
      for (const uint8_t byte : bytes_of(event(i, random))) root.to_say.push_back(byte);
      append(out, bytes_of(Request{static_cast<uint16_t>(i), protocol::RequestOp(random() % 7)}));
      if (random() % 3 == 0) host.send(out), host.receive(in);
    }
    for (unsigned i = 0; i < 100 && !(out.empty() && root.to_say.empty()); ++i)
      host.send(out), host.receive(in);
    ASSERT_TRUE(root.settle());
    host.receive(in);
    const auto by_host = decoded(in), by_gate = decoded(root.heard);
    EXPECT_EQ(by_host.errors + by_gate.errors, 0u);
    ASSERT_EQ(by_host.messages.size(), 400u);
    ASSERT_EQ(by_gate.messages.size(), 400u);
    for (uint32_t i = 0; i < 400; ++i) {
      EXPECT_EQ(protocol::decode_event(by_host.messages[i])->sequence, i);
      EXPECT_EQ(protocol::decode_request(by_gate.messages[i])->id, i);
    }
    EXPECT_LT(root.read(mailbox::at_to_host_head), head) << "it did not wrap";
    EXPECT_LT(root.read(mailbox::at_to_appliance_tail), head) << "it did not wrap";
    EXPECT_TRUE(host.check());
  }
}

TEST(PcieMailbox, a_ring_that_nobody_reads_holds_the_gate_back_and_loses_nothing) {
  RootComplex root;
  Random random(5);
  auto host = host_of(root);
  ASSERT_TRUE(host.take_over());
  for (uint32_t i = 0; i < 200; ++i)
    for (const uint8_t byte : bytes_of(event(i, random))) root.to_say.push_back(byte);
  root.run(40000);
  ASSERT_FALSE(root.to_say.empty());
  EXPECT_TRUE(root.gate_stalls());
  const uint32_t used = root.read(mailbox::at_to_host_head) - root.read(mailbox::at_to_host_tail);
  EXPECT_GT(used, mailbox::ring_words - 17) << "full but for the frame that does not fit";
  EXPECT_LE(used, mailbox::ring_words);
  std::vector<uint8_t> in;
  for (unsigned i = 0; i < 20; ++i) host.receive(in), root.run(500);
  ASSERT_TRUE(root.settle());
  host.receive(in);
  const auto heard = decoded(in);
  EXPECT_EQ(heard.errors, 0u);
  EXPECT_EQ(heard.messages.size(), 200u);
}

TEST(PcieMailbox, the_host_after_a_dead_one_hears_whole_frames_and_is_heard) {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    RootComplex root(seed);
    Random random(seed);
    {
      auto dies = host_of(root);
      ASSERT_TRUE(dies.take_over());
      for (uint32_t i = 0; i < 200; ++i)
        for (const uint8_t byte : bytes_of(event(i, random))) root.to_say.push_back(byte);
      root.run(random() % 30000);
      const uint32_t head = root.read(mailbox::at_to_appliance_head);
      for (uint32_t i = 0; i < 3; ++i)  // half a frame, not published
        root.write(mailbox::at_to_appliance + (head + i) % mailbox::ring_words * 4, random());
      if (seed % 2) root.write(mailbox::at_to_appliance_head, head + 2);  // or just that
    }
    auto next = host_of(root);
    ASSERT_TRUE(next.take_over());
    std::vector<uint8_t> in, out = bytes_of(Heartbeat{1, seed, 3, protocol::ServerState::primary});
    next.send(out);
    ASSERT_TRUE(out.empty());
    for (unsigned i = 0; i < 40; ++i) next.receive(in), root.run(800);
    ASSERT_FALSE(decoded(root.heard).messages.empty()) << "the beat waits for a dead host's frame";
    out = {0};  // as DeviceTransport begins
    append(out, bytes_of(Request{77, protocol::RequestOp::clear_alarms}));
    next.send(out);
    ASSERT_TRUE(root.settle());
    next.receive(in);
    EXPECT_TRUE(root.to_say.empty());
    const auto by_host = decoded(in), by_gate = decoded(root.heard);
    EXPECT_EQ(by_host.errors, 0u);
    ASSERT_FALSE(by_host.messages.empty());
    EXPECT_EQ(protocol::decode_event(by_host.messages.back())->sequence, 199u);
    ASSERT_GE(by_gate.messages.size(), 2u);
    EXPECT_EQ(protocol::decode_heartbeat(by_gate.messages[by_gate.messages.size() - 2])->boot_id,
              seed);
    EXPECT_EQ(protocol::decode_request(by_gate.messages.back())->id, 77u);
  }
}

TEST(PcieMailbox, the_doorbell_is_the_heartbeat_that_the_link_has) {
  RootComplex root(2);
  Random random(9);
  auto host = host_of(root);
  ASSERT_TRUE(host.take_over());
  std::vector<Heartbeat> said;
  for (unsigned i = 0; i < 300; ++i) {
    // zeros at any place, and none: every COBS distance
    const auto word = [&] {
      uint32_t w = random();
      for (unsigned k = 0; k < 4; ++k)
        if (random() % 3 == 0) w &= ~(0xFFu << 8 * k);
      return i == 0 ? 0xFFFFFFFFu : i == 1 ? 0u : w;
    };
    said.push_back({word(), word(), word(), protocol::ServerState(random() % 10)});
    auto out = bytes_of(said.back());
    host.send(out);
    EXPECT_TRUE(out.empty());
    root.read(mailbox::at_magic);  // posted writes are carried out before
    root.run(120);
  }
  const auto heard = decoded(root.heard);
  EXPECT_EQ(heard.errors, 0u);
  ASSERT_EQ(heard.messages.size(), said.size());
  for (size_t i = 0; i < said.size(); ++i)
    EXPECT_EQ(protocol::decode_heartbeat(heard.messages[i]), said[i]) << i;
}

TEST(PcieMailbox, a_beat_cuts_into_no_frame_and_no_state_that_is_none_is_said) {
  RootComplex root(1);
  auto host = host_of(root);
  ASSERT_TRUE(host.take_over());
  std::vector<uint8_t> out;
  for (uint32_t i = 0; i < 150; ++i) {
    for (uint16_t k = 0; k < 4; ++k) append(out, bytes_of(Request{k, protocol::RequestOp::none}));
    append(out, bytes_of(Heartbeat{i + 1, 1, i, protocol::ServerState::secondary}));
  }
  for (unsigned i = 0; i < 50 && !out.empty(); ++i) host.send(out), root.run(300);
  ASSERT_TRUE(root.settle(200000));
  const auto heard = decoded(root.heard);
  EXPECT_EQ(heard.errors, 0u);
  size_t requests = 0;
  for (const auto& m : heard.messages) requests += protocol::decode_request(m).has_value();
  EXPECT_EQ(requests, 600u);
  EXPECT_EQ(protocol::decode_heartbeat(heard.messages.back())->sequence, 150u)
      << "the newest beat is the one that counts";

  root.heard.clear();
  for (const uint32_t state : {10u, 255u, 256u, 0x100u + 1u, 0x80000001u}) {
    root.write(mailbox::at_beat_state, state);
    root.write(mailbox::at_beat_sequence, 1000);
    ASSERT_TRUE(root.settle());
    for (const auto& m : decoded(root.heard).messages)
      EXPECT_FALSE(protocol::decode_heartbeat(m)) << state;
  }
}

/// Anything at all written anywhere: nothing hangs, the gate's own stream comes through to whoever
/// comes next.
TEST(PcieMailbox, a_lying_host_harms_nobody_after_it) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RootComplex root(seed);
    Random random(seed);
    constexpr size_t indices[] = {mailbox::at_to_appliance_head, mailbox::at_to_appliance_tail,
                                  mailbox::at_to_host_head, mailbox::at_to_host_tail};
    for (unsigned i = 0; i < 500; ++i) {
      const size_t any = random() % (mailbox::bar_bytes / 4) * 4;
      const size_t at = random() % 2 ? indices[random() % 4] : any;
      const uint32_t close = root.read(indices[random() % 4]) + random() % 64;
      root.write(at, random() % 2 ? close : random());
      if (random() % 20 == 0) root.to_say.push_back(static_cast<uint8_t>(random() % 200));
      const uint32_t waiting =
          root.read(mailbox::at_to_appliance_head) - root.read(mailbox::at_to_appliance_tail);
      const uint32_t unread =
          root.read(mailbox::at_to_host_head) - root.read(mailbox::at_to_host_tail);
      ASSERT_LE(waiting, mailbox::ring_words);
      ASSERT_LE(unread, mailbox::ring_words);
    }
    root.to_say.push_back(0);
    ASSERT_TRUE(root.settle(400000));
    auto host = host_of(root);
    ASSERT_TRUE(host.take_over());
    root.heard.clear();
    std::vector<uint8_t> in, out{0};
    append(out, bytes_of(Request{4711, protocol::RequestOp::clear_alarms}));
    for (const uint8_t byte : bytes_of(event(5, random))) root.to_say.push_back(byte);
    host.send(out);
    ASSERT_TRUE(root.settle());
    host.receive(in);
    const auto by_host = decoded(in), by_gate = decoded(root.heard);
    ASSERT_EQ(by_host.messages.size(), 1u);
    EXPECT_EQ(by_host.errors, 0u);
    ASSERT_FALSE(by_gate.messages.empty());
    EXPECT_EQ(protocol::decode_request(by_gate.messages.back())->id, 4711u);
  }
}

TEST(PcieMailbox, a_frame_as_long_as_the_ring_is_shown_in_parts) {
  RootComplex root;
  auto host = host_of(root);
  ASSERT_TRUE(host.take_over());
  for (unsigned i = 0; i < 3 * mailbox::ring_words * 4; ++i) root.to_say.push_back(0x55);
  std::vector<uint8_t> in;
  for (unsigned i = 0; i < 20; ++i) root.run(15000), host.receive(in);
  EXPECT_TRUE(root.to_say.empty());
  EXPECT_EQ(in.size() % (mailbox::ring_words * 4), 0u);
  EXPECT_FALSE(in.empty());
}

TEST(PcieMailbox, a_frame_of_a_host_longer_than_any_holds_no_beat_up) {
  RootComplex root;
  auto host = host_of(root);
  ASSERT_TRUE(host.take_over());
  const uint32_t head = root.read(mailbox::at_to_appliance_head);
  for (uint32_t i = 0; i < 1000; ++i)
    root.write(mailbox::at_to_appliance + (head + i) % mailbox::ring_words * 4, 0x01010101);
  root.write(mailbox::at_to_appliance_head, head + 1000);
  std::vector<uint8_t> out = bytes_of(Heartbeat{1, 2, 3, protocol::ServerState::primary});
  host.send(out);
  root.read(mailbox::at_magic);
  root.run(600);
  EXPECT_LT(root.read(mailbox::at_to_appliance_tail) - head, 500u) << "too late to see anything";
  const auto heard = decoded(root.heard);
  ASSERT_EQ(heard.messages.size(), 1u);
  EXPECT_EQ(protocol::decode_heartbeat(heard.messages[0])->boot_id, 2u);
}

}  // namespace
}  // namespace understudy::gateware
