// SPDX-License-Identifier: Apache-2.0
// A wrong command line is told by the program's name, the word that is wrong and the one that was
// meant; and ends with 2.
#include "host/edge/command_line/command_line.hpp"

#include <gtest/gtest.h>

namespace understudy {
namespace {

struct Told {
  std::optional<int> code;
  std::string text;
};

Told told(std::vector<const char*> words) {
  CLI::App app("a test");
  app.require_subcommand(1);
  app.fallthrough();
  bool json = false;
  std::string to;
  app.add_flag("--json", json);
  app.add_subcommand("status", "");
  auto* change = app.add_subcommand("switch", "");
  change->add_option("--to", to)->required();
  words.insert(words.begin(), "/some/where/tool");
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  const auto code = parse_command_line(app, "tool", int(words.size()), words.data());
  return {code,
          ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, that_is_right_goes_on_and_help_ends_well) {
  EXPECT_FALSE(told({"status"}).code);
  const auto help = told({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.text.find("Usage: tool "), std::string::npos) << help.text;
}

TEST(CommandLine, names_a_mistyped_command_and_the_one_that_was_meant) {
  const auto t = told({"swich", "--to", "B"});
  EXPECT_EQ(t.code, 2);
  EXPECT_EQ(t.text,
            "tool: unknown command 'swich'; did you mean 'switch'?\n/some/where/tool --help tells "
            "more\n");
  EXPECT_EQ(told({"frobnicate"}).text,
            "tool: unknown command 'frobnicate'; there are: status, switch\n/some/where/tool "
            "--help tells "
            "more\n");
}

TEST(CommandLine, names_a_mistyped_option_wherever_it_stands) {
  const auto t = told({"status", "--jsn"});
  EXPECT_EQ(t.code, 2);
  EXPECT_EQ(t.text,
            "tool: unknown option '--jsn'; did you mean '--json'?\n/some/where/tool status --help "
            "tells more\n");
  EXPECT_EQ(told({"status", "--x"}).text.find("tool: unknown option '--x'\n"), 0u);
  EXPECT_EQ(told({"--jsn=1", "status"}).text.find("tool: unknown option '--jsn'; did you"), 0u);
  EXPECT_EQ(told({"--to", "B", "switch"})
                .text.find("tool: option '--to' belongs behind its command: tool switch --to\n"),
            0u);
}

TEST(CommandLine, says_what_is_missing_or_too_much) {
  EXPECT_EQ(told({}).text.find("tool: a command is missing; there are: status, switch\n"), 0u);
  EXPECT_EQ(told({"switch"}).text.find("tool: --to is required\n/some/where/tool switch --help"),
            0u);
  EXPECT_EQ(told({"status", "x"}).text.find("tool: 'x' is not expected here\n"), 0u);
}

}  // namespace
}  // namespace understudy
