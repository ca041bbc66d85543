// SPDX-License-Identifier: Apache-2.0
// Two servers, a client and the virtual appliance as their witness, all real processes:
//
//     one (A)  10.0.0.1 ── port-one ┐                 10.0.0.100: the service address
//       │ peer0, 10.1.0.1           │                 10.0.0.101: the monitor address
//       │ peer0, 10.1.0.2           ├─ bridge "lan"
//     two (B)  10.0.0.2 ── port-two ┤
//     client   10.0.0.9 ── port-client
//
// The appliance runs freely in wall time, as a board would; its links are Unix sockets, so the
// networks mean nothing to them. All goes when this object goes.
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
#include "sim/network/client_ear.hpp"
#include "sim/network/lan.hpp"

namespace understudy::network {

inline constexpr auto service_address = "10.0.0.100";

class Folder {
 public:
  Folder();
  ~Folder();
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

enum class Fault : uint8_t { none, cable, kill, app, operator_switch };
struct FaultFacts {
  Fault fault;
  const char *name, *words;
};
inline constexpr std::array<FaultFacts, 5> faults{{
    {Fault::cable, "cable", "the primary's cable pulled, its daemon and delivery killed"},
    {Fault::kill, "kill", "the primary's daemon, delivery and playout killed (SIGKILL)"},
    {Fault::app, "app", "the primary's delivery killed (SIGKILL)"},
    {Fault::operator_switch, "operator", "an operator typed 'understudy switch'"},
    {Fault::none, "none", "nothing was broken"},
}};

class Stage {
 public:
  struct Options {
    std::string programs;  // folder of the programs
    uint32_t rate_mib;     // MiB a second through the client's cable
    std::function<bool()> interrupted = [] { return false; };
    std::string sections;  // for both daemons' configuration
  };

  /// Everything runs, one server serves and the other is ready to. Throws std::runtime_error with
  /// what is missing and the last words of whoever it is missing from.
  Stage(Options options, uint64_t object_bytes);

  size_t on_air() const;  // 0: A, 1: B; 2: nobody knows
  nlohmann::json status(size_t server) const;
  void strike(Fault fault, size_t server);
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
  /// The records of its daemon.
  std::string events(size_t server) const;
  pid_t delivery(size_t server) const { return servers_[server].delivery->process(); }
  std::string logs() const;
  /// Whether the kernel here keeps the rate; else clients must.
  bool paced() const { return paced_; }
  const Folder& folder() const { return folder_; }
  std::string object() const { return folder_ / "root/object"; }

 private:
  struct Server {
    std::optional<demo::Child> daemon, playout, delivery;
  };
  bool pace() const;
  void make_object(uint64_t bytes) const;
  void start_appliance();
  void start_server(size_t server);
  void go();
  std::string program(const std::string& name) const { return options_.programs + "/" + name; }
  demo::Child start(const std::string& node, const std::vector<std::string>& words,
                    const std::string& log) const;

  Options options_;
  Folder folder_;
  Lan lan_;
  std::optional<demo::Child> appliance_;
  std::optional<PacketSocket> control_;
  std::array<Server, 2> servers_;
  bool paced_ = false;
};

}  // namespace understudy::network
