// SPDX-License-Identifier: Apache-2.0
// A completion script for bash made of a program's own command line: commands, options, and values
// where a check lists them; file names where any text may stand. No other shell.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace understudy {

/// To be sourced, or put where bash-completion looks:
/// PREFIX/share/bash-completion/completions/PROGRAM.
std::string bash_completion(const CLI::App& app);

}  // namespace understudy
