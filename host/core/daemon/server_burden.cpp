// SPDX-License-Identifier: Apache-2.0
// A server that carries too much hands over by itself (TC-20), as an operator would: the gate is
// asked to switch, once the other is proven equal, says that it carries less, and was not too
// heavily loaded itself a short while ago.
#include <algorithm>

#include "host/core/daemon/server.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace {

constexpr auto oldest = std::chrono::milliseconds(protocol::limits::burden_age_ms);

}  // namespace

void Server::handle(const LoadMeasured& e) {
  burden_.measured(e.figure, e.value, now_);
}

void Server::handle(const ApplicationLoad& e) {
  const auto it = clients_.find(e.id);
  if (it == clients_.end()) return;
  constexpr uint64_t most = uint64_t{1} << 50;
  it->second.load =
      Client::Load{now_, e.lateness_us, static_cast<int64_t>(std::min(e.backlog_bytes, most))};
  gather_load();
}

/// The most that any of the applications carries.
void Server::gather_load() {
  std::optional<int64_t> lateness, backlog;
  for (const auto& [id, client] : clients_) {
    if (!client.load || now_ - client.load->at > oldest) continue;
    lateness = std::max(lateness.value_or(0), client.load->lateness_us);
    backlog = std::max(backlog.value_or(0), client.load->backlog_bytes);
  }
  lateness ? burden_.measured(Figure::lateness, *lateness, now_) : burden_.forget(Figure::lateness);
  backlog ? burden_.measured(Figure::backlog, *backlog, now_) : burden_.forget(Figure::backlog);
}

/// Why this server keeps its role although it carries too much; empty: it need not.
std::string_view Server::keeps_role_because() const {
  using protocol::Alarm;
  if (!appliance_heard_ || !tick_ || !on_air_) return "no appliance is heard that could switch";
  if (tick_->mode != protocol::Mode::automatic)
    return "the gate's mode is not automatic: an operator decides";
  if (state() != ServerState::primary || !peer_) return "no secondary is there to take over";
  if (peer_->state != ServerState::secondary_synchronized || !is_protected())
    return "the other is not Secondary_synchronized";
  if (tick_->alarms & static_cast<uint16_t>(Alarm::flap_hold))
    return "the gate's anti-flap rule holds a change";
  if (!peer_->load) return "the other does not say what it carries: is [overburdening] there too?";
  if (peer_->burdened) return "the other was overburdened itself a short while ago";
  if (*peer_->load >= burden_.load(now_).value_or(0)) return "the other carries as much";
  if (now_ - primary_since_ < burden_.options().serve)
    return "it is on air for less than overburdening.serve_ms";
  if (now_ < relieve_from_) return "the gate has just refused";
  return {};
}

void Server::relieve() {
  if (!burden_.options().looks()) return;
  burden_.advance(now_);
  const auto overload = burden_.overload(now_);
  if (burden_.burdened() != was_burdened_) {
    was_burdened_ = burden_.burdened();
    std::vector<RecordField> fields{{"what", was_burdened_ ? "too much" : "low again"}};
    if (overload) fields.emplace_back("why", overload->text());
    record("overburdened", was_burdened_ ? Severity::warning : Severity::info, std::move(fields));
  }
  if (!primary() || !overload) {
    kept_because_ = {};
    return;
  }
  if (relieving_) return;
  const auto because = keeps_role_because();
  if (!because.empty()) {
    const bool tell = kept_because_.empty() || now_ - kept_told_at_ >= burden_.options().hold;
    if (tell && because != kept_because_) {
      kept_because_ = because;
      kept_told_at_ = now_;
      record("overburdened", Severity::warning,
             {{"what", "not handed over"},
              {"why", overload->text()},
              {"because", std::string(because)}});
    }
    return;
  }
  kept_because_ = {};
  relieving_ = overload->text();
  record("overburdened", Severity::warning, {{"what", "hands over"}, {"why", *relieving_}});
  ask_gate(own_request, tick_->port == protocol::Server::a ? protocol::RequestOp::switch_to_b
                                                           : protocol::RequestOp::switch_to_a);
}

/// The answer to this server's own request.
void Server::relieved(ReplyCode code, const std::string& text) {
  const bool done = code == ReplyCode::done;
  std::vector<RecordField> fields{{"what", done ? "handed over" : "not handed over"},
                                  {"why", relieving_.value_or("")}};
  if (!done) fields.emplace_back("because", text);
  record("overburdened", Severity::warning, std::move(fields));
  if (done) {
    ++relieved_count_;
    relieved_why_ = relieving_.value_or("");
  } else {
    relieve_from_ = now_ + burden_.options().hold;
  }
  relieving_.reset();
}

BurdenStatus Server::burden_status() const {
  BurdenStatus s;
  s.looks = burden_.options().looks();
  s.load = burden_.load(now_);
  s.burdened = burden_.burdened();
  if (const auto overload = burden_.overload(now_)) s.overload = overload->text();
  s.kept_because = std::string(kept_because_);
  s.handed_over = relieved_count_;
  s.last = relieved_why_;
  return s;
}

}  // namespace understudy::core
