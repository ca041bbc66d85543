// SPDX-License-Identifier: Apache-2.0
// `understudy console`: lines to the firmware as at its own console, one or many.
#include <fmt/ranges.h>
#include <unistd.h>

#include <iostream>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/appliance.hpp"

namespace understudy::tool {
namespace {

int one_line(const Context& context, Appliance& appliance, const std::string& line) {
  const auto answer = appliance.say(line);
  if (!answer) return answer.error();
  if (context.json)
    print("{}\n", json_line(nlohmann::json{{"ok", answer->result == protocol::FirmwareResult::done},
                                           {"line", line},
                                           {"result", core::to_text(answer->result)},
                                           {"text", answer->text}}));
  else
    print("{}", answer->text);
  std::fflush(stdout);
  switch (answer->result) {
    case protocol::FirmwareResult::done:
      return ok;
    case protocol::FirmwareResult::refused:
      return refused;
    case protocol::FirmwareResult::wrong:
      return usage;
    case protocol::FirmwareResult::failed:
      break;
  }
  return bad;
}

int console(const Context& context, const std::string& uri, const std::vector<std::string>& words) {
  auto appliance = Appliance::open(context, uri);
  if (!appliance) return appliance.error();
  if (!words.empty())
    return one_line(context, *appliance, fmt::format("{}", fmt::join(words, " ")));
  const bool person = ::isatty(0) && !context.json;
  if (person) print("The appliance's console; type help, and Ctrl-D to leave\n");
  int last = ok;
  while (true) {
    if (person) print("> "), std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line)) break;
    if (line.empty()) continue;
    last = one_line(context, *appliance, line);
    if (last == unreachable || last == no_firmware) return last;
  }
  if (person) print("\n");
  return last;
}

}  // namespace

void add_console(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "console",
      "the console of the appliance's firmware: one line, or those that are typed; the exit code "
      "is the last line's");
  const auto uri = add_appliance_choice(*command);
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("line", *words, "a line for the firmware, as in: status");
  command->callback([&context, uri, words] {
    context.run = [&context, uri, words] { return console(context, *uri, *words); };
  });
}

}  // namespace understudy::tool
