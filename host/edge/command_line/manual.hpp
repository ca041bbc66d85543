// SPDX-License-Identifier: Apache-2.0
// A manual page (roff, the `man` macros) made of a program's own command line, so that neither can
// say what the other does not.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace understudy {

/// The whole page. What the footer says under "Title:" lines becomes sections of their own ("Exit
/// codes:" is EXIT STATUS); its lines "  WORD  what it means" become lists.
std::string manual_page(const CLI::App& app);

/// `text` as roff shows it to the letter: no character of it is read as a request, and what is to
/// be copied into a shell is made of the shell's characters.
std::string roff_text(const std::string& text);

}  // namespace understudy
