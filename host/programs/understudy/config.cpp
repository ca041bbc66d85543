// SPDX-License-Identifier: Apache-2.0
// `understudy config`: the appliance's own configuration, as it stands in its flash. An import is
// checked whole against the appliance's names and ranges before the first value is written; what
// it then writes counts at once, and stays when all of it was taken.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "host/core/firmware_config/firmware_config.hpp"
#include "host/core/nearest_word.hpp"
#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/appliance.hpp"

namespace understudy::tool {
namespace {

using core::FirmwareValue;
using nlohmann::json;

constexpr size_t file_max = 64 * 1024;  // bytes of a configuration; one has about 500

json to_json(const std::vector<FirmwareValue>& values) {
  json out = json::object();
  for (const auto& v : values) out[v.name] = v.value;
  return out;
}

int get(const Context& context, Appliance& appliance, const std::string& name) {
  const auto text = appliance.done("config");
  if (!text) return text.error();
  auto values = core::read_firmware_values(*text);
  if (!name.empty()) {
    std::vector<std::string> names;
    names.reserve(values.size());
    for (const auto& v : values) names.push_back(v.name);
    std::erase_if(values, [&](const FirmwareValue& v) { return v.name != name; });
    const auto near = nearest_word(name, names);
    if (values.empty())
      return fail(context, usage,
                  fmt::format("this appliance has no value {}{}", name,
                              near.empty() ? "; understudy config get lists them"
                                           : fmt::format("; did you mean {}?", near)));
  }
  if (context.json)
    print("{}\n", json_line(json{{"ok", true}, {"config", to_json(values)}}));
  else
    for (const auto& v : values) print("{} {}\n", v.name, v.value);
  return ok;
}

/// All or, as far as can be, nothing: on trouble the firmware goes back to what its flash holds.
int write(const Context& context, Appliance& appliance, const std::vector<FirmwareValue>& values,
          bool save) {
  const auto give_back = [&](int code) {
    if (code == no_firmware || code == unreachable) {
      if (!context.json)
        complain(
            "understudy: some values may have been written; none was saved. To go back to "
            "those of the flash: understudy console restart\n");
    } else {
      (void)appliance.say("restart");
    }
    return code;
  };
  for (const auto& v : values)
    if (const auto set = appliance.done(fmt::format("config {} {}", v.name, v.value)); !set)
      return give_back(set.error());
  if (save)
    if (const auto saved = appliance.done("config save"); !saved) return give_back(saved.error());
  if (context.json)
    print("{}\n", json_line(json{{"ok", true}, {"config", to_json(values)}, {"saved", save}}));
  else
    print("{} value{} written{}\n", values.size(), values.size() == 1 ? "" : "s",
          save ? ", and saved" : "; gone with the power, unless saved");
  return ok;
}

int set(const Context& context, Appliance& appliance, const std::string& name,
        const std::string& value, bool save) {
  const auto line = name.contains('=') ? name : name + "=" + value;
  if (line.ends_with('=') || (name.contains('=') && !value.empty()))
    return fail(context, usage,
                "config set takes a name and a value, as in: config set untagged 1");
  const auto ranges = appliance.done("config ranges");
  if (!ranges) return ranges.error();
  const auto values = core::read_config_file(line, core::read_firmware_ranges(*ranges));
  if (!values) return fail(context, usage, values.error().front().substr(3));
  return write(context, appliance, *values, save);
}

int export_to(const Context& context, Appliance& appliance, const std::string& file) {
  const auto text = appliance.done("config");
  if (!text) return text.error();
  const auto ranges = appliance.done("config ranges");
  if (!ranges) return ranges.error();
  const auto values = core::read_firmware_values(*text);
  const auto out = core::write_config_file(values, core::read_firmware_ranges(*ranges));
  if (file != "-") {
    std::ofstream stream(file);
    stream << out;
    if (!stream.flush())
      return fail(context, failed, fmt::format("cannot write {}: {}", file, std::strerror(errno)));
  }
  if (context.json)
    print("{}\n", json_line(json{{"ok", true}, {"config", to_json(values)}}));
  else if (file == "-")
    print("{}", out);
  else
    print("{} values in {}\n", values.size(), file);
  return ok;
}

int import_from(const Context& context, Appliance& appliance, const std::string& file) {
  std::ifstream stream(file);
  if (!stream && file != "-")
    return fail(context, usage, fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  auto& in = file == "-" ? std::cin : stream;
  std::string text(file_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > file_max)
    return fail(context, usage,
                fmt::format("{} has more than {} bytes: that is no configuration", file, file_max));
  const auto ranges = appliance.done("config ranges");
  if (!ranges) return ranges.error();
  const auto values = core::read_config_file(text, core::read_firmware_ranges(*ranges));
  if (values) return write(context, appliance, *values, true);
  std::string all = fmt::format("{} is not written: ", file);
  for (const auto& e : values.error()) all += fmt::format("\n  {}:{}", file, e);
  return fail(context, usage, all);
}

using Action = std::function<int(Appliance&)>;

CLI::App* add_action(CLI::App& parent, Context& context, const std::string& name,
                     const std::string& help, Action action) {
  auto* command = parent.add_subcommand(name, help);
  const auto uri = add_appliance_choice(*command);
  command->callback([&context, uri, action] {
    context.run = [&context, uri, action] {
      auto appliance = Appliance::open(context, *uri);
      return appliance ? action(*appliance) : appliance.error();
    };
  });
  return command;
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("config", "the appliance's own configuration");
  command->require_subcommand(1);
  struct Words {
    std::string name, value, file = "-";
    bool no_save = false;
  };
  auto words = std::make_shared<Words>();
  add_action(*command, context, "get", "all values, or one", [&context, words](Appliance& a) {
    return get(context, a, words->name);
  })->add_option("name", words->name, "which");
  auto* one = add_action(*command, context, "set", "one value, which counts at once and is saved",
                         [&context, words](Appliance& a) {
                           return set(context, a, words->name, words->value, !words->no_save);
                         });
  one->add_option("name", words->name, "which; NAME=VALUE is one word for both")->required();
  one->add_option("value", words->value, "decimal, or hexadecimal behind 0x");
  one->add_flag("--no-save", words->no_save, "until the power goes");
  add_action(*command, context, "export", "all values as a file, with their ranges",
             [&context, words](Appliance& a) { return export_to(context, a, words->file); })
      ->add_option("file", words->file, "- is standard output")
      ->capture_default_str();
  add_action(*command, context, "import",
             "a file's values: checked whole before any is written, then saved",
             [&context, words](Appliance& a) { return import_from(context, a, words->file); })
      ->add_option("file", words->file, "- is standard input")
      ->required();
}

}  // namespace understudy::tool
