// SPDX-License-Identifier: Apache-2.0
// Two servers, one appliance and two kernels under random schedules: words that come late or lie
// unread, processes that stop anywhere between two system calls and go on whenever they like. Their
// kernels' leases end by themselves. At no moment may both addresses speak.
#include "host/core/address/lease.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <random>

namespace {
using namespace understudy;
using namespace understudy::core;
using namespace std::chrono_literals;

/// What the fence does: sets that forget by themselves, late by up to the kernel's coarseness. It
/// counts time-outs by a clock that is still behind when a machine that was paused goes on.
struct Kernel {
  Instant granted_until, leased_until, behind_at, behind_until;
  Instant clock(Instant t) const { return t < behind_until ? behind_at : t; }
  bool alive(Instant t) const { return t < leased_until; }
  void grant(Instant t, Duration lease) { granted_until = clock(t) + lease; }
  void renew(Instant t, Duration lease) {
    const Instant c = clock(t);
    if (c < leased_until || c < granted_until) leased_until = c + lease;
  }
  void shut() { granted_until = leased_until = {}; }
};

struct Random {
  std::mt19937_64 engine;
  explicit Random(uint64_t seed) : engine(seed) {}
  Duration up_to(Duration most) {
    return Duration(static_cast<int64_t>(engine() % static_cast<uint64_t>(most.count() + 1)));
  }
  bool one_in(uint64_t n) { return engine() % n == 0; }
};

struct Tick {
  Instant emitted, arrives;
  LeaseWord word;
};

constexpr Duration tick = 4ms;

/// A host is a program of small steps: between any two of them it may be stopped.
struct Host {
  Lease lease;
  Kernel kernel;
  std::deque<Tick> unread;
  LeaseAction doing = LeaseAction::none;
  int at = 0;                // which system call of `doing` is next
  Instant told, asked;       // the kernel's clock before a renewal, before a grant
  bool stood_still = false;  // in the worst moment, once in each
  Instant runs_from;         // stopped until then
  bool delivers = false, failed = false;
  Term knows;
  struct Status {
    Instant arrives;
    Term knows;
    bool delivers;
  };
  std::deque<Status> said;  // to the peer, on its way
  uint64_t held = 0;

  explicit Host(LeaseTimes t) : lease(t, false) {}

