// SPDX-License-Identifier: Apache-2.0
// The far end of a modelled bridge's UART when it is the virtual appliance: a neighbour on its link
// socket (protocol/sim.hpp) that hands bytes over and holds virtual time back for the host, which
// lives in wall time: never faster than is said, and not past a moment at which the host's
// heartbeats would seem to be missing because this machine is slow. One that runs freely (WELCOME
// says so) is only handed bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"

namespace understudy::sim {

class BridgeModel;

class ApplianceUart {
 public:
  using WallTime = std::chrono::steady_clock::time_point;

  /// Says HELLO at the link socket. Errors: an empty descriptor. Virtual time goes at most
  /// 1/`slower` as fast as the wall's.
  ApplianceUart(const std::string& path, uint32_t slower);
  int descriptor() const { return socket_.number(); }
  /// Carries what there is between the appliance and the bridge (null: none plugged in).
  void serve(BridgeModel* bridge, WallTime now);
  /// Whether what the appliance says is to be heard now: not before it has its answer, nor, from
  /// one that runs freely, more than the bridge has room for.
  bool listens(const BridgeModel* bridge) const;
  /// When serve() is to be called again, if nothing else calls for it.
  std::optional<WallTime> deadline() const { return deadline_; }

 private:
  void hear();
  void carry(BridgeModel* bridge);
  /// The time at which the appliance may go on; nothing: only the host's bytes say.
  std::optional<WallTime> may_go_on(const BridgeModel* bridge, WallTime now);
  void go_on();
  /// A free-running appliance waits for nobody.
  void hand_on();

  const uint32_t slower_;
  edge::Descriptor socket_;
  std::optional<WallTime> deadline_;
  std::vector<uint8_t> message_, to_bridge_, from_bridge_;
  bool welcomed_ = false, free_running_ = false, owes_ = false, waited_for_ = false;
  uint64_t now_ = 0, heard_ = 0;  // virtual ns: of the SYNC, and when the host's last bytes came
  WallTime asked_;                // when the SYNC came
  std::optional<std::pair<WallTime, uint64_t>> origin_;
};

}  // namespace understudy::sim
