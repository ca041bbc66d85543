// SPDX-License-Identifier: Apache-2.0
#include "host/core/address/lease.hpp"

#include <algorithm>

namespace understudy::core {
namespace {
constexpr int drift = 500;  // clocks differ by less than 1/500
}  // namespace

/// Whether this process has not run for longer than a word is good for.
bool Lease::notice_a_hole(Instant now) {
  const bool hole = ran_ && now - *ran_ > times_.word;
  ran_ = now;
  if (!hole) return false;
  distrust_ = true;
  ticks_.hole();
  if (own_words_ && state_ != LeaseState::idle) unsure_ = true;
  return true;
}

LeaseAction Lease::word(const LeaseWord& w, Instant now) {
  notice_a_hole(now);
  const Instant at = own_words_ ? now : ticks_.read(w.frame, w.frame_duration, now);
  if (!w.on_air) {
    distrust_ = false;
    if (w.term > term_) gave_up_in_term_ = false;
    term_ = std::max(term_, w.term);
    take_at_.reset();
    return state_ == LeaseState::idle ? LeaseAction::none : give_up();
  }
  if (distrust_ || now - at >= times_.word) {
    distrust_ = false;
    ++stale_;
    return LeaseAction::none;
  }
  LeaseAction first = LeaseAction::none;
  if (w.term != term_ || (!take_at_ && state_ == LeaseState::idle)) {
    if (w.term != term_ && state_ == LeaseState::holding) first = give_up();  // the other had it
    if (w.term != term_) gave_up_in_term_ = false;
    term_ = w.term;
    take_at_ = now + times_.lease + times_.lease / drift;
  }
  if (first != LeaseAction::none) return first;
  if (unsure_ || (!own_words_ && !ticks_.settled())) return LeaseAction::none;
  emitted_ = std::max(emitted_.value_or(at), at);
  if (withdrawn_ || state_ == LeaseState::holding) return LeaseAction::none;
  if (w.proven || gave_up_in_term_ || now >= *take_at_) return take(now);
  state_ = LeaseState::waiting;
  return LeaseAction::none;
}

LeaseAction Lease::other_let_go(Term knows, Instant now) {
  notice_a_hole(now);
  if (state_ != LeaseState::waiting || knows != term_) return LeaseAction::none;
  return take(now);
}

LeaseAction Lease::other_is_dead(Instant now) {
  notice_a_hole(now);
  return state_ == LeaseState::waiting ? take(now) : LeaseAction::none;
}

LeaseAction Lease::take(Instant now) {
  if (withdrawn_ || !emitted_ || now - *emitted_ >= times_.word) {
    state_ = LeaseState::waiting;  // the next word takes it
    if (take_at_) take_at_ = std::min(*take_at_, now);
    return LeaseAction::none;
  }
  state_ = LeaseState::holding;
  renewed_.reset();
  return LeaseAction::acquire;
}

LeaseAction Lease::give_up() {
  if (state_ == LeaseState::holding) gave_up_in_term_ = true;
  state_ = LeaseState::idle;
  emitted_.reset();
  renewed_.reset();
  return LeaseAction::release;
}

LeaseAction Lease::withdraw() {
  withdrawn_ = true;
  unsure_ = false;
  return state_ == LeaseState::idle ? LeaseAction::none : give_up();
}

bool Lease::valid(Instant now) const {
  return state_ == LeaseState::holding && !unsure_ && emitted_ && now - *emitted_ < times_.word;
}

LeaseAction Lease::step(Instant now) {
  notice_a_hole(now);
  if (unsure_) {
    unsure_ = state_ != LeaseState::idle;
    return state_ == LeaseState::idle ? LeaseAction::none : give_up();
  }
  if (state_ == LeaseState::waiting && take_at_ && now >= *take_at_) return take(now);
  const bool due = !renewed_ || now - *renewed_ >= times_.renewal;
  return valid(now) && due ? LeaseAction::renew : LeaseAction::none;
}

std::optional<Instant> Lease::waits_until() const {
  return state_ == LeaseState::waiting ? take_at_ : std::nullopt;
}

std::optional<Instant> Lease::next_deadline() const {
  if (state_ == LeaseState::waiting) return take_at_;
  if (state_ == LeaseState::holding && ran_) return *ran_ + times_.renewal;
  return std::nullopt;
}

}  // namespace understudy::core