  void begin(LeaseAction a) {
    if (a == LeaseAction::none) return;
    doing = a, at = 0, stood_still = false;
  }
  /// How long the kernel's time-outs last.
  Duration coarse(Random& r) {
    const auto& t = lease.times();
    return r.one_in(3) ? t.kernel_set : t.kernel;
  }
  void renewed() {
    lease.renewed(told);
    // What it believes is so.
    EXPECT_GE(kernel.leased_until, told + lease.times().kernel_set);
    delivers = true;
    ++held;
    doing = LeaseAction::none;
  }
  /// One system call, or one decision.
  void run(Instant now, Random& r) {
    if (doing == LeaseAction::release) {
      kernel.shut();
      delivers = false;
      doing = LeaseAction::none;
    } else if (doing != LeaseAction::none) {
      switch (at++) {
        case 0:
        case 3:
          told = kernel.clock(now);
          if (!lease.valid(now)) doing = LeaseAction::none;
          return;
        case 1:
          kernel.renew(now, coarse(r));
          return;
        case 2:
          if (!lease.needs_grant(now, tick)) return renewed();
          asked = kernel.clock(now);
          kernel.grant(now, coarse(r));
          return;
        case 4:
          kernel.renew(now, coarse(r));
          delivers = true;
          return;
        default:
          if (lease.in_force(asked, now, tick)) return renewed();
          doing = LeaseAction::none;
          return;
      }
    } else if (!unread.empty() && unread.front().arrives <= now) {
      const auto t = unread.front();
      unread.pop_front();
      knows = std::max(knows, t.word.term);
      begin(lease.word(t.word, now));
    } else if (r.one_in(4)) {  // a beat
      const Instant before = said.empty() ? now : said.back().arrives;
      said.push_back(
          {std::max(before, now + r.up_to(std::chrono::milliseconds(30))), knows, delivers});
    } else {
      begin(lease.step(now));
    }
  }
};

struct Outcome {
  bool overlap = false;
  uint64_t held[2] = {0, 0};
};

Outcome play(uint64_t seed, bool lockstep, bool peer_link) {
  Random r(seed);
  const auto times = LeaseTimes::of(100ms);
  Host hosts[2] = {Host(times), Host(times)};
  const Duration frame = 16'666'667ns;
  Instant now(1s), next_tick = now;
  for (auto& h : hosts)
    if (r.one_in(2)) h.runs_from = now + r.up_to(500ms);  // stopped before it has read anything
  uint32_t frame_number = 100, term = 1;
  int on_air = 0;
  Outcome out;
  for (const Instant end = now + 1500ms; now < end; now += 200us) {
    if (now >= next_tick) {
      next_tick += frame;
      ++frame_number;
      if (r.one_in(12)) on_air = 1 - on_air, ++term;
      for (int h = 0; h < 2; ++h) {
        // Lockstep: one turn is out at a time.
        if (lockstep && !hosts[h].unread.empty()) continue;
        LeaseWord w{.on_air = on_air == h, .term = {term}};
        if (!lockstep) w.frame = FrameNumber{frame_number}, w.frame_duration = frame;
        hosts[h].unread.push_back(
            {now, now + (r.one_in(2) ? times.delay : r.up_to(times.delay)), w});
      }
    }
    for (int h = 0; h < 2; ++h) {
      Host& host = hosts[h];
      if (now < host.runs_from) continue;
      // The worst moment: after the look at the clock, until the kernel's lease is all but over.
      const bool checked = host.at == 1 || host.at == 4;
      if (checked && host.doing != LeaseAction::none && !host.stood_still && r.one_in(8) &&
          host.kernel.leased_until > now) {
        host.runs_from = host.kernel.leased_until - 200us;
        host.stood_still = true;
        continue;
      }
      // SIGSTOP, more often between the system calls of one renewal.
      if (r.one_in(host.doing == LeaseAction::none ? 500 : 60)) {
        host.runs_from = now + (r.one_in(4) ? r.up_to(400ms) : r.up_to(36ms));
        continue;
      }
      if (r.one_in(1000)) {  // the whole machine was paused; its kernel's clock follows later
        host.runs_from = now + r.up_to(60ms);
        host.kernel.behind_at = now;
        host.kernel.behind_until = host.runs_from + r.up_to(tick);
        continue;
      }
      if (r.one_in(4000)) {  // its application died
        host.failed = !host.failed;
        if (host.failed)
          host.begin(host.lease.withdraw());
        else
          host.lease.allow();
      }
      host.run(now, r);
      Host& other = hosts[1 - h];
      if (other.said.empty() || other.said.front().arrives > now) continue;
      const auto heard = other.said.front();
      if (host.doing != LeaseAction::none) continue;  // still in the socket
      other.said.pop_front();
      if (peer_link && !heard.delivers) host.begin(host.lease.other_let_go(heard.knows, now));
    }
    if (hosts[0].kernel.alive(now) && hosts[1].kernel.alive(now)) out.overlap = true;
  }
  for (int h = 0; h < 2; ++h) out.held[h] = hosts[h].held;
  return out;
}

uint64_t schedules() {
  return std::getenv("UNDERSTUDY_LONG") ? 5'000 : 300;
}

TEST(Lease, never_two_holders_in_random_schedules) {
  uint64_t held = 0;
  for (uint64_t seed = 1; seed <= schedules(); ++seed)
    for (const bool lockstep : {false, true}) {
      const auto out = play(seed, lockstep, seed % 2 == 0);
      ASSERT_FALSE(out.overlap) << "seed " << seed << " lockstep " << lockstep;
      held += out.held[0] + out.held[1];
    }
  EXPECT_GT(held, schedules() * 15);  // and it is held often, or this shows nothing
}

struct LeaseSteps : testing::Test {
  LeaseTimes times = LeaseTimes::of(100ms);
  Lease lease{times, false};
  Instant t0{10s};
  void SetUp() override {  // long enough that words are believed
    for (int i = 0; i <= 12; ++i) lease.word({.term = {6}}, t0 - 120ms + i * 10ms);
  }
  LeaseWord on(uint32_t term) { return {.on_air = true, .term = {term}}; }
};

TEST_F(LeaseSteps, parts_add_up) {
  EXPECT_EQ(times.delay + times.word + 2 * times.kernel, times.lease);
  EXPECT_GT(times.word, 16'666'667ns);
}

TEST_F(LeaseSteps, waits_for_the_whole_lease_of_the_other) {
  EXPECT_EQ(lease.word(on(7), t0), LeaseAction::none);
  EXPECT_EQ(lease.state(), LeaseState::waiting);
  Instant t = t0;
  for (; t < t0 + 99ms; t += 10ms) EXPECT_EQ(lease.word(on(7), t), LeaseAction::none);
  EXPECT_EQ(lease.word(on(7), t0 + 101ms), LeaseAction::acquire);
}

TEST_F(LeaseSteps, takes_it_at_once_when_the_other_that_knows_the_term_let_go) {
  lease.word(on(7), t0);
  EXPECT_EQ(lease.other_let_go(Term{6}, t0 + 1ms), LeaseAction::none);
  EXPECT_EQ(lease.other_let_go(Term{8}, t0 + 1ms), LeaseAction::none);  // it may hold in that one
  EXPECT_EQ(lease.other_let_go(Term{7}, t0 + 2ms), LeaseAction::acquire);
}

TEST_F(LeaseSteps, a_word_is_good_for_its_time_only) {
  LeaseWord w = on(7);
  w.proven = true;
  EXPECT_EQ(lease.word(w, t0), LeaseAction::acquire);
  EXPECT_TRUE(lease.valid(t0 + times.word - 1ns));
  EXPECT_FALSE(lease.valid(t0 + times.word));
}

TEST_F(LeaseSteps, a_tick_later_than_its_frames_allow_counts_from_when_it_was_due) {
  const Duration frame = 16ms;
  LeaseWord w = on(7);
  w.proven = true, w.frame_duration = frame;
  for (uint32_t k = 0; k < 10; ++k) {
    w.frame = FrameNumber{k};
    lease.word(w, t0 + k * frame);
  }
  w.frame = FrameNumber{10};  // due at t0 + 160 ms, read 25 ms late
  lease.word(w, t0 + 185ms);
  EXPECT_FALSE(lease.valid(t0 + 160ms + times.word + 2ms));
}

TEST_F(LeaseSteps, an_appliance_whose_time_slips_is_believed_again) {
  const Duration frame = 16ms;
  LeaseWord w = on(7);
  w.proven = true, w.frame_duration = frame;
  Instant t = t0;
  for (uint32_t k = 0; k < 60; ++k) {
    t += frame + (k == 20 ? Duration(60ms) : Duration{0});
    w.frame = FrameNumber{k};
    lease.step(t - 10ms);
    lease.word(w, t);
  }
  EXPECT_TRUE(lease.valid(t + 20ms));
  EXPECT_GT(lease.stale_words(), 0u);
}

TEST_F(LeaseSteps, off_air_lets_go_at_once) {
  LeaseWord w = on(7);
  w.proven = true;
  lease.word(w, t0);
  EXPECT_EQ(lease.word({.on_air = false, .term = {8}}, t0 + 5ms), LeaseAction::release);
  EXPECT_FALSE(lease.valid(t0 + 5ms));
}

TEST_F(LeaseSteps, own_words_end_with_a_hole) {
  Lease own(times, true);
  LeaseWord w = on(3);
  w.proven = true;
  EXPECT_EQ(own.word(w, t0), LeaseAction::acquire);
  own.step(t0 + 5ms);
  EXPECT_EQ(own.step(t0 + 500ms), LeaseAction::release);
  EXPECT_EQ(own.state(), LeaseState::idle);
}

}  // namespace
