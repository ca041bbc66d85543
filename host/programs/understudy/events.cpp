// SPDX-License-Identifier: Apache-2.0
// `understudy events`: the last events of a daemon, and with --follow each new one as it comes.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

using nlohmann::json;

namespace {

void print(const Context& context, const json& record) {
  fmt::print("{}\n", context.json ? record.dump() : event_line(record));
  std::fflush(stdout);
}

int events(const Context& context, bool follow, uint32_t last) {
  auto client = edge::ControlClient::open(context.daemon);
  if (!client) return report(context, client.error());
  const auto answer =
      client->ask({{"do", "events"}, {"follow", follow}, {"last", last}}, context.timeout());
  if (!answer) return report(context, answer.error());
  if (!answer->value("ok", false)) return report_refusal(context, *answer);
  for (const auto& record : answer->value("records", json::array())) print(context, record);
  while (follow) {
    const auto record = client->next(std::chrono::hours(24));
    if (!record && record.error().trouble == edge::ControlClient::Trouble::timed_out) continue;
    if (!record) return report(context, record.error());
    print(context, *record);
    if (std::ferror(stdout)) return failed;
  }
  return ok;
}

}  // namespace

void add_events(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("events", "the last events; --follow: each new one as it comes");
  auto follow = std::make_shared<bool>(false);
  auto last = std::make_shared<uint32_t>(20);
  command->add_flag("--follow,-f", *follow, "go on until interrupted");
  command->add_option("--last,-n", *last, "how many of the past ones")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  command->callback([&context, follow, last] {
    context.run = [&context, follow, last] { return events(context, *follow, *last); };
  });
}

}  // namespace understudy::tool
