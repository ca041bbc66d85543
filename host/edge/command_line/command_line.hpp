// SPDX-License-Identifier: Apache-2.0
// What every program says to a command line that it cannot take: its own name first, then the word
// that is wrong and the one that was probably meant, then where help is. CLI11 by itself names
// neither the program nor a mistyped command. As its only word each program also takes --print-man
// and --print-completion, which `./dev man` collects; --help does not list them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace understudy {

inline constexpr int exit_wrong_use = 2;  // in all programs

/// Nothing: go on. Else the exit code: help, page or script was printed, or what is wrong (to
/// standard error).
std::optional<int> parse_command_line(CLI::App& app, const std::string& program, int argc,
                                      const char* const* argv);

/// What is wrong, without the program's name; the second line says where help is.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error, int argc,
                          const char* const* argv);

/// Flushes standard output; false, after a sentence on standard error, when it did not all get out
/// (a full disk, a closed pipe).
bool output_is_out(const std::string& program);

}  // namespace understudy
