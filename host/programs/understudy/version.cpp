// SPDX-License-Identifier: Apache-2.0
// `understudy version`: this tool's version and, if it can be reached, the daemon's.
#include <fmt/format.h>

#include "host/edge/daemon/version.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_version(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("version", "this tool's version and the daemon's");
  command->callback([&context] {
    context.run = [&context] {
      nlohmann::json out{{"ok", true}, {"understudy", edge::product_version}};
      if (auto client = edge::ControlClient::open(context.daemon))
        if (const auto answer = client->ask({{"do", "version"}}, context.timeout()))
          out["understudyd"] = answer->value("version", "");
      const auto daemon = out.value("understudyd", "not reachable");
      if (context.json)
        fmt::print("{}\n", out.dump());
      else
        fmt::print("understudy {}\nunderstudyd {}\n", edge::product_version, daemon);
      return int(ok);
    };
  });
}

}  // namespace understudy::tool
