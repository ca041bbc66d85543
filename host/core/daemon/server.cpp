// SPDX-License-Identifier: Apache-2.0
// Events of time, appliance and applications.
#include "host/core/daemon/server.hpp"

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;

Server::Server(Options options)
    : options_(std::move(options)),
      beats_(options_.frame, options_.beats_per_frame),
      monitor_(options_.monitor),
      session_(options_.session, options_.name, 2 * options_.frame),
      joiner_(options_.equal_frames),
      burden_(options_.overburdening) {}

Actions Server::step(const Event& event, Instant now) {
  now_ = std::max(now_, now);
  if (!beats_.started()) {
    beats_.start(now_);
    started_at_ = now_;
  }
  const ServerState before = state();
  std::visit([this](const auto& e) { handle(e); }, event);
  settle();
  watch_applications();
  if (beats_.due(now_) || state() != before) beat();  // a new state is told at once
  tell_service();
  return std::exchange(actions_, {});
}

std::optional<Instant> Server::next_deadline() const {
  if (!beats_.started()) return std::nullopt;
  const auto application = monitor_.next_deadline();
  return application ? std::min(*application, beats_.next()) : beats_.next();
}

void Server::handle(const Timer&) {}

void Server::handle(const RoleSaid& e) {
  role_said_ = e.primary;
  if (!options_.appliance) choose_role_without_appliance();
}

// --- time
// ------------------------------------------------------------------------------------------

void Server::beat() {
  hellos_left_ = limits::peer_hellos_max;
  if (appliance_heard_ && now_ - last_tick_at_ > limits::tick_silence_frames * beats_.frame())
    lose_appliance("no tick for " + std::to_string(limits::tick_silence_frames) + " frames");
  if (!options_.appliance) choose_role_without_appliance();
  peer_time_passed();
  settle();
  log_time_passed();
  settle();
  relieve();
  if (options_.appliance && link_up_) {
    actions_.push_back(SendHeartbeat{{++beat_sequence_, options_.boot_id, frame_.value, state()}});
    ++beats_sent_;
  }
  if (session_.connected()) send_status();
  expire_requests();
  beats_.sent(now_);
}

void Server::watch_applications() {
  const auto hung = monitor_.check(now_);
  for (const auto& name : hung)
    record("application", Severity::error,
           {{"name", name}, {"what", std::string(to_text(ApplicationEnd::hung))}});
  if (!hung.empty()) settle();
}

// --- appliance
// -------------------------------------------------------------------------------------

void Server::handle(const LinkUp& e) {
  if (!link_up_) record("link", Severity::info, {{"up", true}});
  link_up_ = true;
  beats_.set_frame(e.frame);
}

void Server::handle(const LinkDown&) {
  if (link_up_) record("link", Severity::error, {{"up", false}});
  link_up_ = false;
  lose_appliance("the link is down");
}

void Server::lose_appliance(std::string_view why) {
  if (!appliance_heard_) return;
  appliance_heard_ = false;
  on_air_ = false;
  record("appliance", Severity::error, {{"heard", false}, {"why", std::string(why)}});
  const auto* row = find_row(state(), StateEvent::appliance_lost);
  failed_by_appliance_ = row != nullptr && row->to == ServerState::failed;
  if (row != nullptr) tell(StateEvent::appliance_lost, why);
  for (const auto& [id, pending] : std::exchange(gate_requests_, {}))
    reply(pending.id, ReplyCode::refused, "the appliance was lost before it answered");
}

