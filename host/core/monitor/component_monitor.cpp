// SPDX-License-Identifier: Apache-2.0
#include "host/core/monitor/component_monitor.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace understudy::core {
namespace {

/// Its process is gone or has let go of the daemon: it can only come back by registering.
bool is_dead(const Application& a) {
  return a.down && a.down != ApplicationEnd::hung;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

ComponentMonitor::ComponentMonitor(MonitorOptions options)
    : options_(std::move(options)), never_seen_(options_.required) {}

std::expected<void, Error> ComponentMonitor::registered(ApplicationId id, std::string_view name,
                                                        Duration deadline, Instant now) {
  if (name.empty() || name.size() > protocol::limits::application_name_max)
    return error("a name of 1 to " + std::to_string(protocol::limits::application_name_max) +
                 " bytes is expected");
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return error("a name has no control characters");
  const auto it = by_name_.find(name);
  if (it != by_name_.end() && !it->second.down)
    return error("'" + std::string(name) + "' is registered already and alive");
  if (it == by_name_.end()) make_room();
  if (it == by_name_.end() && by_name_.size() >= protocol::limits::applications_max)
    return error(
        "all " + std::to_string(protocol::limits::applications_max) +
        " places for applications are taken; 'understudy online' frees those of dead ones");
  by_name_.insert_or_assign(std::string(name),
                            Application{id, std::string(name), deadline, now, std::nullopt});
  std::erase(never_seen_, name);
  return {};
}

void ComponentMonitor::alive(ApplicationId id, Instant said, Instant now) {
  Application* a = find_mutable(id);
  if (a == nullptr) return;
  a->last_alive = std::max(a->last_alive, std::min(said, now));
  if (a->down == ApplicationEnd::hung && now - a->last_alive <= a->deadline) a->down.reset();
}

std::optional<std::string> ComponentMonitor::ended(ApplicationId id, ApplicationEnd how) {
  Application* a = find_mutable(id);
  if (a == nullptr) return std::nullopt;
  const std::string name = a->name;
  if (how == ApplicationEnd::goodbye) {
    by_name_.erase(name);
    return name;
  }
  if (is_dead(*a)) return std::nullopt;
  a->down = how;
  latch();
  return name;
}

std::vector<std::string> ComponentMonitor::check(Instant now) {
  std::vector<std::string> hung;
  for (auto& [name, a] : by_name_)
    if (!a.down && a.deadline > Duration::zero() && now - a.last_alive > a.deadline) {
      a.down = ApplicationEnd::hung;
      hung.push_back(name);
    }
  if (!hung.empty()) latch();
  return hung;
}

std::optional<Instant> ComponentMonitor::next_deadline() const {
  std::optional<Instant> next;
  for (const auto& [name, a] : by_name_)
    if (!a.down && a.deadline > Duration::zero()) {
      const Instant at = a.last_alive + a.deadline + Duration(1);
      if (!next || at < *next) next = at;
    }
  return next;
}

std::optional<std::string> ComponentMonitor::failure() const {
  if (const auto present = judge()) return present;
  return latched_;
}

std::string ComponentMonitor::remedy() const {
  if (!never_seen_.empty())
    return "start " + listed(never_seen_) + "; it is required (applications.required)";
  std::vector<std::string> dead, hung;
  for (const auto& [name, a] : by_name_)
    if (a.down && counts(name)) (is_dead(a) ? dead : hung).push_back(name);
  const std::string then = options_.recovery == Recovery::by_operator
                               ? ", then type 'understudy online'"
                               : "; this server is then back by itself";
  std::string out;
  if (!dead.empty()) out = "start " + listed(dead) + " again";
  if (!hung.empty()) out += (out.empty() ? "" : ", ") + ("end and restart " + listed(hung));
  return out.empty() ? "type 'understudy online'" : out + then;
}

std::vector<std::string> ComponentMonitor::operator_clears() {
  std::vector<std::string> gone;
  for (const auto& [name, a] : by_name_)
    if (is_dead(a) && !is_required(name)) gone.push_back(name);
  for (const auto& name : gone) by_name_.erase(name);
  if (!judge()) latched_.reset();
  return gone;
}

const Application* ComponentMonitor::find(ApplicationId id) const {
  for (const auto& [name, a] : by_name_)
    if (a.id == id) return &a;
  return nullptr;
}

Application* ComponentMonitor::find_mutable(ApplicationId id) {
  return const_cast<Application*>(find(id));
}

bool ComponentMonitor::is_required(std::string_view name) const {
  return std::ranges::find(options_.required, name) != options_.required.end();
}

/// A dead one that does not count gives its place to the next newcomer.
void ComponentMonitor::make_room() {
  if (by_name_.size() < protocol::limits::applications_max) return;
  const auto it = std::ranges::find_if(
      by_name_, [this](const auto& a) { return is_dead(a.second) && !counts(a.first); });
  if (it != by_name_.end()) by_name_.erase(it);
}

std::optional<std::string> ComponentMonitor::judge() const {
  const auto said = [](const Application& a) {
    return a.name + " " + std::string(to_text(*a.down));
  };
  if (!never_seen_.empty()) return "waits to be registered: " + listed(never_seen_);
  std::string down;
  size_t counted = 0, down_count = 0;
  for (const auto& [name, a] : by_name_) {
    if (!counts(name)) continue;
    ++counted;
    if (!a.down) continue;
    ++down_count;
    down += (down.empty() ? "" : ", ") + said(a);
  }
  if (options_.policy == Policy::any && down_count > 0) return down;
  if (options_.policy == Policy::all && counted > 0 && down_count == counted)
    return "all of the set: " + down;
  return std::nullopt;
}

/// Under Recovery::by_operator a failure stays until the operator's word.
void ComponentMonitor::latch() {
  if (options_.recovery != Recovery::by_operator) return;
  if (const auto present = judge()) latched_ = present;
}

}  // namespace understudy::core
