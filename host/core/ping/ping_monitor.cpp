// SPDX-License-Identifier: Apache-2.0
#include "host/core/ping/ping_monitor.hpp"

#include <algorithm>
#include <array>

namespace understudy::core {
namespace {

using enum PingState;
using enum PingEvent;

// clang-format off
constexpr std::array rows = std::to_array<PingRow>({
    {checking, monitor_answered, serving, "the other still stands by as monitor: this one serves"},
    {checking, second_period_over, monitoring, "no answer from the monitor address: the other has taken over"},
    {checking, peer_serves, monitoring, "the other says that it serves"},
    {checking, both_stand_by, claiming, "nobody serves, and this is the first of the two"},
    {checking, withdraw, resting, "this server is failed or offline"},
    {checking, operator_says, serving, "an operator says that the other is off"},
    {checking, gate_on, serving, "the gate lets this server through"},
    {checking, gate_off, monitoring, "the gate lets the other server through"},

    {monitoring, service_lost, booting, "no answer from the service address: the other is to be booted"},
    {monitoring, both_stand_by, claiming, "nobody serves, and this is the first of the two"},
    {monitoring, peer_let_go, serving, "the other said that it has let go"},
    {monitoring, withdraw, resting, "this server is failed or offline"},
    {monitoring, operator_says, serving, "an operator says that the other is off"},
    {monitoring, gate_on, serving, "the gate lets this server through"},

    {claiming, claim_over, serving, "nobody serves, and the other heard that this one will"},
    {claiming, peer_serves, monitoring, "the other says that it serves"},
    {claiming, peer_lost, checking, "the other is not heard any more: it may have begun to serve"},
    {claiming, withdraw, resting, "this server is failed or offline"},
    {claiming, operator_says, serving, "an operator says that the other is off"},

    {booting, boot_struck, serving, "the other is proven to be down: this one serves"},
    {booting, boot_failed, held, "without proof that the other is down this one does not serve"},
    {booting, withdraw, resting, "this server is failed or offline"},

    {held, service_answered, monitoring, "the service address answers again"},
    {held, retry_due, booting, "still no answer: the other is to be booted again"},
    {held, peer_let_go, serving, "the other said that it has let go"},
    {held, withdraw, resting, "this server is failed or offline"},
    {held, operator_says, serving, "an operator says that the other is off"},
    {held, gate_on, serving, "the gate lets this server through"},

    {serving, unsure, checking, "this process stood still: the other may serve by now"},
    {serving, peer_serves, monitoring, "the other serves in a later term"},
    {serving, withdraw, resting, "this server is failed or offline"},
    {serving, gate_off, monitoring, "the gate lets the other server through"},

    {resting, restored, checking, "this server is well again"},
});
// clang-format on

constexpr const PingRow* row_of(PingState from, PingEvent on) {
  for (const auto& row : rows)
    if (row.from == from && row.on == on) return &row;
  return nullptr;
}
constexpr bool every(bool (*holds)(const PingRow&)) {
  return std::all_of(rows.begin(), rows.end(), holds);
}
constexpr bool one_answer_each() {
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j)
      if (rows[i].from == rows[j].from && rows[i].on == rows[j].on) return false;
  return true;
}

static_assert(one_answer_each(), "an event has one answer in a state");
static_assert(every([](const PingRow& r) { return r.from != r.to && !r.why.empty(); }),
              "a row changes the state and says why");
static_assert(every([](const PingRow& r) {
                return r.to != serving || r.on == monitor_answered || r.on == boot_struck ||
                       r.on == peer_let_go || r.on == claim_over || r.on == operator_says ||
                       r.on == gate_on;
              }),
              "serving begins with proof that the other does not serve: never with silence");
static_assert(every([](const PingRow& r) { return r.from != resting || r.to == checking; }),
              "who comes back asks first");

}  // namespace

std::span<const PingRow> ping_table() {
  return rows;
}
std::string describe_ping_table() {
  std::string out =
      "# The ping monitor's table\n\nPrinted from `ping_monitor.cpp`; a test fails when it is "
      "stale. "
      "An event without a row changes nothing.\n\n| from | on | to | why |\n|---|---|---|---|\n";
  for (const auto& row : rows)
    out += "| " + std::string(to_text(row.from)) + " | " + std::string(to_text(row.on)) + " | " +
           std::string(to_text(row.to)) + " | " + std::string(row.why) + " |\n";
  return out;
}
const PingRow* find_ping_row(PingState from, PingEvent on) {
  return row_of(from, on);
}

void PingMonitor::apply(PingEvent e, Instant now, PingActions& out) {
  const PingRow* row = row_of(state_, e);
  if (row == nullptr) return;
  out.changes.push_back({row->from, row->to, row->on, row->why});
  enter(row->to, now, out);
}

void PingMonitor::enter(PingState s, Instant now, PingActions& out) {
  const bool was_monitor = monitors();
  state_ = s;
  entered_ = next_ask_ = now;
  open_.reset();
  misses_ = 0;
  alone_together_.reset();
  if (s == monitoring && !was_monitor) armed_ = options_.boot_before_reply;
  if (s != held && s != booting) blocked_.clear();
  // What the peer link said last may be older than our coming back: it hears of us first.
  if (s == checking) next_ask_ = now + std::min(options_.period, options_.second_period / 4);
  if (s != booting) return;
  last_boot_ = now;
  ++boots_;
  out.boot = true;
}

