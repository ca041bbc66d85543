// SPDX-License-Identifier: Apache-2.0
// Who may speak: the window against a plain set, the handshake, and recorded traffic played again.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "host/core/peer/peer_session.hpp"

namespace understudy::core {
namespace {
using Heard = PeerSession::Heard;
using protocol::peer::Envelope;
using protocol::peer::Hello;

constexpr Duration patience = std::chrono::milliseconds(33);
const Instant start{};

TEST(ReplayWindow, takes_each_counter_once_like_a_plain_set_does) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    ReplayWindow window;
    std::set<uint64_t> seen;
    uint64_t highest = 0, centre = 1 + random() % 100;
    for (int i = 0; i < 400; ++i) {
      if (random() % 50 == 0) centre += random() % 200;
      ++centre;
      const uint64_t c = centre + random() % 140 - std::min<uint64_t>(centre, 70);
      const bool expected = c > highest || (c != 0 && highest - c < 64 && !seen.contains(c));
      EXPECT_EQ(window.fresh(c), expected) << c << " highest " << highest;
      seen.insert(c);
      highest = std::max(highest, c);
    }
  }
}

TEST(ReplayWindow, edges) {
  ReplayWindow w;
  EXPECT_FALSE(w.fresh(0));
  EXPECT_TRUE(w.fresh(100));
  EXPECT_FALSE(w.fresh(100));
  EXPECT_TRUE(w.fresh(37));
  EXPECT_FALSE(w.fresh(36));
  EXPECT_TRUE(w.fresh(~uint64_t{0}));
  EXPECT_FALSE(w.fresh(100));
}

struct Recorded {
  Envelope envelope;
  Hello hello;
};

/// Both ends exchange hellos until neither answers; everything said is kept.
std::vector<Recorded> shake(PeerSession& a, PeerSession& b, Instant now) {
  std::vector<Recorded> said;
  PeerSession* from = &a;
  PeerSession* to = &b;
  for (int i = 0; i < 10; ++i) {
    const Recorded r{from->next_envelope(true), from->make_hello()};
    said.push_back(r);
    const auto heard = to->hello(r.envelope, r.hello, now);
    if (heard != Heard::connected && (heard != Heard::hello || to->was_proof())) break;
    std::swap(from, to);
  }
  return said;
}

TEST(PeerSession, both_ends_are_connected_after_a_few_hellos) {
  PeerSession a(11, "alpha", patience), b(22, "beta", patience);
  const auto said = shake(a, b, start);
  EXPECT_LE(said.size(), 4u);
  EXPECT_TRUE(a.connected());
  EXPECT_TRUE(b.connected());
  EXPECT_EQ(a.peer_name(), "beta");
  EXPECT_FALSE(a.is_new_process());
  EXPECT_EQ(b.message(a.next_envelope(false), start), Heard::message);
}

TEST(PeerSession, a_message_counts_once_and_only_between_proven_sessions) {
  PeerSession a(11, "alpha", patience), b(22, "beta", patience);
  EXPECT_EQ(b.message({11, 22, 1}, start), Heard::refused);
  shake(a, b, start);
  const auto e = a.next_envelope(false);
  EXPECT_EQ(b.message(e, start), Heard::message);
  EXPECT_EQ(b.message(e, start), Heard::refused);
  EXPECT_EQ(b.message({11, 23, e.counter + 1}, start), Heard::refused);
  EXPECT_EQ(b.message({12, 22, e.counter + 1}, start), Heard::refused);
  EXPECT_EQ(b.refused(), 4u);
}

TEST(PeerSession, nothing_recorded_connects_or_speaks_again_later) {
  PeerSession a(11, "alpha", patience), b(22, "beta", patience);
  const auto said = shake(a, b, start);
  const auto spoken = a.next_envelope(false);
  ASSERT_EQ(b.message(spoken, start), Heard::message);
  // The first process is gone; another one has its place; then its words come again.
  PeerSession a2(33, "alpha", patience);
  const Instant later = start + std::chrono::seconds(1);
  shake(a2, b, later);
  ASSERT_TRUE(a2.connected());
  EXPECT_TRUE(b.is_new_process());
  const auto replay = [&](Instant now) {
    for (const auto& r : said) EXPECT_NE(b.hello(r.envelope, r.hello, now), Heard::connected);
    EXPECT_EQ(b.message(spoken, now), Heard::refused);
  };
  replay(later);
  EXPECT_EQ(b.message(a2.next_envelope(false), later), Heard::message);
  replay(later + std::chrono::seconds(1));  // nobody was heard for long
  b.disconnect();
  replay(later + std::chrono::seconds(2));
  EXPECT_FALSE(b.connected());
  // Also not at a new process of the receiver.
  PeerSession b2(44, "beta", patience);
  for (const auto& r : said) EXPECT_NE(b2.hello(r.envelope, r.hello, later), Heard::connected);
}

TEST(PeerSession, a_second_process_waits_until_the_first_is_silent) {
  PeerSession a(11, "alpha", patience), twin(33, "alpha", patience), b(22, "beta", patience);
  shake(a, b, start);
  EXPECT_EQ(b.hello(twin.next_envelope(true), twin.make_hello(), start + patience / 2),
            Heard::another);
  EXPECT_EQ(b.message(a.next_envelope(false), start + patience / 2), Heard::message);
  EXPECT_EQ(b.hello(twin.next_envelope(true), twin.make_hello(), start + patience), Heard::another);
  EXPECT_EQ(b.hello(twin.next_envelope(true), twin.make_hello(), start + 2 * patience),
            Heard::hello);
}

TEST(PeerSession, its_own_name_and_its_own_words_are_refused) {
  PeerSession b(22, "beta", patience), same(55, "beta", patience);
  EXPECT_EQ(b.hello(same.next_envelope(true), same.make_hello(), start), Heard::same_name);
  EXPECT_EQ(b.hello(b.next_envelope(true), b.make_hello(), start), Heard::refused);
  EXPECT_FALSE(b.connected());
}

}  // namespace
}  // namespace understudy::core
