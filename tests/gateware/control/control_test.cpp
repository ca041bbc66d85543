// SPDX-License-Identifier: Apache-2.0
// The deciding half as a whole: bytes in on the links, ticks and events out on them.
#include <gtest/gtest.h>

#include <vector>

#include "Vcontrol.h"
#include "bench.hpp"
#include "protocol/link.hpp"
#include "protocol/registers.hpp"

namespace understudy::gateware {
namespace {

using namespace protocol;
constexpr unsigned frame_clocks = 1600, period = 250;  // as the tiny raster

class Control {
 public:
  Block<Vcontrol> block;
  std::array<std::vector<Tick>, 2> ticks;
  std::array<std::vector<Event>, 2> events;
  std::array<std::vector<uint8_t>, 2> to_send;
  std::array<bool, 2> beating{true, true};
  std::array<ServerState, 2> state{ServerState::primary, ServerState::secondary_synchronized};
  std::array<uint64_t, 2> last_beat{};
  uint64_t now = 0;
  uint32_t frame_number = 0xFFFFFFFF;

  Control() {
    auto& b = block;
    b->boundary = 0, b->line_rescued = 0, b->line_lost = 0, b->line_bad = 0, b->merge_event = 0;
    b->frame_bad = 0, b->frame_rescued = 0, b->frame_lost = 0, b->frame_converged = 0;
    b->discard = 2, b->freeze = 0, b->black = 0, b->black_level = 0, b->equal_frames = 50;
    b->diverged = 0, b->rx_tvalid = 0, b->tx_tready = 3, b->psel = 0, b->penable = 0, b->pwrite = 0;
  }
  void clock() {
    auto& b = block;
    const uint64_t at = now % frame_clocks;
    b->clock = now, b->frame = frame_number, b->boundary = at == 290;
    b->line = uint16_t((at / 80 + 16) % 20);
    if (now % 200 == 7)
      for (size_t s : {size_t{0}, size_t{1}})
        if (beating[s]) send(s, Heartbeat{++sequence_[s], 1, frame_number, state[s]});
    b->rx_tvalid = 0;
    for (size_t s : {size_t{0}, size_t{1}})
      if (!to_send[s].empty()) {
        b->rx_tvalid |= uint8_t(1u << s);
        b->rx_tdata =
            uint16_t((b->rx_tdata & ~(0xFFu << 8 * s)) | unsigned(to_send[s][0]) << 8 * s);
        to_send[s].erase(to_send[s].begin());
      }
    b.settle();
    for (size_t s : {size_t{0}, size_t{1}})
      if (b->beat >> s & 1) last_beat[s] = now;
    for (size_t s : {size_t{0}, size_t{1}})
      if ((b->tx_tvalid & b->tx_tready) >> s & 1) heard(s, uint8_t(b->tx_tdata >> 8 * s));
    b.clock();
    if (b->boundary) ++frame_number;
    b->merge_event = 0, b->line_lost = 0;
    ++now;
  }
  void frames(unsigned n) {
    for (uint64_t i = 0; i < uint64_t(n) * frame_clocks; ++i) clock();
  }
  template <class Message>
  void send(size_t s, const Message& m) {
    const auto f = frame(m);
    to_send[s].insert(to_send[s].end(), f.data.begin(), f.data.begin() + long(f.size));
  }
  std::vector<Event> of(EventKind kind, size_t link = 0) const {
    std::vector<Event> found;
    for (const auto& e : events[link])
      if (e.kind == kind) found.push_back(e);
    return found;
  }

