// SPDX-License-Identifier: Apache-2.0
// What every command of `understudy` shares: where the daemon is, how to print, what the exit code
// means. A command is one file with one function that adds itself.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "host/edge/daemon/control_client.hpp"

namespace understudy::tool {

enum ExitCode : int {
  ok = 0,
  refused = 1,
  usage = 2,
  unreachable = 3,
  timed_out = 4,
  not_protected = 5,
  failed = 6,
  bad = 7,
  no_firmware = 8,
};

struct Context {
  std::string daemon = "/run/understudy";
  bool json = false;
  double timeout_seconds = 5;
  std::function<int()> run;  // set by the command that was chosen

  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<int64_t>(timeout_seconds * 1000));
  }
};

/// On one line; bytes that are no UTF-8 (a file's name, what was typed) as U+FFFD, where dump()
/// would throw.
std::string json_line(const nlohmann::json& value);

/// Asks the daemon; on any trouble prints it and gives the exit code.
std::expected<nlohmann::json, int> ask(const Context& context, const nlohmann::json& request);
/// The same with a daemon that is not the context's.
std::expected<nlohmann::json, int> ask_at(const Context& context, const std::string& daemon,
                                          const nlohmann::json& request);
int report(const Context& context, const edge::ControlClient::Failure& failure);
/// Prints {"ok":false,...} of the daemon's and gives the exit code.
int report_refusal(const Context& context, const nlohmann::json& answer);
/// Asks and prints: the JSON as it is, or the line that `text` makes of it.
int ask_and_print(const Context& context, const nlohmann::json& request,
                  const std::function<std::string(const nlohmann::json&)>& text);

/// One event record as a line for people.
std::string event_line(const nlohmann::json& record);
/// Which of a daemon's records to show.
struct EventChoice {
  bool follow = false;
  uint32_t last = 20;
  std::string kind;  // empty: all
};
/// Gives a command the options --follow and --last.
std::shared_ptr<EventChoice> add_event_choice(CLI::App& command);
/// Asks, and prints each record, oldest first; with `follow` until interrupted.
int show_events(const Context& context, const EventChoice& choice,
                const std::function<void(const nlohmann::json&)>& print);
/// A status answer as the lines that `status` and `monitor` show.
std::string status_text(const nlohmann::json& status);
bool is_protected(const nlohmann::json& status);

void add_status(CLI::App& app, Context& context);
void add_events(CLI::App& app, Context& context);
void add_trace(CLI::App& app, Context& context);
void add_switch(CLI::App& app, Context& context);
void add_offline(CLI::App& app, Context& context);
void add_mode(CLI::App& app, Context& context);
void add_set(CLI::App& app, Context& context);
void add_parameters(CLI::App& app, Context& context);
void add_monitor(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_sync(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_key(CLI::App& app, Context& context);
void add_find(CLI::App& app, Context& context);
void add_selftest(CLI::App& app, Context& context);
void add_boot(CLI::App& app, Context& context);
void add_power(CLI::App& app, Context& context);
void add_console(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
void add_flash(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);

}  // namespace understudy::tool
