// SPDX-License-Identifier: Apache-2.0
// The manual page says all that the command line knows, and is roff that shows it to the letter.
#include "host/edge/command_line/manual.hpp"

#include <cstdlib>

#include "../edge/temporary_directory.hpp"
#include "toy_program.hpp"

namespace understudy {
namespace {

using test::printed;

bool has(const std::string& page, const std::string& lines) {
  return page.find(lines) != std::string::npos;
}

TEST(Manual, has_the_sections_in_their_order) {
  const auto page = printed({"--print-man"});
  EXPECT_EQ(page.code, 0);
  size_t before = page.text.find("\n.TH TOY\\-BOX 1 ");
  ASSERT_NE(before, std::string::npos) << page.text;
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS",
                              "ENVIRONMENT", "EXIT STATUS", "FILES", "SEE ALSO"}) {
    const auto at = page.text.find(std::string("\n.SH ") + section + "\n");
    ASSERT_NE(at, std::string::npos) << section << " in " << page.text;
    EXPECT_GT(at, before) << section;
    before = at;
  }
}

TEST(Manual, says_what_the_command_line_knows) {
  const auto page = printed({"--print-man"}).text;
  EXPECT_TRUE(has(page, ".SH NAME\ntoy\\-box \\- plays toys\n")) << page;
  EXPECT_TRUE(has(page, "\n\\fBtoy\\-box\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n")) << page;
  EXPECT_TRUE(has(page,
                  ".SS \\fBtoy\\-box switch\\fR \\fB\\-\\-count\\fR \\fIINT\\fR [\\fIOPTIONS\\fR] "
                  "[\\fIserver\\fR]\nanother one\n"))
      << page;
  EXPECT_TRUE(has(page, "\\fIserver\\fR\nwhich (one of alpha, beta)\n")) << page;
  EXPECT_TRUE(has(page, ".TP\n\\fB\\-n\\fR, \\fB\\-\\-count\\fR \\fIINT\\fR\n(required; 0 to 7)\n"))
      << page;
  EXPECT_TRUE(has(page,
                  "\\fB\\-\\-force\\fR\nat all costs (needs \\-\\-count; not with "
                  "\\-\\-colour)\n"))
      << page;
  EXPECT_TRUE(has(page, "where (/run/it\\(aqs unless said)\n")) << page;
  EXPECT_TRUE(has(page, "\\fBTOY_FOLDER\\fR\nstands for \\fB\\-\\-folder\\fR")) << page;
  EXPECT_TRUE(has(page, ".SH EXIT STATUS\n.TP\n\\fB0\\fR\ndone\n.TP\n\\fB7\\fR\nseven\n")) << page;
  EXPECT_TRUE(has(page, ".SH FILES\n.TP\n\\fB/etc/toy\\fR\nwhat it reads\n")) << page;
  EXPECT_TRUE(has(page, "\\fBunderstudyd\\fR(1)")) << page;
  EXPECT_FALSE(has(page, "secret")) << "a hidden option is for nobody";
}

TEST(Manual, no_character_is_read_as_a_request) {
  EXPECT_EQ(roff_text(".SH\n'br\n\\fB a.b"), "\\&.SH\n\\(aqbr\n\\efB a.b");
  EXPECT_EQ(roff_text("--a-b `c` ~ ^ \""), "\\-\\-a\\-b \\(gac\\(ga \\(ti \\(ha \\(dq");
  EXPECT_TRUE(
      has(printed({"--print-man"}).text, "\n\\&.dots and \\eslashes and \\(aqquotes\\(aq\n"));
}

TEST(Manual, groff_shows_it_to_the_letter) {
  if (std::system("command -v groff >/dev/null") != 0) GTEST_SKIP() << "no groff (groff-base)";
  test::TemporaryDirectory folder;
  test::write_file(folder / "page", printed({"--print-man"}).text);
  const auto command = "groff -man -ww -Tascii -rLL=200n -P-c -P-b -P-u " + (folder / "page") +
                       " >" + (folder / "out") + " 2>" + (folder / "said");
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(test::contents(folder / "said"), "");
  const auto shown = test::contents(folder / "out");
  EXPECT_TRUE(has(shown, "--folder TEXT")) << shown;
  EXPECT_TRUE(has(shown, ".dots and \\slashes and 'quotes'")) << shown;
}

TEST(Manual, is_only_printed_when_nothing_else_is_asked) {
  EXPECT_EQ(printed({"--print-man", "status"}).code, exit_wrong_use);
  EXPECT_FALSE(printed({"status"}).code);
}

}  // namespace
}  // namespace understudy
