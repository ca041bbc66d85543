// SPDX-License-Identifier: Apache-2.0
// `understudyd`: the daemon on each server. `--check FILE` only reads the configuration.
#include <net/if.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "host/edge/boot/boot_device.hpp"
#include "host/edge/command_line/command_line.hpp"
#include "host/edge/command_line/print.hpp"
#include "host/edge/daemon/key_file.hpp"
#include "host/edge/daemon/priority.hpp"
#include "host/edge/daemon/version.hpp"
#include "host/edge/server/daemon.hpp"

namespace {

using namespace understudy::edge;

enum ExitCode : int { ok = 0, wrong_configuration = 1, cannot_start = 3 };

constexpr auto exit_codes = R"(Exit codes:
  0  ended in good order (--check: the file is good)
  1  the configuration is wrong; every error is named
  2  wrong use of this command
  3  cannot read the file, or cannot start: lock, key, sockets, event file

Files:
  RUN_DIR/control       where `understudy` asks (server.run_dir)
  RUN_DIR/applications  where critical applications register)";

struct Read {
  int code = ok;
  Configuration configuration;
};

Read read(const std::string& path) {
  std::error_code code;
  const bool plain = std::filesystem::is_regular_file(path, code);
  std::ifstream file;
  if (plain) file.open(path);
  std::string text;
  if (plain && file) {
    text.resize(configuration_bytes_max + 1);  // one more shows that it is too long
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
  }
  if (!plain || !file.is_open()) {
    understudy::complain("understudyd: cannot read {}: {}\n", path,
                         plain ? "is it yours?" : "no such regular file");
    return {cannot_start, {}};
  }
  auto parsed = parse_configuration(text);
  if (parsed) return {ok, std::move(*parsed)};
  for (const auto& error : parsed.error()) understudy::complain("{}\n", to_text(error, path));
  understudy::complain("{}: {} error{}; nothing was started\n", path, parsed.error().size(),
                       parsed.error().size() == 1 ? "" : "s");
  return {wrong_configuration, {}};
}

int check(const std::string& path) {
  const auto read_file = read(path);
  if (read_file.code != ok) return read_file.code;
  if (const auto& peer = read_file.configuration.peer)
    if (const auto key = read_key_file(peer->key_file); !key) {
      understudy::complain("{}: peer.key_file: {}\n", path, key.error().text);
      return wrong_configuration;
    }
  // No error: the file may be another machine's.
  if (const auto& address = read_file.configuration.address;
      address && ::if_nametoindex(address->interface.c_str()) == 0)
    understudy::complain(
        "{}: address.interface: this machine has no network interface {} (`ip -br link` lists "
        "them); the daemon would not start here\n",
        path, address->interface);
  if (const auto lacks = boot_lacks(read_file.configuration.boot); !lacks.empty())
    understudy::complain("{}: {}; until then the other server cannot be booted from here\n", path,
                         lacks);
  understudy::print("OK\n");
  return ok;
}

int clean(const std::string& path) {
  const auto read_file = read(path);
  if (read_file.code != ok) return read_file.code;
  if (const auto done = ServiceKeeper::clean(read_file.configuration); !done) {
    understudy::complain("understudyd: cannot clean: {}\n", done.error().text);
    return cannot_start;
  }
  understudy::print("OK: no fence, no service or monitor address of {} is left\n", path);
  return ok;
}

/// A lease that must be renewed, or a gate that counts heartbeats in its own time.
bool is_heard_in_time(const Configuration& c) {
  using Kind = ApplianceUri::Kind;
  return c.address || (c.appliance.kind != Kind::none && c.appliance.kind != Kind::sim);
}

int serve(const std::string& path) {
  const auto read_file = read(path);
  if (read_file.code != ok) return read_file.code;
  std::signal(SIGPIPE, SIG_IGN);
  start_log(read_file.configuration.log_level, read_file.configuration.name);
  if (is_heard_in_time(read_file.configuration))
    if (const auto first = run_in_real_time(); !first) spdlog::info("{}", first.error().text);
  if (const auto lacks = boot_lacks(read_file.configuration.boot); !lacks.empty())
    spdlog::warn("{}; until then the other server cannot be booted from here", lacks);
  boost::asio::io_context io(1);
  auto daemon = Daemon::open(io, read_file.configuration);
  if (!daemon) {
    spdlog::error("cannot start: {}", daemon.error().text);
    return cannot_start;
  }
  spdlog::info("understudyd {} started: run_dir {}, appliance {}", product_version,
               read_file.configuration.run_dir, read_file.configuration.appliance_text);
  io.run();
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The daemon of one server of a pair behind a failover gate."};
  app.footer("Configuration (TOML):\n" + configuration_help() + "\n" + exit_codes);
  std::string config, to_check, to_clean;
  app.set_version_flag("--version", product_version);
  auto* config_option = app.add_option("--config", config, "the configuration to run with");
  app.add_option("--check", to_check, "only check this configuration: prints OK, or all errors")
      ->excludes(config_option);
  app.add_option("--clean", to_clean,
                 "remove the fence and the addresses of this configuration, after a daemon that "
                 "was killed and is not started again")
      ->excludes(config_option);
  app.callback([&] {
    if (config.empty() && to_check.empty() && to_clean.empty())
      throw CLI::RequiredError("--config FILE, --check FILE or --clean FILE");
  });
  if (const auto code = understudy::parse_command_line(app, "understudyd", argc, argv))
    return *code;
  if (!to_clean.empty()) return clean(to_clean);
  return to_check.empty() ? serve(config) : check(to_check);
}
