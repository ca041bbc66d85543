// SPDX-License-Identifier: Apache-2.0
// `understudy serve --other-is-off`: without an appliance and without a boot device that proves it,
// a person who has looked is the proof that the other server holds nothing.
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_serve(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "serve", "take the service address: only after you have seen that the other server is off");
  auto looked = std::make_shared<bool>(false);
  command->add_flag("--other-is-off", *looked, "your word for it")->required();
  command->callback([&context] {
    context.run = [&context] {
      return ask_and_print(context, {{"do", "serve"}, {"other_is_off", true}},
                           [](const nlohmann::json& a) { return a.value("text", ""); });
    };
  });
}

}  // namespace understudy::tool
