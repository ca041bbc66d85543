// SPDX-License-Identifier: Apache-2.0
// `delivery`: serves a folder over HTTP/1.1 on the service address, together with another one that
// takes its connections over.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "host/edge/command_line/command_line.hpp"
#include "host/edge/command_line/print.hpp"
#include "host/edge/daemon/version.hpp"
#include "host/edge/delivery/daemon_role.hpp"
#include "host/edge/delivery/role_control.hpp"

namespace {

using namespace understudy::edge;

enum ExitCode : int { ok = 0, usage = 2, cannot_start = 3 };

constexpr auto exit_codes = R"(Exit codes:
  0  ended in good order
  2  wrong use of this command
  3  cannot start: root folder, key, rights (CAP_NET_ADMIN, CAP_NET_RAW), addresses)";

struct Arguments {
  DeliveryOptions options;
  std::vector<std::string> listen, rtsp;
  std::string group;
  std::string checkpoint_listen, checkpoint_peer, control, daemon, log_level = "info";
};

/// An address option; exits with what is wrong.
std::optional<SocketAddress> address(const std::string& option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto out = parse_socket_address(text);
  if (!out) {
    understudy::complain("delivery: {} {} is not ADDRESS:PORT or [ADDRESS]:PORT\n", option, text);
    std::exit(usage);
  }
  return out;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void add_patience(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                  const std::string& what) {
  app.add_option_function<double>(
         name,
         [&value](double seconds) {
           value = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
         },
         what)
      ->check(CLI::Range(0.1, 86400.0))
      ->default_str(fmt::format("{}", value.count() / 1000));
}

int run(const Arguments& a) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  spdlog::set_level(spdlog::level::from_str(a.log_level));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%f %^%l%$ " + a.options.name + ": %v");
  boost::asio::io_context io(1);
  // From here on: told to end while it starts, it must still take its rules away.
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  auto delivery = Delivery::open(io, a.options);
  if (!delivery) {
    understudy::complain("delivery: cannot start: {}\n", delivery.error().text);
    return cannot_start;
  }
  std::unique_ptr<RoleControl> control;
  if (!a.control.empty()) {
    auto made = RoleControl::open(io, a.control, **delivery);
    if (!made) {
      understudy::complain("delivery: cannot start: {}\n", made.error().text);
      return cannot_start;
    }
    control = std::move(*made);
  }
  std::optional<DaemonRole> role;
  if (!a.daemon.empty()) role.emplace(io, **delivery, a.daemon, "delivery");
  if (a.control.empty() && a.daemon.empty()) (*delivery)->serve(1);
  signals.async_wait([&](boost::system::error_code e, int) {
    if (role) role->goodbye();
    if (!e) (*delivery)->stop([&] { io.stop(); });
  });
  io.run();
  return ok;
}

}  // namespace

int main(int count, char** words) {
  Arguments a;
  CLI::App app{"Serves a folder over HTTP/1.1 and RTSP; its connections outlive it."};
  app.add_option("--name", a.options.name, "this server's name; the other's must differ")
      ->required();
  app.add_option("--root", a.options.root, "folder of the files")->required();
  app.add_option("--listen", a.listen, "service address and port, once for each")->required();
  app.add_option("--rtsp", a.rtsp, "service address and port for RTSP, once for each");
  app.add_option("--rtp-port", a.options.rtsp.media.rtp_port,
                 "UDP port of the service address for RTP; RTCP has the next one")
      ->check(CLI::Range(1, 65534));
  app.add_option("--multicast", a.group,
                 "GROUP:PORT where RTP may go: each file has a pair of the next 2000 ports");
  auto* own = app.add_option(
      "--interface", a.options.interface,
      "network interface that clients come by; needed when both servers are on one host");
  app.add_option("--multicast-interface", a.options.rtsp.media.by.interface,
                 "network interface of the groups; else as the kernel routes them")
      ->excludes(own);
  app.add_option("--multicast-hops", a.options.rtsp.media.by.hops, "their TTL");
  app.add_option("--checkpoint-listen", a.checkpoint_listen,
                 "this server's own address and port for the checkpoint link");
  app.add_option("--checkpoint-peer", a.checkpoint_peer, "the other delivery's");
  app.add_option("--key", a.options.key_file, "file with the key that both share");
  auto* strict = app.add_flag("--strict", a.options.strict,
                              "acknowledge to clients only what the other delivery holds too");
  app.add_option("--strict-queue", a.options.strict_queue,
                 "number of the netfilter queue for this; nobody else may use it")
      ->needs(strict);
  std::optional<uint32_t> wait;
  app.add_option("--commit-wait", wait,
                 "ms for which clients wait for a slow second server: 50, with --strict 2000")
      ->check(CLI::Range(1, 60'000));
  app.add_option("--daemon", a.daemon,
                 "RUNDIR/applications of this server's understudyd: it says who serves");
  app.add_option("--control", a.control, "Unix socket that takes: serve TERM, stop, status");
  app.add_option("--clients", a.options.clients, "most clients at a time")->capture_default_str();
  app.add_option("--clients-per-address", a.options.clients_per_address,
                 "most of them from one address (IPv6: one /64)")
      ->capture_default_str();
  add_patience(app, "--request-patience", a.options.patience.request,
               "seconds until a request must be whole");
  add_patience(app, "--idle-patience", a.options.patience.idle, "seconds between two requests");
  add_patience(app, "--taking-patience", a.options.patience.taking,
               "seconds that a client may take nothing of what it is owed");
  app.add_option("--log-level", a.log_level, "debug, info, warning, error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.footer(exit_codes);
  app.set_version_flag("--version", product_version);
  if (const auto code = understudy::parse_command_line(app, "delivery", count, words)) return *code;
  a.options.commit_wait = std::chrono::milliseconds(wait.value_or(a.options.strict ? 2000 : 50));
  for (const auto& l : a.listen) a.options.listen.push_back(*address("--listen", l));
  for (const auto& l : a.rtsp) a.options.rtsp.listen.push_back(*address("--rtsp", l));
  a.options.rtsp.media.group = address("--multicast", a.group);
  a.options.checkpoint_listen = address("--checkpoint-listen", a.checkpoint_listen);
  a.options.checkpoint_peer = address("--checkpoint-peer", a.checkpoint_peer);
  if (!a.daemon.empty() && !a.control.empty()) {
    understudy::complain("delivery: --daemon or --control says who serves, not both\n");
    return usage;
  }
  if (a.options.checkpoint_listen.has_value() != a.options.checkpoint_peer.has_value() ||
      a.options.checkpoint_listen.has_value() == a.options.key_file.empty()) {
    understudy::complain(
        "delivery: --checkpoint-listen, --checkpoint-peer and --key go together\n");
    return usage;
  }
  return run(a);
}
