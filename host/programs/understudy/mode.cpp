// SPDX-License-Identifier: Apache-2.0
// `understudy mode`: who decides about takeovers: the gate by itself, an operator, nobody.
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_mode(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("mode", "show the gate's mode, or ask for another");
  auto mode = std::make_shared<std::string>();
  command->add_option("mode", *mode, "automatic, manual (operators only) or lockout (never)")
      ->check(CLI::IsMember({"automatic", "manual", "lockout"}, CLI::ignore_case));
  auto no_wait = std::make_shared<bool>(false);
  command->add_flag("--no-wait", *no_wait, "only ask; the answer comes as an event");
  command->callback([&context, mode, no_wait] {
    context.run = [&context, mode, no_wait] {
      if (mode->empty())
        return ask_and_print(context, {{"do", "status"}},
                             [](const nlohmann::json& a) { return a.value("mode", ""); });
      return ask_and_print(
          context, {{"do", "mode"}, {"mode", CLI::detail::to_lower(*mode)}, {"wait", !*no_wait}},
          [](const nlohmann::json& a) { return a.value("text", ""); });
    };
  });
}

}  // namespace understudy::tool
