// SPDX-License-Identifier: Apache-2.0
// `understudy`: the operator's tool. One file a command; what they share is in command.hpp.
#include "host/edge/command_line/command_line.hpp"
#include "host/programs/understudy/command.hpp"

namespace {

constexpr auto footer = R"(Exit codes:
  0  done
  1  the daemon, the gate or the appliance refused
  2  wrong use of this command
  3  the daemon, or the appliance, cannot be reached
  4  no answer in time
  5  not protected (status --protected, sync)
  6  something in the system failed
  7  the appliance did it and it came out badly (self test, no sign of life)
  8  the appliance's soft core does not answer

Files:
  /run/understudy  the daemon's run directory, unless it has another)";

}  // namespace

int main(int argc, char** argv) {
  using namespace understudy::tool;
  CLI::App app{"Watches and steers a server of a pair behind a failover gate."};
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  Context context;
  app.add_option("--daemon", context.daemon, "the daemon's run directory or control socket")
      ->envname("UNDERSTUDY_DAEMON")
      ->capture_default_str();
  app.add_flag("--json", context.json, "print JSON");
  app.add_option("--timeout", context.timeout_seconds, "seconds to wait for an answer")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  for (const auto add :
       {add_status,     add_events,   add_trace, add_switch, add_offline, add_mode,   add_set,
        add_parameters, add_monitor,  add_sync,  add_serve,  add_run,     add_key,    add_find,
        add_version,    add_selftest, add_boot,  add_power,  add_console, add_config, add_flash})
    add(app, context);
  if (const auto code = understudy::parse_command_line(app, "understudy", argc, argv)) return *code;
  const int code = context.run ? context.run() : usage;
  return understudy::output_is_out("understudy") || code != ok ? code : failed;
}
