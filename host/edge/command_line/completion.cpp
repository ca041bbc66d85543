// SPDX-License-Identifier: Apache-2.0
// The script is data, one function each for what a place offers, and one function that walks the
// words typed so far to find that place.
#include "host/edge/command_line/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>
#include <vector>

#include "host/edge/command_line/option_facts.hpp"

namespace understudy {
namespace {

using Words = std::vector<std::string>;

/// `compgen -W` would expand anything else.
bool plain(const std::string& word) {
  return !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) || std::string_view("._:/+,@%-").find(char(c)) != std::string_view::npos;
  });
}

std::string list(const Words& words) {
  Words out;
  std::ranges::copy_if(words, std::back_inserter(out), plain);
  return shell_quoted(fmt::format("{}", fmt::join(out, " ")));
}

/// Its own, and those of the commands around it that it lets through.
std::vector<OptionFacts> reachable(const CLI::App& app) {
  auto out = options_of(app);
  for (const auto* a = &app; a->get_fallthrough() && a->get_parent(); a = a->get_parent())
    for (auto& o : options_of(*a->get_parent()))
      if (!o.positional && o.names.back() != "--help") out.push_back(std::move(o));
  return out;
}

/// What may stand there: what the check lists, or file names for any text; a number has no offer.
std::string offer(const std::string& place, const OptionFacts& o) {
  if (o.choices.empty() && o.value != "TEXT") return "";
  return fmt::format("    {}) {} ;;\n", place,
                     o.choices.empty() ? "files=1" : "offered=" + list(o.choices));
}

/// One case of each function for `app`, and then for its commands.
void add_cases(const CLI::App& app, const std::string& path, std::string& at, std::string& values) {
  Words names, valued, commands;
  size_t place = 0;
  for (const auto& o : reachable(app)) {
    if (o.positional) {
      const auto from = shell_quoted(path + " ") + (o.many ? "[0-9]*" : std::to_string(place++));
      values += offer(from, o);
      continue;
    }
    names.insert(names.end(), o.names.begin(), o.names.end());
    if (o.value.empty()) continue;
    valued.insert(valued.end(), o.names.begin(), o.names.end());
    for (const auto& name : o.names) values += offer(shell_quoted(path + " " + name), o);
  }
  for (const auto* c : commands_of(app)) commands.push_back(c->get_name());
  at += fmt::format("    {}) options={} valued={} commands={} ;;\n", shell_quoted(path),
                    list(names), list(valued), list(commands));
  for (const auto* c : commands_of(app)) add_cases(*c, path + " " + c->get_name(), at, values);
}

// @ is the program's name as part of a function's.
constexpr const char* walk = R"(_@() {
  local at=$program word value= place=0 plain= i files= offered= options valued commands
  local current=${COMP_WORDS[COMP_CWORD]}
  _@_at
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = && $value ]]; then continue # --option=value is three words here
    elif [[ $value ]]; then value=
    elif [[ $plain ]]; then ((++place))
    elif [[ $word == -- ]]; then plain=1
    elif [[ " $valued " == *" $word "* ]]; then value=$word
    elif [[ $word == -* ]]; then :
    elif [[ " $commands " == *" $word "* ]]; then at+=" $word" place=0 && _@_at
    else ((++place))
    fi
  done
  [[ $current == = && $value ]] && current=
  if [[ $value ]]; then _@_values "$at $value"
  elif [[ $current == -* && ! $plain ]]; then offered=$options
  else _@_values "$at $place" && offered+=" $commands"
  fi
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
  if [[ $files ]]; then compopt -o default 2>/dev/null; fi
}
)";

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const auto& program = app.get_name();
  std::string name = program, at, values, function = walk;
  std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  add_cases(app, program, at, values);
  for (size_t i = 0; (i = function.find('@', i)) != std::string::npos;)
    function.replace(i, 1, name);
  function.replace(function.find("$program"), 8, program);
  return fmt::format(
      "# bash completion; made by: {0} --print-completion\n"
      "_{1}_at() {{\n  case $at in\n{2}  esac\n}}\n"
      "_{1}_values() {{\n  case $1 in\n{3}  esac\n}}\n"
      "{4}complete -F _{1} {0}\n",
      program, name, at, values, function);
}

}  // namespace understudy
