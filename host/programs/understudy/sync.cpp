// SPDX-License-Identifier: Apache-2.0
// `understudy sync`: the synchronisation component, separate from both servers: it finds out which
// one is the secondary and not synchronized, tells that pair to begin, and waits for the gate's
// proof.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

using nlohmann::json;

namespace {

constexpr timespec look_again{0, 20'000'000};

struct Pair {
  std::string first, second;
};

bool is_primary(const json& s) {
  return s.value("state", "").starts_with("Primary");
}
bool is_synchronized(const json& s) {
  return s.value("state", "") == "Secondary_synchronized";
}
bool needs_synchronization(const json& s) {
  return s.value("state", "") == "Secondary";
}

void say(const Context& context, const std::string& what, const std::string& text,
         bool good = true) {
  if (context.json)
    print("{}\n", json_line(json{{"ok", good}, {"what", what}, {"text", text}}));
  else
    print("{}\n", text);
  std::fflush(stdout);
}

/// Asks the primary to begin with its secondary: it holds what is to be copied.
int begin(const Context& context, const Pair& pair, const json& first, const json& second) {
  const bool first_is_primary = is_primary(first);
  if (!first_is_primary && !is_primary(second)) return ok;  // nobody has anything to copy yet
  const json& follower = first_is_primary ? second : first;
  if (!needs_synchronization(follower)) return ok;
  const auto& primary = first_is_primary ? pair.first : pair.second;
  const auto answer = ask_at(context, primary, {{"do", "sync"}});
  if (!answer) return answer.error();
  say(context, "started", fmt::format("{} synchronizes", follower.value("name", "")));
  return ok;
}

int synchronize(const Context& context, const Pair& pair, bool watch) {
  const auto end = std::chrono::steady_clock::now() + context.timeout();
  bool was = false;
  for (;;) {
    const auto first = ask_at(context, pair.first, {{"do", "status"}});
    const auto second = first ? ask_at(context, pair.second, {{"do", "status"}}) : first;
    if (!second && !watch) return second.error();
    const bool now = second && (is_synchronized(*first) || is_synchronized(*second));
    if (now && !was)
      say(context, "synchronized",
          fmt::format("{} is synchronized: the gate shows equal frames",
                      (is_synchronized(*first) ? *first : *second).value("name", "")));
    if (was && !now) say(context, "lost", "no longer synchronized", false);
    was = now;
    if (now && !watch) return ok;
    if (second && !now)
      if (const int code = begin(context, pair, *first, *second); code != ok && !watch) return code;
    if (!watch && std::chrono::steady_clock::now() > end) {
      say(context, "timeout",
          fmt::format("not synchronized within {:.0f} s ({} is {}, {} is {}); more time: --timeout",
                      context.timeout_seconds, first->value("name", ""), first->value("state", ""),
                      second->value("name", ""), second->value("state", "")),
          false);
      return not_protected;
    }
    ::nanosleep(&look_again, nullptr);
  }
}

}  // namespace

void add_sync(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "sync", "start the synchronisation of a pair (its configuration: initiator = \"component\")");
  auto pair = std::make_shared<Pair>();
  auto watch = std::make_shared<bool>(false);
  command->add_option("--first", pair->first, "run directory of one daemon")->required();
  command->add_option("--second", pair->second, "run directory of the other")->required();
  command->add_flag("--watch", *watch, "go on, and start it again whenever it is needed");
  command->callback([&context, pair, watch] {
    context.run = [&context, pair, watch] { return synchronize(context, *pair, *watch); };
  });
}

}  // namespace understudy::tool
