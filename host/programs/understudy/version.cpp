// SPDX-License-Identifier: Apache-2.0
// `understudy version`: this tool's version and, if it can be reached, the daemon's.
#include <fmt/format.h>

#include "host/edge/command_line/print.hpp"
#include "host/edge/daemon/version.hpp"
#include "host/programs/understudy/appliance.hpp"

namespace understudy::tool {

namespace {

/// The other end of the daemon's link, or why it is not heard; nothing without a daemon.
std::string appliance_line(const nlohmann::json& out) {
  if (!out.contains("appliance")) return "";
  const auto& appliance = out["appliance"];
  if (appliance.value("heard", false))
    return fmt::format("appliance   {}: link version {}, the daemon's too\n",
                       appliance.value("uri", ""), out.value("link_version", 0));
  const auto trouble = appliance.value("trouble", "");
  return fmt::format("appliance   {}: not heard{}{}\n", appliance.value("uri", ""),
                     trouble.empty() ? "" : ": ", trouble);
}

int of_appliance(const Context& context, const std::string& uri) {
  auto appliance = Appliance::open(context, uri);
  if (!appliance) return appliance.error();
  const auto answer = appliance->done("version");
  if (!answer) return answer.error();
  auto firmware = *answer;
  while (firmware.ends_with('\n')) firmware.pop_back();
  if (context.json)
    print("{}\n", json_line(nlohmann::json{{"ok", true},
                                           {"understudy", edge::product_version},
                                           {"link_version", protocol::link_version},
                                           {"appliance", {{"uri", uri}, {"firmware", firmware}}}}));
  else
    print("understudy  {}, link version {}\nappliance   {}: {}\n", edge::product_version,
          protocol::link_version, uri, firmware);
  return ok;
}

}  // namespace

void add_version(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "version", "this tool's version and the daemon's, or that of an appliance and its firmware");
  const auto uri = add_appliance_choice(*command);
  command->callback([&context, uri] {
    context.run = [&context, uri] {
      if (!uri->empty()) return of_appliance(context, *uri);
      nlohmann::json out{{"ok", true}, {"understudy", edge::product_version}};
      if (auto client = edge::ControlClient::open(context.daemon))
        if (const auto answer = client->ask({{"do", "version"}}, context.timeout()))
          out["understudyd"] = answer->value("version", ""),
          out["link_version"] = answer->value("link_version", 0),
          out["appliance"] = answer->value("appliance", nlohmann::json::object());
      const auto daemon = out.value("understudyd", "not reachable");
      if (context.json)
        print("{}\n", json_line(out));
      else
        print("understudy {}\nunderstudyd {}\n{}", edge::product_version, daemon,
              appliance_line(out));
      return int(ok);
    };
  });
}

}  // namespace understudy::tool
