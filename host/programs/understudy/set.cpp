// SPDX-License-Identifier: Apache-2.0
// `understudy set KEY VALUE`: changes a parameter on both servers at one frame.
#include "host/programs/understudy/command.hpp"
#include "protocol/limits.hpp"

namespace understudy::tool {

void add_set(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("set", "change a parameter on both servers at the same frame");
  auto key = std::make_shared<std::string>(), value = std::make_shared<std::string>();
  command->add_option("key", *key, "1 to 63 bytes")->required();
  command->add_option("value", *value, "at most 256 bytes")->required();
  auto no_wait = std::make_shared<bool>(false);
  command->add_flag("--no-wait", *no_wait, "only ask; do not wait until both servers have it");
  command->callback([&context, key, value, no_wait] {
    context.run = [&context, key, value, no_wait] {
      return ask_and_print(context,
                           {{"do", "set"}, {"key", *key}, {"value", *value}, {"wait", !*no_wait}},
                           [](const nlohmann::json& a) { return a.value("text", ""); });
    };
  });
}

}  // namespace understudy::tool
