// SPDX-License-Identifier: Apache-2.0
#include "host/edge/command_line/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "host/core/nearest_word.hpp"
#include "host/edge/command_line/completion.hpp"
#include "host/edge/command_line/manual.hpp"
#include "host/edge/command_line/option_facts.hpp"
#include "host/edge/command_line/print.hpp"

namespace understudy {
namespace {

/// The program and the commands in it that were understood, outermost first.
std::vector<const CLI::App*> understood(const CLI::App& app) {
  std::vector<const CLI::App*> out{&app};
  while (!out.back()->get_subcommands().empty())
    out.push_back(out.back()->get_subcommands().front());
  return out;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> out;
  out.reserve(commands.size());
  for (const auto* c : commands) out.push_back(c->get_name());
  return out;
}

/// Without their dashes, which would make any two look alike.
std::vector<std::string> long_options_of(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> out;
  for (const auto* app : apps)
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames()) out.push_back(name);
  return out;
}

std::string meant(const std::string& near) {
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

/// The first word, as typed, that nobody took; empty: all were.
std::string stray_word(const CLI::App& app, int argc, const char* const* argv) {
  const auto left = app.remaining(true);
  for (int i = 1; i < argc; ++i)
    if (std::find(left.begin(), left.end(), argv[i]) != left.end()) return argv[i];
  return "";
}

std::string about(const CLI::App& app, const CLI::ParseError& error, int argc,
                  const char* const* argv) {
  const auto apps = understood(app);
  const auto commands = names_of(commands_of(*apps.back()));
  const int code = error.get_exit_code();
  if (code == int(CLI::ExitCodes::ValidationError) || code == int(CLI::ExitCodes::ConversionError))
    return error.what();  // it names the option; words after it were not looked at
  const std::string stray = stray_word(app, argc, argv);
  if (stray.starts_with("-")) {
    const auto name = stray.substr(0, stray.find('='));
    const auto letters = name.substr(std::min(name.size(), name.find_first_not_of('-')));
    const auto near = nearest_word(letters, long_options_of(apps));
    if (near == letters && apps.size() > 1)
      return fmt::format("option '{}' belongs behind its command: {} {}", name,
                         fmt::join(names_of(apps), " "), name);
    return fmt::format("unknown option '{}'{}", name, meant(near.empty() ? "" : "--" + near));
  }
  if (!stray.empty() && !commands.empty()) {
    const auto near = nearest_word(stray, commands);
    return fmt::format(
        "unknown command '{}'{}", stray,
        near.empty() ? fmt::format("; there are: {}", fmt::join(commands, ", ")) : meant(near));
  }
  if (!stray.empty()) return fmt::format("'{}' is not expected here", stray);
  if (!commands.empty() && apps.back()->get_require_subcommand_min() > 0 &&
      error.get_exit_code() == int(CLI::ExitCodes::RequiredError))
    return fmt::format("a command is missing; there are: {}", fmt::join(commands, ", "));
  return error.what();
}

/// What a program says of itself for a machine's installation, and not to a person; empty: nothing
/// of the kind was asked.
std::string asked_about_itself(const CLI::App& app, int argc, const char* const* argv) {
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (word == "--print-man") return manual_page(app);
  if (word == "--print-completion") return bash_completion(app);
  return "";
}

}  // namespace

std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error, int argc,
                          const char* const* argv) {
  // as it was called, so that it can be typed again: built programs are rarely in PATH
  std::string path = (argc > 0 ? std::string(argv[0]) : app.get_name()) + " ";
  for (const auto* a : understood(app))
    if (a != &app) path += a->get_name() + " ";
  return fmt::format("{}\n{}--help tells more", about(app, error, argc, argv), path);
}

std::optional<int> parse_command_line(CLI::App& app, const std::string& program, int argc,
                                      const char* const* argv) {
  app.name(program);
  if (const auto text = asked_about_itself(app, argc, argv); !text.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return output_is_out(program) ? 0 : 1;
  }
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    complain("{}: {}\n", program, what_is_wrong(app, e, argc, argv));
    return exit_wrong_use;
  }
}

bool output_is_out(const std::string& program) {
  const bool before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !before) return true;
  complain("{}: not all of the output could be written: {}\n", program, std::strerror(errno));
  return false;
}

}  // namespace understudy
