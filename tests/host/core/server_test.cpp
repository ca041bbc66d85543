// SPDX-License-Identifier: Apache-2.0
// One server alone: bounds, garbage of every kind, refusals, beats and what applications are told.
#include <gtest/gtest.h>

#include <random>

#include "host/core/daemon/server.hpp"
#include "protocol/peer.hpp"

namespace understudy::core {
namespace {
namespace limits = protocol::limits;
using protocol::peer::Envelope;

constexpr Duration frame_time(16'666'667);

Options options() {
  Options o;
  o.name = "alpha";
  o.session = 1;
  o.frame = frame_time;
  return o;
}

template <class T>
std::vector<T> only(const Actions& actions) {
  std::vector<T> out;
  for (const auto& a : actions)
    if (const auto* t = std::get_if<T>(&a)) out.push_back(*t);
  return out;
}

protocol::Tick tick(uint32_t frame, protocol::Server on_air = protocol::Server::a) {
  return {.on_air = on_air, .frame = frame, .term = 1};
}

ControlRequest request(uint64_t id, decltype(ControlRequest::what) what) {
  ControlRequest r;
  r.id = {id};
  r.what = std::move(what);
  return r;
}

TEST(Server, beats_with_growing_numbers_and_its_state_from_the_first_tick_on) {
  Server s(options());
  EXPECT_FALSE(s.next_deadline());
  s.step(LinkUp{frame_time}, {});
  std::vector<protocol::Heartbeat> beats;
  for (uint32_t k = 0; k < 10; ++k) {
    const Instant start(k * frame_time);
    for (auto& b : only<SendHeartbeat>(s.step(LinkTick{tick(k)}, start)))
      beats.push_back(b.heartbeat);
    while (*s.next_deadline() < start + frame_time)
      for (auto& b : only<SendHeartbeat>(s.step(Timer{}, *s.next_deadline())))
        beats.push_back(b.heartbeat);
  }
  EXPECT_EQ(beats.size(), 10 * 8 + 1u);  // and one at once for the first change of state
  for (size_t i = 0; i < beats.size(); ++i) EXPECT_EQ(beats[i].sequence, i + 1);
  EXPECT_EQ(beats.back().state, ServerState::primary_no_secondary);
  EXPECT_EQ(beats.back().frame_seen, 9u);
}

TEST(Server, that_is_guarded_never_takes_a_role_by_being_alone) {
  Options o = options();
  o.appliance = false;
  o.guarded = true;
  Server s(o);
  Instant now;
  s.step(Timer{}, now);
  for (int i = 0; i < 2000; ++i) s.step(Timer{}, now += frame_time / 8);
  EXPECT_EQ(s.state(), ServerState::secondary_no_primary);
  s.step(RoleSaid{true}, now);
  EXPECT_EQ(s.state(), ServerState::primary_no_secondary);
  EXPECT_EQ(s.status().term, 1u);
  s.step(RoleSaid{false}, now);
  EXPECT_EQ(s.state(), ServerState::secondary_no_primary);
  s.step(RoleSaid{true}, now);
  EXPECT_EQ(s.status().term, 2u);  // each time served is a term of its own
}

TEST(Server, is_failed_until_its_required_applications_are_there) {
  Options o = options();
  o.monitor.required = {"playout"};
  Server s(o);
  s.step(LinkUp{frame_time}, {});
  s.step(LinkTick{tick(0)}, {});
  EXPECT_EQ(s.state(), ServerState::failed);
  const auto actions = s.step(ApplicationRegistered{{7}, "playout", {}, true}, {});
  EXPECT_EQ(s.state(), ServerState::primary_no_secondary);
  EXPECT_EQ(only<AcceptApplication>(actions).size(), 1u);
  EXPECT_FALSE(only<SendDiscard>(actions).back().on);
}

TEST(Server, says_who_serves_to_who_wants_to_know) {
  Server s(options());
  s.step(LinkUp{frame_time}, {});
  EXPECT_TRUE(only<SendService>(s.step(ApplicationRegistered{{6}, "deaf", {}}, {})).empty());
  const auto first =
      only<SendService>(s.step(ApplicationRegistered{{7}, "delivery", {}, false, true}, {}));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_FALSE(first[0].serving);
  const auto on_air = only<SendService>(s.step(LinkTick{tick(0)}, {}));
  ASSERT_EQ(on_air.size(), 1u);
  EXPECT_TRUE(on_air[0].serving);
  EXPECT_EQ(on_air[0].term.value, tick(0).term);
  EXPECT_TRUE(only<SendService>(s.step(LinkTick{tick(1)}, {})).empty()) << "nothing is new";
  const auto let_go = only<SendService>(s.step(ServiceHeld{false}, {}));
  ASSERT_EQ(let_go.size(), 1u) << "on air, but the address is not here";
  EXPECT_FALSE(let_go[0].serving);
  EXPECT_TRUE(only<SendService>(s.step(ServiceHeld{true}, {})).at(0).serving);
  auto other = tick(2);
  other.on_air = protocol::Server::b, ++other.term;
  const auto gone = only<SendService>(s.step(LinkTick{other}, {}));
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_FALSE(gone[0].serving);
}

TEST(Server, gives_present_values_to_who_registers_then_what_is_stamped_ahead) {
  Server s(options());
  s.step(LinkUp{frame_time}, {});
  s.step(LinkTick{tick(0)}, {});
  const auto done = only<Reply>(s.step(request(1, SetRequest{"caption", "one"}), {}));
  ASSERT_EQ(done.size(), 1u);  // nobody has to acknowledge
  EXPECT_EQ(done[0].code, ReplyCode::done);
  s.step(LinkTick{tick(20)}, Instant(frame_time));
  s.step(request(2, SetRequest{"ticker", "two"}), Instant(frame_time));
  const auto told = only<SendParameter>(
      s.step(ApplicationRegistered{{7}, "playout", {}, true}, Instant(frame_time)));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].key, "caption");
  EXPECT_EQ(told[0].frame, FrameNumber{0});
  EXPECT_EQ(told[1].key, "ticker");
  EXPECT_EQ(told[1].frame, FrameNumber{28});
  EXPECT_EQ(told[1].index, LogIndex{2});
}

