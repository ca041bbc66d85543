// SPDX-License-Identifier: Apache-2.0
// What bash offers at a place of the command line, asked of bash itself.
#include <cstdlib>

#include "../edge/temporary_directory.hpp"
#include "host/edge/command_line/option_facts.hpp"
#include "toy_program.hpp"

namespace understudy {
namespace {

class Completion : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto script = test::printed({"--print-completion"});
    ASSERT_EQ(script.code, 0);
    test::write_file(folder_ / "script", script.text);
  }

  /// Offers for the last of the words, one space after each; "FILES" where file names come too.
  std::string offers(const std::vector<std::string>& words) {
    std::string line = "COMP_WORDS=(toy-box";
    for (const auto& w : words) line += " " + shell_quoted(w);
    test::write_file(folder_ / "ask",
                     "set -u\nCOMPREPLY=()\n. " + (folder_ / "script") +
                         "\ncompopt() { echo FILES; }\n" + line +
                         ")\nCOMP_CWORD=" + std::to_string(words.size()) +
                         "\n_toy_box\nprintf '%s ' ${COMPREPLY[@]+\"${COMPREPLY[@]}\"}\n");
    const auto run =
        "bash --norc " + (folder_ / "ask") + " >" + (folder_ / "out") + " 2>" + (folder_ / "wrong");
    EXPECT_EQ(std::system(run.c_str()), 0);
    EXPECT_EQ(test::contents(folder_ / "wrong"), "");
    auto out = test::contents(folder_ / "out");
    while (out.ends_with(' ') || out.ends_with('\n')) out.pop_back();
    return out;
  }

 private:
  test::TemporaryDirectory folder_;
};

TEST_F(Completion, offers_commands_and_the_one_that_was_begun) {
  EXPECT_EQ(offers({""}), "status switch run");
  EXPECT_EQ(offers({"s"}), "status switch");
  EXPECT_EQ(offers({"--json", "--folder", "status", "sw"}), "switch")
      << "what follows --folder is its value and no command";
  EXPECT_EQ(offers({"status", ""}), "");
}

TEST_F(Completion, offers_options_of_the_command_and_those_that_stand_anywhere) {
  EXPECT_EQ(offers({"-"}), "-h --help --folder --json");
  EXPECT_EQ(offers({"switch", "--"}), "--help --count --colour --force --folder --json");
  EXPECT_EQ(offers({"switch", "--co"}), "--count --colour");
}

TEST_F(Completion, offers_the_values_that_a_check_lists) {
  EXPECT_EQ(offers({"switch", ""}), "alpha beta");
  EXPECT_EQ(offers({"switch", "alpha", ""}), "") << "there is one server";
  EXPECT_EQ(offers({"switch", "-n", "3", "b"}), "beta");
  EXPECT_EQ(offers({"switch", "--colour", ""}), "red green");
  EXPECT_EQ(offers({"switch", "--colour", "=", "g"}), "green");
  EXPECT_EQ(offers({"switch", "--colour", "="}), "red green");
  EXPECT_EQ(offers({"switch", "--colour", "=", "red", "a"}), "alpha");
}

TEST_F(Completion, offers_files_for_a_text_and_nothing_for_a_number) {
  EXPECT_EQ(offers({"--folder", ""}), "FILES");
  EXPECT_EQ(offers({"status", "--folder", "x"}), "FILES");
  EXPECT_EQ(offers({"switch", "--count", ""}), "");
  EXPECT_EQ(offers({"run", "a", "b", "--", "-x"}), "FILES")
      << "after -- all words are the program's";
}

TEST(ShellQuoted, is_one_word) {
  EXPECT_EQ(shell_quoted("it's $(x)"), "'it'\\''s $(x)'");
}

}  // namespace
}  // namespace understudy
