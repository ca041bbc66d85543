// SPDX-License-Identifier: Apache-2.0
#include "host/core/connection/takeover.hpp"

#include <algorithm>

namespace understudy::core {

namespace {

bool says_the_same(const ClientAnswer& a, const ClientAnswer& b) {
  return a.sequence == b.sequence && a.acknowledged == b.acknowledged && a.beyond == b.beyond;
}

}  // namespace

Takeover::Actions Takeover::hold(ConnectionId connection, const Known& known) {
  auto& waiting = waiting_[connection.value];
  waiting.known = known;
  waiting.unsure.reset();
  Actions out;
  if (on_air_at_) probe(connection, waiting, out);
  return out;
}

void Takeover::know(ConnectionId connection, const Known& known) {
  if (const auto at = waiting_.find(connection.value); at != waiting_.end())
    at->second.known = known;
}

void Takeover::drop(ConnectionId connection) {
  waiting_.erase(connection.value);
}

void Takeover::step(const Event& event, Instant now, Actions& out) {
  std::visit([&](const auto& e) { handle(e, now, out); }, event);
}

std::optional<Instant> Takeover::next_deadline() const {
  if (!on_air_at_ || waiting_.empty()) return std::nullopt;
  return next_unsure_ ? std::min(*next_unsure_, next_round_) : next_round_;
}

void Takeover::probe(ConnectionId connection, Waiting& w, Actions& out) const {
  w.probed = w.known.output.at(w.known.acknowledged) - 1;
  out.push_back(Probe{connection, w.probed,
                      w.known.input.at(w.known.received) + (w.known.client_closed ? 1u : 0u)});
}

void Takeover::handle(const OnAir&, Instant now, Actions& out) {
  if (on_air_at_) return;
  on_air_at_ = now;
  wait_ = times_.first_wait;
  next_round_ = now + wait_;
  out.reserve(out.size() + waiting_.size());
  for (auto& [id, w] : waiting_) probe({id}, w, out);
}

/// A client that should have answered the probe and answers otherwise: what it said last counts.
void Takeover::settle_unsure(Instant now, Actions& out) {
  if (!next_unsure_ || now < *next_unsure_) return;
  next_unsure_.reset();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto& w = at->second;
    if (w.unsure && now >= w.unsure_until) {
      out.push_back(Ready{{at->first}, *w.unsure});
      at = waiting_.erase(at);
      continue;
    }
    if (w.unsure) next_unsure_ = std::min(next_unsure_.value_or(w.unsure_until), w.unsure_until);
    ++at;
  }
}

void Takeover::handle(const Answered& e, Instant now, Actions& out) {
  const auto at = waiting_.find(e.connection.value);
  if (!on_air_at_ || at == waiting_.end()) return;
  auto& w = at->second;
  const auto resume = compare(w.known, e.answer);
  if (resume && w.known.tells_doubles && e.answer.duplicate != w.probed) {
    if (w.unsure && says_the_same(w.unsure->answer, e.answer)) return;
    w.unsure = *resume;
    w.unsure_until = now + times_.quiet;
    next_unsure_ = std::min(next_unsure_.value_or(w.unsure_until), w.unsure_until);
    return;
  }
  if (resume) {
    out.push_back(Ready{e.connection, *resume});
  } else if (resume.error() == Mismatch::reset) {
    out.push_back(GiveUp{e.connection, Lost::client_reset, resume.error()});
  } else {  // an old segment, or not the client's: the true answer may yet come
    ++refused_answers_;
    w.last = resume.error();
    return;
  }
  waiting_.erase(at);
}

void Takeover::handle(const Timer&, Instant now, Actions& out) {
  if (!on_air_at_) return;
  settle_unsure(now, out);
  if (now < next_round_) return;
  if (now >= *on_air_at_ + times_.patience) {
    for (const auto& [id, w] : waiting_)
      out.push_back(GiveUp{{id}, w.last ? Lost::mismatch : Lost::silent, w.last});
    waiting_.clear();
    return;
  }
  for (auto& [id, w] : waiting_) probe({id}, w, out);
  wait_ = std::min(wait_ * 2, times_.longest_wait);
  next_round_ = now + wait_;
}

}  // namespace understudy::core
