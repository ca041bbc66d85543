// SPDX-License-Identifier: Apache-2.0
// The whole gate behind PCIe: what a daemon does over a serial line, done over packets.
#include <Vtiny.h>
#include <Vtiny___024root.h>
#include <gtest/gtest.h>

#include "protocol/link.hpp"
#include "rtl/drive.hpp"
#include "tests/gateware/pcie/root_complex.hpp"

namespace understudy::gateware {
namespace {

using protocol::Heartbeat;
using protocol::Request;

/// Server A in its slot, the gate's port A on the other side, clock by clock.
class Slot {
 public:
  Slot() {
    gate::reset(gate_);
    EXPECT_TRUE(host_.take_over());
  }
  ~Slot() { gate_.final(); }

  template <class Message>
  void say(const Message& m) {
    const auto frame = protocol::frame(m);
    std::vector<uint8_t> out(frame.bytes().begin(), frame.bytes().end());
    host_.send(out);
    EXPECT_TRUE(out.empty());
  }
  /// So many of the gate's clocks, then what has come for the host.
  void run(unsigned clocks) {
    for (; clocks > 0; --clocks) {
      root_.run(3);
      gate_.link_a_rx_tvalid = at_ < root_.heard.size();
      if (gate_.link_a_rx_tvalid) gate_.link_a_rx_tdata = root_.heard[at_++];
      gate_.link_a_tx_tready = root_.to_say.empty();
      if (gate_.link_a_tx_tvalid && gate_.link_a_tx_tready)
        root_.to_say.push_back(gate_.link_a_tx_tdata);
      gate::clock(gate_);
    }
    std::vector<uint8_t> in;
    host_.receive(in);
    for (const uint8_t byte : in)
      if (const auto m = decoder.byte(byte)) {
        if (const auto t = protocol::decode_tick(*m)) tick = *t, ++ticks;
        if (const auto e = protocol::decode_event(*m); e && e->kind == protocol::EventKind::request)
          answer = *e;
      }
  }
  bool alive() const { return (gate_.obs_alive & 1) != 0; }

  protocol::LinkDecoder decoder;
  protocol::Tick tick;
  unsigned ticks = 0;
  std::optional<protocol::Event> answer;

 private:
  RootComplex root_;
  Vtiny gate_;
  edge::HostMailbox host_{root_, "0000:01:00.0", protocol::mailbox::default_bar};
  size_t at_ = 0;
};

TEST(PcieGate, hears_beats_and_requests_over_packets_and_answers) {
  Slot slot;
  uint32_t beat = 0;
  const auto beats = [&](unsigned n) {
    for (; n > 0; --n) {
      slot.say(Heartbeat{++beat, 7, slot.tick.frame, protocol::ServerState::primary});
      slot.run(100);
    }
  };
  slot.run(400);
  EXPECT_FALSE(slot.alive());
  beats(40);
  EXPECT_TRUE(slot.alive());
  EXPECT_EQ(slot.tick.port, protocol::Server::a);
  EXPECT_EQ(slot.tick.state_a, protocol::ServerState::primary);
  slot.say(Request{4242, protocol::RequestOp::mode_lockout});
  beats(40);
  EXPECT_EQ(slot.tick.mode, protocol::Mode::lockout);
  ASSERT_TRUE(slot.answer);
  EXPECT_EQ(slot.answer->data >> 16, 4242u);
  EXPECT_GE(slot.ticks, 4u);
  slot.run(4000);
  EXPECT_FALSE(slot.alive()) << "no beat, and nobody missed it";
  EXPECT_EQ(slot.decoder.errors(), 0u);
}

}  // namespace
}  // namespace understudy::gateware