void PingMonitor::ask(PingTarget target, Instant now, PingActions& out) {
  open_ = Asked{++number_, now};
  ++asked_;
  next_ask_ = now + options_.period;
  out.asks.push_back({target, number_});
}

PingActions PingMonitor::step(Instant now) {
  PingActions out;
  if (!started_) {
    started_ = true;
    enter(checking, now, out);
  }
  time_passed(now, out);
  return out;
}

void PingMonitor::time_passed(Instant now, PingActions& out) {
  if (open_ && now - open_->at >= options_.timeout) {
    open_.reset();
    if (asks_service()) {
      ++misses_;
      const bool due = misses_ >= options_.misses;
      if (due && state_ == monitoring && !armed_)
        blocked_ =
            "the other has never answered since this one monitors, so it is not booted; when you "
            "have seen that it is off, type: understudy serve --other-is-off";
      else if (due && state_ == monitoring && last_boot_ && now - *last_boot_ < options_.hold)
        blocked_ = "the other was booted a short while ago; it is not booted again yet";
      else if (due && !options_.witness)
        apply(service_lost, now, out);
    }
  }
  const bool hold_over = !last_boot_ || now - *last_boot_ >= options_.hold;
  if (state_ == held && hold_over && misses_ >= options_.misses) apply(retry_due, now, out);
  if (state_ == checking && now - entered_ >= options_.second_period && !options_.witness) {
    const bool together = peer_.heard && !peer_.serves && !peer_.withdrawn;
    apply(together && options_.first ? both_stand_by : second_period_over, now, out);
  }
  if (state_ == claiming && now - entered_ >= options_.second_period) apply(claim_over, now, out);
  if (state_ == monitoring && alone_together_ &&
      now - *alone_together_ >= 2 * options_.second_period)
    apply(both_stand_by, now, out);
  if (!open_ && now >= next_ask_) {
    if (asks_monitor() && !options_.witness) ask(PingTarget::monitor, now, out);
    if (asks_service()) ask(PingTarget::service, now, out);
  }
}

PingActions PingMonitor::answered(PingTarget target, uint32_t number, Instant now) {
  PingActions out;
  if (!open_ || open_->number != number || now - open_->at >= options_.timeout) return out;
  const bool expected = target == PingTarget::monitor ? asks_monitor() : asks_service();
  if (!expected) return out;
  open_.reset();
  if (target == PingTarget::monitor) {
    apply(monitor_answered, now, out);
    return out;
  }
  ++answers_;
  misses_ = 0;
  armed_ = true;
  blocked_.clear();
  apply(service_answered, now, out);
  if (options_.copy_every != 0 && answers_ % options_.copy_every == 0) out.copy = ++copies_;
  return out;
}

PingActions PingMonitor::peer(const PeerView& view, Instant now) {
  PingActions out;
  const bool lost = peer_.heard && !view.heard;
  peer_ = view;
  if (options_.witness) {
    if (lost && state_ == serving) boot_beside(now, out);
    return out;
  }
  if (!view.heard) {
    alone_together_.reset();
    apply(peer_lost, now, out);
    return out;
  }
  if (view.serves) {
    alone_together_.reset();
    if (state_ != serving || view.outranks) apply(peer_serves, now, out);
  } else if (view.withdrawn) {
    alone_together_.reset();
    apply(peer_let_go, now, out);
  } else if (state_ == monitoring && options_.first && !alone_together_) {
    alone_together_ = now;
  }
  return out;
}

PingActions PingMonitor::boot_ended(bool struck, std::string text, Instant now) {
  PingActions out;
  if (state_ != booting) return out;
  blocked_ = struck ? "" : std::move(text);
  apply(struck ? boot_struck : boot_failed, now, out);
  return out;
}

PingActions PingMonitor::tell(PingEvent e, Instant now) {
  PingActions out;
  if (!started_) {
    started_ = true;
    enter(checking, now, out);
  }
  const bool boots = e == gate_on && state_ != checking && !peer_.heard;
  apply(e, now, out);
  if (boots && !out.changes.empty()) boot_beside(now, out);
  return out;
}

/// Serving goes on meanwhile: the gate has decided, the boot only brings the other back.
void PingMonitor::boot_beside(Instant now, PingActions& out) {
  if (last_boot_ && now - *last_boot_ < options_.hold) return;
  last_boot_ = now;
  ++boots_;
  out.boot = true;
}

std::optional<Instant> PingMonitor::next_deadline() const {
  if (!started_) return std::nullopt;
  std::optional<Instant> due;
  const auto by = [&due](Instant t) { due = due ? std::min(*due, t) : t; };
  if (open_) by(open_->at + options_.timeout);
  if (!open_ && ((asks_monitor() && !options_.witness) || asks_service())) by(next_ask_);
  if (state_ == checking && !options_.witness) by(entered_ + options_.second_period);
  if (state_ == claiming) by(entered_ + options_.second_period);
  if (state_ == monitoring && alone_together_) by(*alone_together_ + 2 * options_.second_period);
  if (state_ == held && last_boot_ && misses_ >= options_.misses) by(*last_boot_ + options_.hold);
  return due;
}

}  // namespace understudy::core
