// SPDX-License-Identifier: Apache-2.0
#include "host/edge/command_line/manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "host/edge/command_line/option_facts.hpp"

namespace understudy {
namespace {

// The product's programs; each one's page names the others.
constexpr const char* programs[] = {
    "delivery",         "playout",    "reference", "understudy", "understudy-appliance",
    "understudy-board", "understudyd"};

std::string bold(const std::string& text) {
  return "\\fB" + roff_text(text) + "\\fR";
}
std::string italic(const std::string& text) {
  return "\\fI" + roff_text(text) + "\\fR";
}
std::string capitals(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}
std::string heading(const std::string& title) {
  return fmt::format(".SH {}\n", roff_text(capitals(title)));
}
std::string entry(const std::string& head, const std::string& text) {
  return fmt::format(".TP\n{}\n{}\n", head, text);
}

std::string usage_word(const OptionFacts& o) {
  if (!o.positional) return bold(o.names.back()) + (o.value.empty() ? "" : " " + italic(o.value));
  const auto word = italic(o.names[0]) + (o.many ? "..." : "");
  return o.required ? word : "[" + word + "]";
}

/// "understudy switch [OPTIONS] [server]"
std::string usage(const std::string& path, const CLI::App& app) {
  std::string out = bold(path), words;
  for (const auto& o : options_of(app)) {
    if (o.positional) words += " " + usage_word(o);
    if (!o.positional && o.required) out += " " + usage_word(o);
  }
  out += " [" + italic("OPTIONS") + "]" + words;
  if (!commands_of(app).empty())
    out += app.get_require_subcommand_min() > 0 ? " " + italic("COMMAND") + " ..."
                                                : " [" + italic("COMMAND") + " ...]";
  return out;
}

/// What the checks allow, as the end of its description.
std::string rules(const OptionFacts& o) {
  std::vector<std::string> out;
  if (o.required && !o.positional) out.emplace_back("required");
  const bool named = std::ranges::all_of(
      o.choices, [&](const std::string& c) { return o.description.find(c) != std::string::npos; });
  if (!named) out.push_back(fmt::format("one of {}", fmt::join(o.choices, ", ")));
  if (!o.bounds.empty()) out.push_back(o.bounds);
  if (!o.otherwise.empty()) out.push_back(o.otherwise + " unless said");
  if (!o.needs.empty()) out.push_back(fmt::format("needs {}", fmt::join(o.needs, ", ")));
  if (!o.excludes.empty()) out.push_back(fmt::format("not with {}", fmt::join(o.excludes, ", ")));
  if (out.empty()) return "";
  return fmt::format("{}({})", o.description.empty() ? "" : " ", fmt::join(out, "; "));
}

std::string option_entry(const OptionFacts& o) {
  std::string head;
  for (const auto& name : o.names)
    head += (head.empty() ? "" : ", ") + (o.positional ? italic(name) : bold(name));
  if (!o.positional && !o.value.empty()) head += " " + italic(o.value);
  if (o.many) head += " ...";
  return entry(head, roff_text(o.description + rules(o)));
}

std::string option_entries(const CLI::App& app) {
  std::string out;
  for (const bool positional : {true, false})
    for (const auto& o : options_of(app))
      if (o.positional == positional && (!app.get_parent() || o.names.back() != "--help"))
        out += option_entry(o);
  return out;
}

/// Each command with its own options; commands of commands after it.
std::string command_entries(const std::string& path, const CLI::App& app) {
  std::string out;
  for (const auto* c : commands_of(app)) {
    const auto name = path + " " + c->get_name();
    out += fmt::format(".SS {}\n{}\n{}", usage(name, *c), roff_text(c->get_description()),
                       option_entries(*c));
    out += command_entries(name, *c);
  }
  return out;
}

std::string environment(const CLI::App& app) {
  std::string out;
  for (const auto& o : options_of(app))
    if (!o.environment.empty())
      out += entry(bold(o.environment),
                   fmt::format("stands for {} where that is not said", bold(o.names.back())));
  return out.empty() ? "" : heading("Environment") + out;
}

/// "  WORD  what it means", where two spaces part them.
std::optional<std::pair<std::string, std::string>> list_line(const std::string& line) {
  const auto begin = line.find_first_not_of(' ');
  if (begin == 0 || begin == std::string::npos) return std::nullopt;
  const auto gap = line.find("  ", begin);
  const auto rest = line.find_first_not_of(' ', gap);
  if (gap == std::string::npos || rest == std::string::npos) return std::nullopt;
  return std::pair(line.substr(begin, gap - begin), line.substr(rest));
}

std::string footer_sections(const std::string& footer) {
  std::string out, line;
  for (std::istringstream in(footer); std::getline(in, line);) {
    if (line.empty()) continue;
    if (line.front() != ' ' && line.back() == ':') {
      line.pop_back();
      out += heading(line == "Exit codes" ? "Exit status" : line);
      continue;
    }
    if (out.empty()) out += heading("Notes");
    if (const auto item = list_line(line))
      out += entry(bold(item->first), roff_text(item->second));
    else
      out += roff_text(line) + "\n";
  }
  return out;
}

std::string see_also(const std::string& program) {
  std::vector<std::string> others;
  for (const std::string p : programs)
    if (p != program) others.push_back(bold(p) + "(1)");
  return heading("See also") + fmt::format("{}\n", fmt::join(others, ",\n"));
}

/// The description's first line, as a list of pages shows it.
std::string summary(const CLI::App& app) {
  auto out = app.get_description().substr(0, app.get_description().find('\n'));
  while (out.ends_with('.')) out.pop_back();
  if (out.size() > 1 && std::islower(static_cast<unsigned char>(out[1])))
    out[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[0])));
  return out;
}

}  // namespace

std::string roff_text(const std::string& text) {
  std::string out;
  bool begins = true;  // a line of roff, where '.' would be a request
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;  // else a hyphen, which no shell knows
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '"':
        out += "\\(dq";
        break;  // in a heading it would end an argument
      case '.':
        out += begins ? "\\&." : ".";
        break;
      default:
        out += c;
    }
    begins = c == '\n';
  }
  return out;
}

std::string manual_page(const CLI::App& app) {
  const auto& name = app.get_name();
  std::string out =
      fmt::format(".\\\" made by: {} --print-man\n.TH {} 1 \"\" \"understudy {}\" \"Understudy\"\n",
                  name, roff_text(capitals(name)), UNDERSTUDY_VERSION);
  out += heading("Name") + fmt::format("{} \\- {}\n", roff_text(name), roff_text(summary(app)));
  out += heading("Synopsis") + usage(name, app) + "\n";
  out += heading("Description") + roff_text(app.get_description()) + "\n";
  if (const auto commands = command_entries(name, app); !commands.empty())
    out += heading("Commands") + commands;
  out += heading("Options");
  if (std::ranges::any_of(commands_of(app), [](auto* c) { return c->get_fallthrough(); }))
    out += "They may stand before a command or after it.\n";
  out += option_entries(app) + environment(app) + footer_sections(app.get_footer());
  return out + see_also(name);
}

}  // namespace understudy
