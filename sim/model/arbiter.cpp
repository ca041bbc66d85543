// SPDX-License-Identifier: Apache-2.0
#include "sim/model/arbiter.hpp"

namespace understudy::model {
namespace {
using protocol::EventKind;
using protocol::Mode;
using protocol::Reason;
using protocol::RequestOp;
using protocol::RequestResult;
using protocol::ServerState;
constexpr uint32_t gate = 2;
constexpr unsigned index(Server s) {
  return static_cast<unsigned>(s);
}
Server target(const Arbiter::Asked& asked) {
  return asked.op == static_cast<uint8_t>(RequestOp::switch_to_b) ? Server::b : Server::a;
}
}  // namespace

Arbiter::Arbiter(sc_core::sc_module_name name, const Timeline& timeline,
                 const RasterProcess& raster, std::array<HeartbeatMonitor*, 2> monitors,
                 Configuration& configuration, Journal& journal)
    : sc_module(name),
      timeline_(timeline),
      raster_(raster),
      monitors_(monitors),
      configuration_(configuration),
      journal_(journal),
      inbox_(timeline) {
  SC_HAS_PROCESS(Arbiter);
  SC_METHOD(carry_out);
  sensitive << inbox_.due();
  dont_initialize();
  SC_METHOD(decide);
  sensitive << decide_;
  dont_initialize();
  SC_METHOD(commit);
  sensitive << commit_;
  dont_initialize();
}

void Arbiter::reset() {
  inbox_.clear();
  decide_.cancel(), commit_.cancel();
  on_air_ = next_on_air_ = Server::a;
  term_ = next_term_ = 1;
  seen_ = picture_ok_ = healthy_ = link_alarm_ = was_freeze_ = was_black_ = {};
  first_ = true;
  role_taken_ = protected_ = no_eligible_ = flap_hold_ = false;
  waiting_.reset();
  held_.reset();
  protected_run_ = 0;
  countdowns_ = {};
  boundaries_.clear();
  strobe_ = Clock{3} * raster_.raster().h_total + raster_.raster().h_active;
  decide_.notify(timeline_.until(strobe_ + 1, Phase::decided));
}

void Arbiter::ask(Clock at, const Asked& asked) {
  inbox_.post(at, Phase::requested, asked);
}

void Arbiter::carry_out() {
  for (const auto& asked : inbox_.take()) {
    if (timeline_.now() == strobe_ + 1)  // the clock in which the boundary is decided
      inbox_.post(strobe_ + 2, Phase::requested, asked);
    else
      carry_out_one(asked);
  }
}

void Arbiter::carry_out_one(const Asked& asked) {
  switch (static_cast<RequestOp>(asked.op)) {
    case RequestOp::switch_to_a:
    case RequestOp::switch_to_b:
      if (configuration_.mode == Mode::lockout)
        answer(asked, RequestResult::refused_lockout);
      else if (target(asked) == on_air_)
        answer(asked, RequestResult::refused_already);
      else {
        if (waiting_) answer(*waiting_, RequestResult::refused_already);
        waiting_ = asked;
      }
      return;
    case RequestOp::mode_automatic:
      configuration_.mode = Mode::automatic;
      break;
    case RequestOp::mode_manual:
      configuration_.mode = Mode::manual;
      break;
    case RequestOp::mode_lockout:
      configuration_.mode = Mode::lockout;
      break;
    case RequestOp::clear_alarms:
      link_alarm_ = {};
      merge_->clear_lines_lost();
      break;
    default:
      answer(asked, RequestResult::refused_unknown);
      return;
  }
  answer(asked, RequestResult::done);
}

static uint32_t answer_data(const Arbiter::Asked& asked, RequestResult result) {
  return asked.op | static_cast<uint32_t>(result) << 8 | static_cast<uint32_t>(asked.id) << 16;
}

void Arbiter::answer(const Asked& asked, RequestResult result) {
  journal_.log(EventKind::request, asked.asker, answer_data(asked, result));
}

Arbiter::Judged Arbiter::judge() const {
  const auto& f = merge_->facts();
  Judged j{};
  for (unsigned s = 0; s < 2; ++s) {
    j.picture_ok[s] = !first_ && f.bad[s] < configuration_.bad_lines && !f.freeze[s] && !f.black[s];
    j.withdrawn[s] = protocol::is_withdrawn(monitors_[s]->state());
    j.healthy[s] = monitors_[s]->alive() && !j.withdrawn[s] && j.picture_ok[s];
    j.eligible[s] = j.healthy[s] && seen_[s];
  }
  return j;
}

Reason Arbiter::reason(const Judged& j) const {
  const unsigned x = index(on_air_), y = 1 - x;
  const bool alive = monitors_[x]->alive();
  const auto state = monitors_[x]->state();
  const auto& f = merge_->facts();
  if (waiting_) return Reason::operator_request;
  if (alive && state == ServerState::failed) return Reason::declared_failed;
  if (!alive) return Reason::beats_missed;
  if (!j.picture_ok[x]) return Reason::picture_bad;
  if (alive && protocol::is_offline(state)) return Reason::offline;
  if (role_taken_ && f.discard[x] && !f.discard[y]) return Reason::discard;
  if (configuration_.auto_return && index(configuration_.preferred) == y &&
      protected_run_ >= std::max(configuration_.return_hold, 1u))
    return Reason::automatic_return;
  return Reason::none;
}

bool Arbiter::flap_holds() const {
  uint32_t running = 0;
  for (const uint32_t left : countdowns_) running += left != 0 ? 1 : 0;
  return running >= configuration_.flap_changes || running == countdowns_.size();
}

Arbiter::Decision Arbiter::decision(const Judged& j) const {
  Decision d;
  d.reason = reason(j);
  if (d.reason == Reason::none) return d;
  const bool asked = d.reason == Reason::operator_request;
  const bool eligible = j.eligible[1 - index(on_air_)];
  const bool free_term = term_ != 0xFFFFFFFFu;
  switch (configuration_.mode) {
    case Mode::automatic:
      d.flap = !asked && eligible && flap_holds();
      d.takeover = eligible && !d.flap && free_term;
      d.hold = !asked && !d.takeover;
      break;
    case Mode::manual:
      d.takeover = asked && eligible && free_term;
      break;
    case Mode::lockout:
      break;
  }
  return d;
}

void Arbiter::decide() {
  for (auto& left : countdowns_) left -= left != 0 ? 1 : 0;
  const Judged j = judge();
  const bool was_protected = protected_;
  protected_ =
      j.healthy[0] && j.healthy[1] && merge_->facts().equal_frames >= configuration_.proven;
  protected_run_ = protected_ ? std::min(protected_run_ + 1, 65535u) : 0;
  const Decision d = decision(j);
  next_on_air_ = d.takeover ? protocol::other(on_air_) : on_air_;
  next_term_ = d.takeover ? term_ + 1 : term_;
  log(j, d, was_protected, next_term_);
  remember(j, d);
  journal_.set_term(next_term_);  // what is logged in this clock already carries it
  commit_.notify(timeline_.until(strobe_ + 2, Phase::committed));
}

void Arbiter::log(const Judged& j, const Decision& d, bool was_protected, uint32_t term) {
  const auto& f = merge_->facts();
  const auto put = [&](EventKind kind, uint32_t source, uint32_t data) {
    journal_.log_boundary(kind, source, strobe_, term, data);
  };
  if (f.rescued) put(EventKind::rescued_lines, gate, f.rescued);
  if (f.lost) put(EventKind::lost_lines, gate, f.lost);
  if (f.converged) put(EventKind::converged, gate, 0);
  for (unsigned s = 0; s < 2; ++s) {
    if (f.freeze[s] && !was_freeze_[s]) put(EventKind::freeze, s, configuration_.freeze_frames);
    if (f.black[s] && !was_black_[s]) put(EventKind::black, s, f.brightest[s]);
  }
  for (unsigned s = 0; s < 2; ++s)
    if (!first_ && j.picture_ok[s] != picture_ok_[s])
      put(j.picture_ok[s] ? EventKind::picture_good : EventKind::picture_bad, s, f.bad[s]);
  if (waiting_) {
    const auto result = d.takeover ? RequestResult::done
                        : configuration_.mode == Mode::lockout
                            ? RequestResult::refused_lockout
                            : RequestResult::refused_not_eligible;
    put(EventKind::request, waiting_->asker, answer_data(*waiting_, result));
  }
  const auto why = static_cast<uint32_t>(d.reason);
  if (d.takeover) put(EventKind::takeover, index(next_on_air_), why);
  const bool same_hold = held_ && held_->reason == d.reason && held_->flap == d.flap;
  if (d.hold && !same_hold) put(EventKind::hold, gate, why | (d.flap ? 0x100u : 0u));
  if (protected_ != was_protected)
    put(protected_ ? EventKind::protected_on : EventKind::protected_off, gate, f.equal_frames);
}

void Arbiter::remember(const Judged& j, const Decision& d) {
  const unsigned x = index(on_air_);
  for (unsigned s = 0; s < 2; ++s) {
    if (j.healthy[s]) seen_[s] = true;
    if (!monitors_[s]->alive() || j.withdrawn[s]) seen_[s] = false;
  }
  picture_ok_ = j.picture_ok;
  healthy_ = j.healthy;
  was_freeze_ = merge_->facts().freeze;
  was_black_ = merge_->facts().black;
  if (!merge_->facts().discard[x]) role_taken_ = true;
  if (d.takeover) {
    role_taken_ = false;
    protected_run_ = 0;
    if (d.reason != Reason::operator_request)
      *std::find(countdowns_.begin(), countdowns_.end(), 0u) = configuration_.flap_frames;
  }
  no_eligible_ = d.hold && !d.flap;
  flap_hold_ = d.hold && d.flap;
  held_ = d.hold ? std::optional(d) : std::nullopt;
  waiting_.reset();
  first_ = false;
}

void Arbiter::commit() {
  on_air_ = next_on_air_;
  term_ = next_term_;
  boundaries_.push_back(now());
  boundaries_.back().clock = strobe_;
  strobe_ += raster_.raster().frame_clocks();
  decide_.notify(timeline_.until(strobe_ + 1, Phase::decided));
}

uint16_t Arbiter::alarms() const {
  using protocol::Alarm;
  uint32_t word = 0;
  const auto raise = [&](Alarm bit, unsigned s, bool on) {
    if (on) word |= static_cast<uint32_t>(bit) << s;
  };
  raise(Alarm::diverged, 0, merge_->diverged());
  raise(Alarm::unprotected, 0, !protected_);
  raise(Alarm::lines_lost, 0, merge_->lines_lost());
  raise(Alarm::no_eligible, 0, no_eligible_);
  raise(Alarm::flap_hold, 0, flap_hold_);
  for (unsigned s = 0; s < 2; ++s) {
    const auto& m = *monitors_[s];
    raise(Alarm::beats_a, s, m.ever() && !m.alive());
    raise(Alarm::picture_a, s, !first_ && !picture_ok_[s]);
    raise(Alarm::failed_a, s, m.alive() && m.state() == ServerState::failed);
    raise(Alarm::link_a, s, link_alarm_[s]);
  }
  return static_cast<uint16_t>(word);
}

Boundary Arbiter::now() const {
  Boundary b{};
  b.clock = timeline_.now();
  b.frame = raster_.place(timeline_.now()).frame;
  b.on_air = on_air_;
  b.term = term_;
  for (unsigned s = 0; s < 2; ++s)
    b.state[s] = monitors_[s]->alive() ? monitors_[s]->state() : ServerState::unknown;
  b.alarms = alarms();
  b.equal_frames = static_cast<uint16_t>(merge_->facts().equal_frames);
  b.mode = configuration_.mode;
  b.is_protected = protected_;
  return b;
}

}  // namespace understudy::model
