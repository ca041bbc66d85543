// SPDX-License-Identifier: Apache-2.0
#include "host/edge/command_line/option_facts.hpp"

#include <algorithm>
#include <string_view>

namespace understudy {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  for (size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = text.find(at, begin);
    out.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
  }
  return out;
}

/// What stands between the two; empty: they are not there.
std::string_view between(std::string_view text, char open, char close) {
  const auto begin = text.find(open), end = text.rfind(close);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return text.substr(begin + 1, end - begin - 1);
}

/// "UINT:INT in [0 - 256]", "TEXT:{a,b,other}": the type, then what the checks say.
void read_type(OptionFacts& out, std::string_view text) {
  const auto colon = text.find(':');
  out.value = text.substr(0, colon);
  if (colon == std::string_view::npos) return;
  const auto checks = text.substr(colon + 1);
  if (const auto set = between(checks, '{', '}'); !set.empty()) out.choices = split(set, ',');
  out.bounds = between(checks, '[', ']');
  if (const auto dash = out.bounds.find(" - "); dash != std::string::npos)
    out.bounds.replace(dash, 3, " to ");
}

/// Sorted: CLI11 keeps them by their place in memory.
std::vector<std::string> names_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> out;
  out.reserve(options.size());
  for (const auto* o : options) out.push_back(o->get_name());
  std::ranges::sort(out);
  return out;
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts out;
  out.positional = !option.nonpositional();
  if (out.positional) out.names.push_back(option.get_name(true));
  for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) read_type(out, option.get_type_name());
  out.otherwise = option.get_default_str();
  out.description = option.get_description();
  out.environment = option.get_envname();
  out.needs = names_of(option.get_needs()), out.excludes = names_of(option.get_excludes());
  out.required = option.get_required();
  out.many = option.get_items_expected_max() > 1;
  return out;
}

}  // namespace

std::vector<OptionFacts> options_of(const CLI::App& app) {
  std::vector<OptionFacts> out;
  for (const auto* option : app.get_options())
    if (!option->get_group().empty()) out.push_back(facts_of(*option));
  return out;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); });
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace understudy
