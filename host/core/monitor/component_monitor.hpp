// SPDX-License-Identifier: Apache-2.0
// Watches the server's critical applications (FR-12 to FR-16): who is registered, who died, who has
// not said that it is alive within its deadline; and what that means under the configured policy:
// the server is failed when any of a set is down, or only when all of it are. The set is what the
// configuration names; where it names nothing, all that registered.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/error.hpp"
#include "host/core/time.hpp"

namespace understudy::core {

enum class Policy : uint8_t { any, all };
/// What ends a failure: the application registering again, or an operator's word after that.
enum class Recovery : uint8_t { by_registration, by_operator };

struct MonitorOptions {
  Policy policy = Policy::any;
  /// The set, and it must have registered before the server is well. Empty: all that registered.
  std::vector<std::string> required;
  Recovery recovery = Recovery::by_registration;
};

/// Chosen by the edge, one a connection, never used again in one run of the daemon.
struct ApplicationId {
  uint64_t value = 0;
  auto operator<=>(const ApplicationId&) const = default;
};

enum class ApplicationEnd : uint8_t {
  died,     // the process is gone
  hung,     // its deadline passed
  closed,   // the connection was closed without goodbye
  goodbye,  // on purpose
};
constexpr std::string_view to_text(ApplicationEnd e) {
  constexpr std::string_view names[] = {"died", "hung", "closed its connection", "said goodbye"};
  return names[static_cast<uint8_t>(e)];
}

struct Application {
  ApplicationId id;
  std::string name;
  Duration deadline{};  // zero: not watched for hanging
  Instant last_alive;
  std::optional<ApplicationEnd> down;  // why it counts as down; nothing while it is well
};

class ComponentMonitor {
 public:
  explicit ComponentMonitor(MonitorOptions options);

  /// Refused when the name is taken by a living one or the table is full of such as count.
  std::expected<void, Error> registered(ApplicationId id, std::string_view name, Duration deadline,
                                        Instant now);
  /// `said` is the application's own time stamp; one later than `now` counts as now. Whoever hung
  /// and is heard again is well again.
  void alive(ApplicationId id, Instant said, Instant now);
  /// The name that ended, for the log; nothing for one that is not known or was down already.
  std::optional<std::string> ended(ApplicationId id, ApplicationEnd how);
  /// The names of those whose deadline has passed since the last call.
  std::vector<std::string> check(Instant now);
  /// When check() must be called next.
  std::optional<Instant> next_deadline() const;

  /// Why the server is failed; nothing while it is well. Latched under Recovery::by_operator.
  std::optional<std::string> failure() const;
  /// What a person does about the failure, as the end of a sentence.
  std::string remedy() const;
  /// An operator's word: dead ones that are not required are forgotten, their names are returned;
  /// a latched failure ends unless something required is still down.
  std::vector<std::string> operator_clears();

  /// By name. Down ones stay until they register again, say goodbye, or are cleared.
  const std::map<std::string, Application, std::less<>>& applications() const { return by_name_; }
  const Application* find(ApplicationId id) const;

 private:
  Application* find_mutable(ApplicationId id);
  bool is_required(std::string_view name) const;
  bool counts(std::string_view name) const {
    return options_.required.empty() || is_required(name);
  }
  void make_room();
  std::optional<std::string> judge() const;
  void latch();

  MonitorOptions options_;
  std::vector<std::string> never_seen_;  // of the required ones
  std::map<std::string, Application, std::less<>> by_name_;
  std::optional<std::string> latched_;
};

}  // namespace understudy::core
