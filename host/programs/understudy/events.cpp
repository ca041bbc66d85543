// SPDX-License-Identifier: Apache-2.0
// `understudy events`: the last events of a daemon, and with --follow each new one as it comes.

#include <algorithm>
#include <cstdio>
#include <memory>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/command.hpp"
#include "protocol/limits.hpp"

namespace understudy::tool {

using nlohmann::json;

namespace {

// The daemon keeps so many, of all kinds.
constexpr uint32_t all = protocol::limits::records_kept_max;

void print_line(const Context& context, const json& record) {
  print("{}\n", context.json ? json_line(record) : event_line(record));
}

}  // namespace

int show_events(const Context& context, const EventChoice& choice,
                const std::function<void(const json&)>& print) {
  const auto chosen = [&](const json& r) {
    return choice.kind.empty() || r.value("kind", "") == choice.kind;
  };
  auto client = edge::ControlClient::open(context.daemon);
  if (!client) return report(context, client.error());
  const uint32_t past = choice.kind.empty() ? choice.last : all;
  const auto answer =
      client->ask({{"do", "events"}, {"follow", choice.follow}, {"last", past}}, context.timeout());
  if (!answer) return report(context, answer.error());
  if (!answer->value("ok", false)) return report_refusal(context, *answer);
  auto records = answer->value("records", std::vector<json>());
  std::erase_if(records, [&](const json& r) { return !chosen(r); });
  const auto skip = records.size() - std::min<size_t>(records.size(), choice.last);
  for (size_t i = skip; i < records.size(); ++i) print(records[i]);
  std::fflush(stdout);
  while (choice.follow) {
    const auto record = client->next(std::chrono::hours(24));
    if (!record && record.error().trouble == edge::ControlClient::Trouble::timed_out) continue;
    if (!record) return report(context, record.error());
    if (!chosen(*record)) continue;
    print(*record);
    std::fflush(stdout);
    if (std::ferror(stdout)) return failed;
  }
  return ok;
}

std::shared_ptr<EventChoice> add_event_choice(CLI::App& command) {
  auto choice = std::make_shared<EventChoice>();
  command.add_flag("--follow,-f", choice->follow, "go on until interrupted");
  command.add_option("--last,-n", choice->last, "how many of the past ones")
      ->check(CLI::Range(0u, all))
      ->capture_default_str();
  return choice;
}

void add_events(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("events", "the last events; --follow: each new one as it comes");
  command->callback([&context, choice = add_event_choice(*command)] {
    context.run = [&context, choice] {
      return show_events(context, *choice, [&](const json& r) { print_line(context, r); });
    };
  });
}

}  // namespace understudy::tool
