// SPDX-License-Identifier: Apache-2.0
// A command line with one of everything, and what it prints when asked.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "host/edge/command_line/command_line.hpp"

namespace understudy::test {

struct Printed {
  std::optional<int> code;
  std::string text;
};

inline Printed printed(std::vector<const char*> words) {
  CLI::App app("Plays toys.\nSecond line.");
  app.require_subcommand(1);
  app.fallthrough();
  std::string folder = "/run/it's", to, colour;
  std::vector<std::string> rest;
  bool json = false, force = false;
  int count = 0;
  app.add_option("--folder", folder, "where")->envname("TOY_FOLDER")->capture_default_str();
  app.add_flag("--json", json, ".dots and \\slashes and 'quotes'");
  app.add_flag("--secret", json, "not shown")->group("");
  app.add_subcommand("status", "how it is");
  auto* change = app.add_subcommand("switch", "another one");
  change->add_option("server", to, "which")->check(CLI::IsMember({"alpha", "beta"}));
  auto* number = change->add_option("--count,-n", count)->check(CLI::Range(0, 7))->required();
  auto* shade = change->add_option("--colour", colour)->check(CLI::IsMember({"red", "green"}));
  change->add_flag("--force", force, "at all costs")->needs(number)->excludes(shade);
  auto* run = app.add_subcommand("run", "a program");
  run->add_option("program", rest, "it")->required();
  app.footer("Exit codes:\n  0  done\n  7  seven\n\nFiles:\n  /etc/toy  what it reads");
  words.insert(words.begin(), "/some/where/toy-box");
  ::testing::internal::CaptureStdout();
  const auto code = parse_command_line(app, "toy-box", int(words.size()), words.data());
  return {code, ::testing::internal::GetCapturedStdout()};
}

}  // namespace understudy::test
