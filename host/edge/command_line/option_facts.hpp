// SPDX-License-Identifier: Apache-2.0
// What one option or word of a command line says about itself: the one source of the manual page
// and of the shell's completion. CLI11 tells names and types apart, but what a check allows only as
// the text that --help shows, so that text is read here and nowhere else.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace understudy {

struct OptionFacts {
  std::vector<std::string> names;  // with their dashes, letters first; of a word: its name alone
  std::string value;               // its type in capitals ("TEXT"); empty: a flag
  std::vector<std::string> choices;
  std::string bounds;     // "0 to 256"
  std::string otherwise;  // its value when it is not said; empty: none
  std::string description;
  std::string environment;                   // the variable that says it too
  std::vector<std::string> needs, excludes;  // other options' names
  bool required = false;
  bool many = false;        // may be said more than once
  bool positional = false;  // a word, not an option
};

/// Options and words of `app` itself, in the order of --help; hidden ones are left out.
std::vector<OptionFacts> options_of(const CLI::App& app);

/// Its commands, in the order of --help; hidden ones are left out.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// "'it'\''s'": one word for a shell.
std::string shell_quoted(const std::string& text);

}  // namespace understudy
