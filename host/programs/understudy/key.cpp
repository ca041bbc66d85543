// SPDX-License-Identifier: Apache-2.0
// `understudy key FILE`: makes the key that both daemons share.
#include "host/edge/command_line/print.hpp"
#include "host/edge/daemon/key_file.hpp"

#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

void add_key(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("key", "make a new key file for the peer link");
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "where; an existing file is not replaced")->required();
  command->callback([&context, file] {
    context.run = [&context, file] {
      if (const auto made = edge::make_key_file(*file); !made) {
        complain("understudy: {}\n", made.error().text);
        return int(failed);
      }
      if (context.json)
        print("{}\n", json_line(nlohmann::json{{"ok", true}, {"file", *file}}));
      else
        print(
            "{} is there; copy it to the other server (as root, mode 600) and name it in "
            "[peer] key_file on both\n",
            *file);
      return int(ok);
    };
  });
}

}  // namespace understudy::tool
