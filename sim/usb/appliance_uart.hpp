// SPDX-License-Identifier: Apache-2.0
// The far end of a modelled bridge's UART when it is the virtual appliance: a neighbour on its link
// socket (protocol/sim.hpp) that hands bytes over and holds virtual time back for the host, which
// lives in wall time: never faster than is said, and not past a moment at which the host's
// heartbeats would seem to be missing because this machine is slow.
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
  /// The appliance waits for an answer, and says nothing before.
  bool owes() const { return owes_; }
  /// When serve() is to be called again, if nothing else calls for it.
  std::optional<WallTime> deadline() const { return deadline_; }

 private:
  void hear();
  void carry(BridgeModel* bridge);
  /// The time at which the appliance may go on; nothing: only the host's bytes say.
  std::optional<WallTime> may_go_on(const BridgeModel* bridge, WallTime now);
  void go_on();

  const uint32_t slower_;
  edge::Descriptor socket_;
  std::optional<WallTime> deadline_;
  std::vector<uint8_t> message_, to_bridge_, from_bridge_;
  bool welcomed_ = false, owes_ = false, waited_for_ = false;
  uint64_t now_ = 0, heard_ = 0;  // virtual ns: of the SYNC, and when the host's last bytes came
  WallTime asked_;                // when the SYNC came
  std::optional<std::pair<WallTime, uint64_t>> origin_;
};

}  // namespace understudy::sim