TEST(Server, each_control_request_has_exactly_one_answer_and_too_many_are_refused) {
  Server s(options());
  s.step(LinkUp{frame_time}, {});
  s.step(LinkTick{tick(0)}, {});
  std::map<uint64_t, int> answers;
  const auto count = [&](const Actions& actions) {
    for (const auto& r : only<Reply>(actions)) ++answers[r.id.value];
  };
  for (uint64_t id = 1; id <= limits::requests_pending_max + 1; ++id)
    count(s.step(request(id, ModeRequest{protocol::Mode::manual}), {}));
  EXPECT_EQ(answers.size(), 1u);  // the one too many
  EXPECT_EQ(answers[limits::requests_pending_max + 1], 1);
  // The gate answers one; the others end by time.
  protocol::Event e{.kind = protocol::EventKind::request, .source = 0, .data = 1u << 16};
  count(s.step(LinkEvent{e}, {}));
  EXPECT_EQ(answers[1], 1);
  for (uint32_t k = 1; k < limits::request_frames_max + 3; ++k)
    count(s.step(LinkTick{tick(k)}, Instant(k * frame_time + frame_time / 8)));
  EXPECT_EQ(answers.size(), limits::requests_pending_max + 1);
  for (const auto& [id, n] : answers) EXPECT_EQ(n, 1) << id;
}

