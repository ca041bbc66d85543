// SPDX-License-Identifier: Apache-2.0
// `understudy parameters`: the parameters that this server holds.
#include <fmt/format.h>

#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_parameters(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("parameters", "the parameters that this server holds");
  command->callback([&context] {
    context.run = [&context] {
      return ask_and_print(context, {{"do", "parameters"}}, [](const nlohmann::json& a) {
        std::string out;
        const auto all = a.value("parameters", nlohmann::json::object());
        for (const auto& [key, value] : all.items())
          out += fmt::format("{}{} = {}", out.empty() ? "" : "\n", key, value.get<std::string>());
        return out.empty() ? std::string("none") : out;
      });
    };
  });
}

}  // namespace understudy::tool