 private:
  void heard(size_t s, uint8_t byte) {
    const auto message = decoder_[s].byte(byte);
    EXPECT_EQ(decoder_[s].errors(), 0u);
    if (!message) return;
    if (const auto t = decode_tick(*message))
      ticks[s].push_back(*t);
    else if (const auto e = decode_event(*message))
      events[s].push_back(*e);
    else
      ADD_FAILURE() << "neither tick nor event";
  }
  std::array<LinkDecoder, 2> decoder_;
  std::array<uint32_t, 2> sequence_{};
};

constexpr uint16_t bit(Alarm a) {
  return uint16_t(a);
}

TEST(Control, ticks_tell_both_hosts_the_frame_that_starts_and_who_is_on_air) {
  Control c;
  c.frames(5);
  for (size_t s : {size_t{0}, size_t{1}}) {
    ASSERT_EQ(c.ticks[s].size(), 5u);
    for (uint32_t k = 0; k < 5; ++k) {
      const auto& t = c.ticks[s][k];
      EXPECT_EQ(t.version, link_version);
      EXPECT_EQ(t.port, Server(s));
      EXPECT_EQ(t.frame, k);
      EXPECT_EQ(t.on_air, Server::a);
      EXPECT_EQ(t.term, 1u);
      EXPECT_EQ(t.equal_frames, 50);
    }
    EXPECT_EQ(c.ticks[s][4].state_a, ServerState::primary);
    EXPECT_EQ(c.ticks[s][4].state_b, ServerState::secondary_synchronized);
    EXPECT_EQ(c.ticks[s][4].alarms, 0);
    EXPECT_EQ(c.ticks[s][0].alarms, bit(Alarm::unprotected) | bit(Alarm::picture_a) |
                                        bit(Alarm::picture_b) | bit(Alarm::no_eligible) |
                                        bit(Alarm::beats_a) | bit(Alarm::beats_b));
  }
}

TEST(Control, both_hosts_and_the_register_port_hear_the_same_events) {
  Control c;
  c.frames(4);
  c.beating[0] = false;
  c.frames(4);
  EXPECT_EQ(c.events[0], c.events[1]);
  ASSERT_FALSE(c.events[0].empty());
  EXPECT_EQ(c.events[0][0].kind, EventKind::start);
  EXPECT_EQ(c.events[0][0].clock, 0u);
  EXPECT_EQ(c.events[0][0].line, 16);
  EXPECT_EQ(c.events[0][0].frame, 0xFFFFFFFFu);
  EXPECT_EQ(c.events[0][0].data, link_version);
  for (uint32_t i = 0; i < c.events[0].size(); ++i) EXPECT_EQ(c.events[0][i].sequence, i);
}

TEST(Control, missed_beats_take_over_at_the_next_boundary_with_every_event_in_its_place) {
  Control c;
  c.frames(4);
  EXPECT_EQ(c.of(EventKind::beats_back).size(), 2u);
  EXPECT_EQ(c.of(EventKind::server_state).size(), 2u);
  c.beating[0] = false;
  c.frames(2);
  const auto lost = c.of(EventKind::beats_lost);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].source, 0);
  EXPECT_EQ(lost[0].clock, c.last_beat[0] + 3 * period);
  EXPECT_EQ(lost[0].term, 1u);
  const auto takeover = c.of(EventKind::takeover, 1);
  ASSERT_EQ(takeover.size(), 1u);
  EXPECT_EQ(takeover[0].source, 1);
  EXPECT_EQ(takeover[0].data, uint32_t(Reason::beats_missed));
  EXPECT_EQ(takeover[0].term, 2u);
  EXPECT_EQ(takeover[0].line, 19);
  EXPECT_EQ(takeover[0].clock % frame_clocks, 290u);
  EXPECT_LE(takeover[0].clock - lost[0].clock, frame_clocks);
  EXPECT_EQ(c.ticks[0].back().on_air, Server::b);
  EXPECT_EQ(c.ticks[0].back().term, 2u);
  EXPECT_EQ(c.ticks[0].back().state_a, ServerState::unknown);
  EXPECT_EQ(c.ticks[0].back().alarms, bit(Alarm::beats_a) | bit(Alarm::unprotected));
}

TEST(Control, a_declared_failure_needs_no_missed_beat) {
  Control c;
  c.frames(4);
  c.state[0] = ServerState::failed;
  c.frames(2);
  const auto takeover = c.of(EventKind::takeover);
  ASSERT_EQ(takeover.size(), 1u);
  EXPECT_EQ(takeover[0].data, uint32_t(Reason::declared_failed));
  EXPECT_TRUE(c.of(EventKind::beats_lost).empty());
  EXPECT_EQ(c.ticks[1].back().state_a, ServerState::failed);
  EXPECT_EQ(c.ticks[1].back().alarms, bit(Alarm::failed_a) | bit(Alarm::unprotected));
  const auto said = c.of(EventKind::server_state);
  EXPECT_EQ(said.back().data, unsigned(ServerState::failed) | unsigned(ServerState::primary) << 8);
}

