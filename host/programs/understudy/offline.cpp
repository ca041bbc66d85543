// SPDX-License-Identifier: Apache-2.0
// `understudy offline` and `online`: takes this server out of service and back; `clear` ends the
// latched alarms.
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_offline(CLI::App& app, Context& context) {
  for (const auto& [name, help] :
       {std::pair{"offline", "take this server out of service; the other goes on air if it can"},
        std::pair{"online", "bring this server back into service"},
        std::pair{"clear", "end the gate's latched alarms"}}) {
    auto* command = app.add_subcommand(name, help);
    auto force = std::make_shared<bool>(false);
    if (name == std::string_view("offline"))
      command->add_flag("--force", *force, "also when no other server can take over");
    command->callback([&context, name = std::string(name), force] {
      context.run = [&context, name, force] {
        return ask_and_print(context, {{"do", name}, {"force", *force}},
                             [](const nlohmann::json& a) { return a.value("text", ""); });
      };
    });
  }
}

}  // namespace understudy::tool