TEST(Server, requests_without_appliance_peer_or_sense_are_refused_at_once) {
  Server s(options());
  const auto code = [&](decltype(ControlRequest::what) what) {
    const auto r = only<Reply>(s.step(request(1, std::move(what)), {}));
    return r.size() == 1 ? to_text(r[0].code) : "no answer";
  };
  EXPECT_EQ(code(SwitchRequest{}), "refused");
  EXPECT_EQ(code(ModeRequest{}), "refused");
  EXPECT_EQ(code(ClearAlarmsRequest{}), "refused");
  EXPECT_EQ(code(SetRequest{"caption", "x"}), "refused");
  EXPECT_EQ(code(SetRequest{"no such form!", "x"}), "bad_request");
  EXPECT_EQ(code(SynchronizeRequest{}), "refused");
  EXPECT_EQ(code(OfflineRequest{}), "done");
  EXPECT_EQ(s.state(), ServerState::secondary_offline);
  EXPECT_EQ(code(OnlineRequest{}), "done");
}

TEST(Server, random_bytes_from_a_peer_change_nothing_but_a_counter) {
  Server s(options());
  s.step(LinkUp{frame_time}, {});
  s.step(LinkTick{tick(0)}, {});
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    PeerDatagram d{{random() % 4, random() % 3, random() % 100}, {}};
    d.payload.resize(random() % 64);
    for (auto& b : d.payload) b = static_cast<uint8_t>(random());
    if (!d.payload.empty()) d.payload[0] = static_cast<uint8_t>(random() % 11);
    const auto actions = s.step(d, {});
    EXPECT_LE(actions.size(), 4u);
  }
  EXPECT_FALSE(s.status().peer);
  EXPECT_EQ(s.state(), ServerState::primary_no_secondary);
  EXPECT_GT(s.status().peer_refused, 15000u);
}

TEST(Server, a_flood_of_hellos_gets_a_bounded_number_of_answers) {
  Server s(options());
  s.step(LinkUp{frame_time}, {});
  s.step(LinkTick{tick(0)}, {});
  std::array<uint8_t, 100> bytes{};
  const size_t n = encode(protocol::peer::Hello{"beta", 9, 0}, bytes);
  size_t answers = 0;
  for (uint64_t i = 0; i < 1000; ++i)
    answers +=
        only<SendPeer>(s.step(PeerDatagram{{2, 0, i + 1}, {bytes.begin(), bytes.begin() + n}}, {}))
            .size();
  EXPECT_LE(answers, limits::peer_hellos_max);
  EXPECT_GE(answers, 1u);
}

TEST(Server, a_peer_with_its_own_name_or_another_key_is_said_once) {
  Server s(options());
  std::array<uint8_t, 100> bytes{};
  const size_t n = encode(protocol::peer::Hello{"alpha", 9, 0}, bytes);
  size_t records = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const PeerDatagram d{{2, 0, i + 1}, {bytes.begin(), bytes.begin() + n}};
    records += only<WriteRecord>(s.step(d, {})).size();
    records += only<WriteRecord>(s.step(PeerGarbage{PeerGarbage::Why::wrong_key}, {})).size();
  }
  EXPECT_EQ(records, 2u);
  EXPECT_EQ(s.status().peer_refused, 200u);
}

TEST(Server, a_tick_of_another_version_is_refused_by_name) {
  Server s(options());
  s.step(LinkUp{frame_time}, {});
  auto t = tick(0);
  t.version = 9;
  const auto records = only<WriteRecord>(s.step(LinkTick{t}, {}));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].record.severity, Severity::error);
  EXPECT_FALSE(s.status().appliance);
  EXPECT_EQ(s.state(), initial_state);
}

TEST(Server, a_daemon_without_peer_section_ignores_datagrams_and_sends_none) {
  Options o = options();
  o.peer = false;
  Server s(o);
  s.step(LinkUp{frame_time}, {});
  size_t sent = 0;
  for (uint32_t k = 0; k < 20; ++k)
    sent += only<SendPeer>(s.step(LinkTick{tick(k)}, Instant(k * frame_time))).size();
  std::array<uint8_t, 100> bytes{};
  const size_t n = encode(protocol::peer::Hello{"beta", 9, 0}, bytes);
  sent += only<SendPeer>(s.step(PeerDatagram{{2, 0, 1}, {bytes.begin(), bytes.begin() + n}},
                                Instant(20 * frame_time)))
              .size();
  EXPECT_EQ(sent, 0u);
}

}  // namespace
}  // namespace understudy::core