TEST(Control, requests_of_both_links_are_answered_to_both_with_their_asker) {
  Control c;
  c.frames(4);
  c.send(1, Request{77, RequestOp::switch_to_b});
  c.send(0, Request{5, RequestOp::mode_manual});
  c.frames(2);
  const auto answers = c.of(EventKind::request, 1);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].source, 0);
  EXPECT_EQ(answers[0].data, 5u << 16 | unsigned(RequestOp::mode_manual));
  EXPECT_EQ(answers[1].source, 1);
  EXPECT_EQ(answers[1].data, 77u << 16 | unsigned(RequestOp::switch_to_b));
  EXPECT_EQ(c.of(EventKind::takeover).size(), 1u);
  EXPECT_EQ(c.ticks[0].back().mode, Mode::manual);
}

TEST(Control, alarms_that_are_latched_stay_until_cleared) {
  Control c;
  c.frames(4);
  for (uint8_t b : {uint8_t{5}, uint8_t{5}, uint8_t{0}}) c.to_send[1].push_back(b);
  c.block->line_lost = 1;
  c.frames(3);
  const auto latched = uint16_t(bit(Alarm::lines_lost) | bit(Alarm::link_b));
  EXPECT_EQ(c.ticks[0].back().alarms, latched);
  ASSERT_EQ(c.of(EventKind::link_error).size(), 1u);
  EXPECT_EQ(c.of(EventKind::link_error)[0].source, 1);
  EXPECT_EQ(c.of(EventKind::link_error)[0].data, 1u);
  c.send(0, Request{1, RequestOp::clear_alarms});
  c.frames(2);
  EXPECT_EQ(c.ticks[0].back().alarms, 0);
}

TEST(Control, the_boundary_tells_all_its_facts_in_the_stated_order) {
  Control c;
  c.frames(4);
  for (auto& e : c.events) e.clear();
  auto& b = c.block;
  b->frame_rescued = 3, b->frame_lost = 2, b->frame_converged = 1, b->frame_bad = 5u << 16 | 4u;
  b->freeze = 3, b->black = 3, b->black_level = 0x0B0A, b->equal_frames = 0;
  c.send(0, Request{9, RequestOp::switch_to_b});
  c.frames(1);
  const std::vector<std::array<uint32_t, 3>> want = {
      {uint32_t(EventKind::rescued_lines), 2, 3},
      {uint32_t(EventKind::lost_lines), 2, 2},
      {uint32_t(EventKind::converged), 2, 0},
      {uint32_t(EventKind::freeze), 0, 5},
      {uint32_t(EventKind::black), 0, 0x0A},
      {uint32_t(EventKind::freeze), 1, 5},
      {uint32_t(EventKind::black), 1, 0x0B},
      {uint32_t(EventKind::picture_bad), 0, 4},
      {uint32_t(EventKind::picture_bad), 1, 5},
      {uint32_t(EventKind::request), 0,
       9u << 16 | unsigned(RequestResult::refused_not_eligible) << 8 |
           unsigned(RequestOp::switch_to_b)},
      {uint32_t(EventKind::protected_off), 2, 0}};
  ASSERT_EQ(c.events[0].size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    const auto& e = c.events[0][i];
    EXPECT_EQ((std::array<uint32_t, 3>{uint32_t(e.kind), e.source, e.data}), want[i]) << i;
    EXPECT_EQ(e.frame, 3u);
    EXPECT_EQ(e.clock, c.events[0][0].clock);
  }
}

TEST(Control, a_link_that_stands_still_loses_events_only_with_a_count) {
  Control c;
  c.frames(2);
  c.block->tx_tready = 1;  // B's host takes nothing
  for (uint32_t i = 0; i < 150; ++i) {
    c.block->merge_event = 1, c.block->merge_kind = uint8_t(EventKind::rescue);
    c.block->merge_source = 1, c.block->merge_line = 7, c.block->merge_data = i;
    for (int k = 0; k < 200; ++k) c.clock();
  }
  c.block->tx_tready = 3;
  c.frames(10);
  EXPECT_TRUE(c.of(EventKind::events_lost, 0).empty());
  const auto lost = c.of(EventKind::events_lost, 1);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(c.events[1].size() - 1 + lost[0].data, c.events[0].size());
  EXPECT_TRUE(c.ticks[0].back().alarms & bit(Alarm::events_lost));
  EXPECT_EQ(c.of(EventKind::rescue, 1).back().data, 149u);
}

}  // namespace
}  // namespace understudy::gateware