void Server::handle(const LinkTick& e) {
  if (e.tick.version != protocol::link_version) {
    if (!wrong_version_)
      record("appliance", Severity::error,
             {{"heard", false},
              {"why", std::string("it speaks link version ") + std::to_string(e.tick.version) +
                          ", this daemon " + std::to_string(protocol::link_version)}});
    wrong_version_ = true;
    return;
  }
  const bool first = !appliance_heard_;
  const bool was_on_air = on_air_;
  const uint16_t old_alarms = tick_ ? tick_->alarms : 0;
  const FrameNumber before = frame_;
  const bool restarted = tick_ && FrameNumber{e.tick.frame}.before(before);
  tick_ = e.tick;
  frame_ = {e.tick.frame};
  term_ = {e.tick.term};
  last_tick_at_ = now_;
  appliance_heard_ = true;
  wrong_version_ = false;
  on_air_ = e.tick.on_air == e.tick.port;
  beats_.tick(now_);
  if (restarted) gate_restarted(before);
  if (first)
    record("appliance", Severity::info,
           {{"heard", true}, {"port", std::string(to_text(e.tick.port))}});
  if (first || was_on_air != on_air_)
    record("on_air", Severity::info,
           {{"self", on_air_}, {"server", std::string(to_text(e.tick.on_air))}});
  if (old_alarms != e.tick.alarms)
    record("alarms", e.tick.alarms != 0 ? Severity::warning : Severity::info,
           {{"alarms", int64_t{e.tick.alarms}}, {"before", int64_t{old_alarms}}});
  settle();
  prove(e.tick);
  log_tick();
}

void Server::handle(const LinkEvent& e) {
  const auto& v = e.event;
  record("gate", Severity::info,
         {{"what", std::string(to_text(v.kind))},
          {"source", v.source == 0   ? "A"
                     : v.source == 1 ? "B"
                                     : "gate"},
          {"at_frame", int64_t{v.frame}},
          {"line", int64_t{v.line}},
          {"clock", static_cast<int64_t>(v.clock)},
          {"at_term", int64_t{v.term}},
          {"data", int64_t{v.data}},
          {"sequence", int64_t{v.sequence}}});
  if (v.kind == protocol::EventKind::request && tick_ &&
      v.source == static_cast<uint8_t>(tick_->port))
    gate_answered(v);
}

void Server::handle(const LinkGarbage& e) {
  if (link_garbage_ == 0)
    record("link_garbage", Severity::warning, {{"frames", int64_t{e.frames}}});
  link_garbage_ += e.frames;
}

// --- applications
// ----------------------------------------------------------------------------------

void Server::handle(const ApplicationRegistered& e) {
  CHECK(!clients_.contains(e.id));
  if (auto ok = monitor_.registered(e.id, e.name, e.deadline, now_); !ok) {
    record("application", Severity::warning,
           {{"name", e.name}, {"what", "refused"}, {"why", ok.error().text}});
    actions_.push_back(RefuseApplication{e.id, ok.error().text});
    return;
  }
  // Who registers again under its name takes the place of the one that is down.
  std::erase_if(clients_, [&](const auto& c) { return monitor_.find(c.first) == nullptr; });
  clients_[e.id] = {.wants_parameters = e.wants_parameters,
                    .discard = !delivers(state()),
                    .wants_service = e.wants_service};
  record("application", Severity::info, {{"name", e.name}, {"what", "registered"}});
  give_everything(e.id);
}

void Server::handle(const ServiceHeld& e) {
  service_held_ = e.held;
}

void Server::handle(const ApplicationAlive& e) {
  monitor_.alive(e.id, e.time, now_);
}

void Server::handle(const ApplicationApplied& e) {
  const auto it = clients_.find(e.id);
  if (it != clients_.end()) it->second.applied = std::max(it->second.applied, e.index);
}

void Server::handle(const ApplicationEnded& e) {
  const auto name = monitor_.ended(e.id, e.how);
  clients_.erase(e.id);
  gather_load();
  if (name)
    record("application", e.how == ApplicationEnd::goodbye ? Severity::info : Severity::error,
           {{"name", *name}, {"what", std::string(to_text(e.how))}});
}

void Server::record(std::string kind, Severity severity, std::vector<RecordField> fields) {
  actions_.push_back(
      WriteRecord{{now_, frame_, term_, severity, std::move(kind), std::move(fields)}});
}

}  // namespace understudy::core
