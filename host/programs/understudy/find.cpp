// SPDX-License-Identifier: Apache-2.0
// `understudy find`: every appliance on USB, PCIe and in simulation, and why one cannot be used.
#include <fmt/format.h>

#include <algorithm>

#include "host/edge/command_line/print.hpp"
#include "host/edge/transport/find_appliances.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {
namespace {

using edge::FoundAppliance;
using nlohmann::json;

char letter(protocol::Server server) {
  return server == protocol::Server::a ? 'A' : 'B';
}

json to_json(const FoundAppliance& f) {
  json out{{"uri", f.uri}, {"what", f.what}, {"state", to_text(f.state)}};
  if (!f.why.empty()) out["why"] = f.why;
  if (f.link_version) out["link_version"] = *f.link_version;
  if (f.tick) {
    out["port"] = std::string(1, letter(f.tick->port));
    out["on_air"] = std::string(1, letter(f.tick->on_air));
  }
  return out;
}

std::string line(const FoundAppliance& f) {
  auto out = fmt::format("{:<32} {:<14} {}", f.uri, to_text(f.state), f.what);
  if (f.tick)
    out += fmt::format(", port {}, {} on air, link version {}", letter(f.tick->port),
                       letter(f.tick->on_air), f.tick->version);
  if (!f.why.empty()) out += "\n  " + f.why;
  return out;
}

int find(const Context& context) {
  const auto all = edge::find_appliances();
  const bool usable = std::ranges::any_of(all, [](const FoundAppliance& f) {
    return f.state == FoundAppliance::State::ready || f.state == FoundAppliance::State::listed;
  });
  if (context.json) {
    json list = json::array();
    for (const auto& f : all) list.push_back(to_json(f));
    print("{}\n", json_line(json{{"ok", usable}, {"appliances", std::move(list)}}));
  } else {
    for (const auto& f : all) print("{}\n", line(f));
    if (all.empty())
      print(
          "no appliance: no FTDI bridge on USB, no mailbox on PCIe, no simulation runs. "
          "In a clone of Understudy `./dev board simulated` starts one\n");
  }
  return usable ? ok : unreachable;
}

}  // namespace

void add_find(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "find",
      "every appliance on USB, PCIe and in simulation, and why one cannot be used "
      "(exit code 3: none can)");
  command->callback([&context] { context.run = [&context] { return find(context); }; });
}

}  // namespace understudy::tool
