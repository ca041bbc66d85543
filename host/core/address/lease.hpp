// SPDX-License-Identifier: Apache-2.0
// Who may hold the service address, and until when (design.md 5). A lease is renewed by *words*:
// ticks that say on air, or this server's own role without an appliance. No two servers hold it:
//
//   a word of term t, emitted at e, read at most `delay` later than it looks, lets A renew only at
//   moments c < e + delay + word; a renewal decided at c reaches the kernel at s <= c + kernel, or
//   the kernel refuses it (it extends only what is alive); what it extends ends at s + kernel. So
//     A's last packet <= e + delay + word + 2 * kernel = e + lease,
//   and B, first told term t+1 at r >= e, takes the address at r + lease + drift, or as soon as A,
//   knowing of term t+1, has said that it let go, or a fence has proven A dead.
//
// Only the other's own word for term t+1 shortens the wait. The states in ticks do not: they may be
// older than what the other has done since (a random schedule showed it).
// A process that was stopped renews nothing: its words are old when it goes on. Refused: renewing
// by a netlink call alone (a process stopped just before the call would open the fence when it goes
// on); a deadline that only the process keeps (SIGSTOP).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "host/core/address/tick_clock.hpp"
#include "host/core/time.hpp"

namespace understudy::core {

/// The parts of `lease`; `kernel_set` is what the fence is told, `kernel` what it can become by
/// the coarseness of its clock.
struct LeaseTimes {
  Duration lease, delay, word, kernel_set, kernel;
  Duration renewal;  // between two renewals

  static constexpr Duration coarseness = std::chrono::milliseconds(8);  // two ticks of HZ=250
  static constexpr Duration least = std::chrono::milliseconds(40);

  static constexpr LeaseTimes of(Duration lease) {
    LeaseTimes t{.lease = lease, .delay = lease / 10, .kernel_set = lease / 5};
    t.kernel = t.kernel_set + coarseness;
    t.word = lease - t.delay - 2 * t.kernel;
    t.renewal = t.kernel_set / 4;
    return t;
  }
};

/// What renews a lease.
struct LeaseWord {
  bool on_air = false;
  Term term;
  /// The tick's frame number and how long a frame lasts, where frames are made in real time.
  std::optional<FrameNumber> frame;
  Duration frame_duration{};
  bool proven = false;  // the other is known not to hold: no waiting
};

enum class LeaseState : uint8_t { idle, waiting, holding };
constexpr std::string_view to_text(LeaseState s) {
  constexpr std::string_view names[] = {"none", "waiting", "held"};
  return names[static_cast<uint8_t>(s)];
}

enum class LeaseAction : uint8_t {
  none,
  acquire,  // address, grant; then renew if still valid()
  renew,    // if still valid() right before it is done
  release,  // at once: fence shut, address gone
};

class Lease {
 public:
  /// `own_words`: no appliance; the server's own role is the word, at every step.
  Lease(LeaseTimes times, bool own_words)
      : times_(times), own_words_(own_words), ticks_(times.lease) {}

  LeaseAction word(const LeaseWord& w, Instant now);
  /// Words come from a new place, or anew: what was learnt of their delay counts no more.
  void new_link() { ticks_.reset(); }
  /// The other said that it holds nothing, when the latest term that it knew of was `knows`. Only
  /// this server's own term counts: in a later one the other may hold by now.
  LeaseAction other_let_go(Term knows, Instant now);
  /// A fence (power, reset) has been proven to have struck after this term began.
  LeaseAction other_is_dead(Instant now);
  /// This server fails, goes offline or ends: nothing is held until a new word after `allow`.
  LeaseAction withdraw();
  void allow() { withdrawn_ = false; }
  LeaseAction step(Instant now);
  std::optional<Instant> next_deadline() const;

  /// Whether a renewal may be sent at this very moment.
  bool valid(Instant now) const;
  /// Whether what the kernel was told when its own clock said `from` was in force still at `until`.
  /// That clock stands between its ticks, and is behind after the machine was paused: a time-out
  /// told then is over as soon as it catches up. `tick`: time-outs are whole ones.
  bool in_force(Instant from, Instant until, Duration tick) const {
    return until - from < times_.kernel_set - times_.kernel_set % tick;
  }
  /// A renewal that was sent after the kernel's clock said `told` counted.
  void renewed(Instant told) { renewed_ = told; }
  /// One that had been sent by `now` may have found the kernel's lease over.
  bool needs_grant(Instant now, Duration tick) const {
    return !renewed_ || !in_force(*renewed_, now, tick);
  }

  LeaseState state() const { return state_; }
  Term term() const { return term_; }
  std::optional<Instant> waits_until() const;
  /// No appliance: this process has not run for so long that another may have its role.
  bool unsure() const { return unsure_; }
  const LeaseTimes& times() const { return times_; }
  uint64_t stale_words() const { return stale_; }

 private:
  bool notice_a_hole(Instant now);
  LeaseAction take(Instant now);
  LeaseAction give_up();

  LeaseTimes times_;
  bool own_words_;
  TickClock ticks_;
  LeaseState state_ = LeaseState::idle;
  Term term_;
  bool withdrawn_ = false, unsure_ = false;
  bool gave_up_in_term_ = false;  // it was held once in this term, so nobody else has it
  std::optional<Instant> ran_, emitted_, renewed_, take_at_;
  bool distrust_ = false;  // words that lay waiting while this process did not run
  uint64_t stale_ = 0;
};

}  // namespace understudy::core
