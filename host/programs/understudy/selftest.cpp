// SPDX-License-Identifier: Apache-2.0
// `understudy selftest`: a pattern through both inputs, a change and back, told by the firmware.
#include <fmt/format.h>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/appliance.hpp"

namespace understudy::tool {
namespace {

int self_test(const Context& context, const std::string& uri) {
  auto appliance = Appliance::open(context, uri);
  if (!appliance) return appliance.error();
  if (const auto begun = appliance->done("selftest"); !begun) return begun.error();
  const auto end = appliance->wait("selftest");
  if (!end) return end.error();
  const bool passed = end->state == "good";
  if (context.json)
    print("{}\n",
          json_line(nlohmann::json{
              {"ok", passed}, {"selftest", passed ? "passed" : "failed"}, {"why", end->why}}));
  else if (!passed)
    complain("understudy: the self test did not pass: {}{}\n", end->why,
             end->why == "a server is there"
                 ? ". It is for an appliance without servers: stop understudyd on both, then type "
                   "understudy selftest --appliance URI"
                 : "");
  return passed ? ok : bad;
}

}  // namespace

void add_selftest(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "selftest",
      "the appliance tests itself, without servers: a pattern through both inputs, a change and "
      "back, no line lost (exit code 7: it did not pass)");
  const auto uri = add_appliance_choice(*command);
  command->callback(
      [&context, uri] { context.run = [&context, uri] { return self_test(context, *uri); }; });
}

}  // namespace understudy::tool
