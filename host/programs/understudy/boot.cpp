// SPDX-License-Identifier: Apache-2.0
// `understudy boot` and `understudy power`: a server's buttons, pressed by the appliance's relays.
// The gateware refuses to press those of the server on air, whoever asks.
#include <fmt/format.h>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/appliance.hpp"

namespace understudy::tool {
namespace {

struct Press {
  std::string server, way;
  bool no_wait = false;
};

int press(const Context& context, const std::string& uri, const std::string& verb,
          const Press& asked) {
  auto appliance = Appliance::open(context, uri);
  if (!appliance) return appliance.error();
  const auto server = CLI::detail::to_lower(asked.server);
  if (const auto begun = appliance->done(fmt::format("{} {} {}", verb, server, asked.way)); !begun)
    return begun.error();
  const auto what = verb == "boot" ? "boot" : "press";
  const auto end = asked.no_wait ? appliance->progress(what) : appliance->wait(what);
  if (!end) return end.error();
  const int code = end->state == "cut" ? refused : end->state == "bad" ? bad : ok;
  if (context.json)
    print("{}\n",
          json_line(nlohmann::json{
              {"ok", code == ok}, {"server", server}, {"state", end->state}, {"why", end->why}}));
  else if (code == bad)
    complain(
        "understudy: server {} shows no sign of life. Is it wired to the relays, and does "
        "understudyd start with it? How long it may take: understudy config get life_s\n",
        server);
  else if (code == refused)
    complain("understudy: let go at once: server {} is on air\n", server);
  else
    print("{}\n", asked.no_wait && end->state == "busy" ? "asked" : "done");
  return code;
}

void add_press(CLI::App& app, Context& context, const std::string& verb, const std::string& help,
               const std::vector<std::string>& ways, const std::string& usual) {
  auto* command = app.add_subcommand(verb, help);
  const auto uri = add_appliance_choice(*command);
  auto asked = std::make_shared<Press>();
  asked->way = usual;
  command->add_option("server", asked->server, "a or b")
      ->required()
      ->check(CLI::IsMember({"a", "b"}, CLI::ignore_case));
  auto* way =
      command->add_option("way", asked->way, "which button, and how")->check(CLI::IsMember(ways));
  if (usual.empty())
    way->required();
  else
    way->capture_default_str();
  command->add_flag("--no-wait", asked->no_wait, "only ask; `understudy console progress` tells");
  command->callback([&context, uri, verb, asked] {
    context.run = [&context, uri, verb, asked] { return press(context, *uri, verb, *asked); };
  });
}

}  // namespace

void add_boot(CLI::App& app, Context& context) {
  add_press(app, context, "boot",
            "starts a server by its relays and waits for its heartbeats (exit code 1: refused, it "
            "is on air; 7: no sign of life)",
            {"cycle", "on", "reset"}, "cycle");
}

void add_power(CLI::App& app, Context& context) {
  add_press(app, context, "power",
            "presses one button of a server by its relay: power on, power off (held), reset; waits "
            "for nothing but the press (exit code 1: refused, it is on air)",
            {"on", "off", "reset"}, "");
}

}  // namespace understudy::tool
