// SPDX-License-Identifier: Apache-2.0
// Two servers, a client and the virtual appliance as their witness, all real processes:
//
//     one (A)  10.0.0.1 ── port-one ┐                 10.0.0.100: the service address
//       │ peer0, 10.1.0.1           │                 10.0.0.101: the monitor address
//       │ peer0, 10.1.0.2           ├─ bridge "lan"
//     two (B)  10.0.0.2 ── port-two ┤
//     client   10.0.0.9 ── port-client
//
// With both servers on one host, `host` (10.0.0.3) takes the place of one and two; alpha0 and
// bravo0 are the same two addresses on network cards of theirs (macvlan), and their wire is its
// loopback. The appliance runs freely in wall time, as a board would; its links are Unix sockets,
// so the networks mean nothing to them. All goes when this object goes.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/edge/packet_socket/packet_socket.hpp"
#include "sim/demo/child.hpp"
#include "sim/network/addresses.hpp"
#include "sim/network/fault.hpp"
#include "sim/network/lan.hpp"
#include "sim/network/material.hpp"
#include "sim/network/packet.hpp"
#include "sim/network/throttle.hpp"

namespace understudy::network {

class Stage {
 public:
  struct Options {
    std::string programs;  // folder of the programs
    Material material;
    uint32_t rate_mib = 64;  // MiB a second through the client's cable
    bool six = false;        // IPv6
    bool one_host = false;   // both servers are on it
    bool strict = false;     // clients hear only what both servers hold
    std::string sections;    // for both daemons' configuration
    std::function<bool()> interrupted = [] { return false; };
    std::function<void(const std::string&)> progress = [](const std::string&) {};
  };

  /// Everything runs, one server serves and the other is ready to. Throws std::runtime_error with
  /// what is missing and the last words of whoever it is missing from.
  explicit Stage(Options options);

  bool holds(size_t server) const;  // is on air and has the service address
  size_t on_air() const;            // 0: A, 1: B; 2: nobody knows
  nlohmann::json status(size_t server) const;
  void strike(Fault fault, size_t server);
  /// Ends what can end of it: who hung goes on, cut links are mended.
  void relent(Fault fault, size_t server);
  /// Runs `what` on this thread with the client's network around it.
  void at_client(const std::function<void()>& what) const;
  /// A program in the client's network.
  demo::Child start_at_client(const std::vector<std::string>& words, const std::string& log) const;
  Mac mac(size_t server) const;
  /// Packets from the service address that its fence has dropped so far.
  uint64_t held_back(size_t server) const;
  /// Until it is so; throws `otherwise` when it is not in time, or somebody ended meanwhile.
  void wait(const std::string& otherwise, const std::function<bool()>& so,
            std::chrono::milliseconds most = std::chrono::seconds(30));
  std::string delivery_log(size_t server) const;
  std::string daemon_log(size_t server) const;
  /// The records of its daemon.
  std::string events(size_t server) const;
  pid_t delivery(size_t server) const { return servers_[server].delivery->process(); }
  std::string logs() const;
  /// Whether the kernel here keeps the rate; else clients must.
  bool paced() const { return paced_; }
  const Folder& folder() const { return folder_; }
  const ServiceAddress& service() const { return addresses_.service; }
  std::string object() const { return root() + object_name; }
  std::string clip() const { return root() + clip_name; }
  std::string transport_stream() const { return root() + stream_name; }

 private:
  static constexpr std::array<const char*, 2> letters{"a", "b"}, names{"alpha", "bravo"};
  struct Server {
    std::optional<demo::Child> daemon, playout, delivery;
  };
  std::string root() const { return folder_ / "root/"; }
  /// Where a server is, and its network card there.
  std::string node(size_t server) const;
  std::string card(size_t server) const;
  void connect_two_hosts();
  void make_one_host();
  bool pace() const;
  std::string configuration(size_t server) const;
  std::string ask_appliance(const std::string& request);
  void cut_link(size_t server, bool out);
  void switch_by_operator(size_t server);
  void start_appliance();
  void start_server(size_t server);
  /// Its command line.
  std::vector<std::string> delivery_command(size_t server) const;
  void go();
  std::string program(const std::string& name) const { return options_.programs + "/" + name; }
  demo::Child start(const std::string& node, const std::vector<std::string>& words,
                    const std::string& log) const;

  Options options_;
  Addresses addresses_;
  Folder folder_;
  Lan lan_;
  std::optional<demo::Child> appliance_;
  std::optional<PacketSocket> control_;
  std::array<Server, 2> servers_;
  std::optional<Throttle> throttle_;  // of a server's delivery: ends before it
  bool paced_ = false;
};

}  // namespace understudy::network
