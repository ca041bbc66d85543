// SPDX-License-Identifier: Apache-2.0
// `understudy switch [a|b]`: asks the gate to put a server on air. The gate decides.
#include <fmt/format.h>

#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_switch(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "switch", "put server a or b on air (without a name: the one that is not); the gate decides");
  auto to = std::make_shared<std::string>("other");
  auto no_wait = std::make_shared<bool>(false), force = std::make_shared<bool>(false);
  command->add_option("server", *to, "a, b or other")
      ->check(CLI::IsMember({"a", "b", "other"}, CLI::ignore_case))
      ->capture_default_str();
  command->add_flag("--no-wait", *no_wait, "only ask; the answer comes as an event");
  command->add_flag("--force", *force, "also when the pictures are not proven equal");
  command->callback([&context, to, no_wait, force] {
    context.run = [&context, to, no_wait, force] {
      return ask_and_print(
          context,
          {{"do", "switch"},
           {"to", CLI::detail::to_lower(*to)},
           {"force", *force},
           {"wait", !*no_wait}},
          [](const nlohmann::json& a) { return a.value("text", std::string("asked")); });
    };
  });
}

}  // namespace understudy::tool
