// SPDX-License-Identifier: Apache-2.0
// What a server must be told before it starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "host/core/error.hpp"
#include "host/core/monitor/component_monitor.hpp"
#include "host/core/overburdening/burden.hpp"
#include "host/core/synchronization/joiner.hpp"
#include "host/core/time.hpp"

namespace understudy::core {

struct Options {
  std::string name;       // identity; the peer's must differ
  uint64_t session = 0;   // random, not 0, new at each start
  uint32_t boot_id = 0;   // random, new at each start; in heartbeats
  bool appliance = true;  // false: appliance = "none", roles come from the peer link alone
  bool peer = true;       // false: no [peer] section
  /// Without an appliance: RoleSaid alone makes a primary (ping monitor and fence decide).
  bool guarded = false;
  Duration frame = std::chrono::nanoseconds(16'666'667);  // until the appliance says otherwise
  uint32_t beats_per_frame = 8;                           // 2..64
  Initiator initiator = Initiator::second;
  uint32_t equal_frames = 8;
  MonitorOptions monitor;
  BurdenOptions overburdening;  // no threshold: it never hands over by itself
  /// Whether applications can take this value for this parameter: what they would refuse must not
  /// enter the log, since one that joins later never saw the value before. Nothing: all pass.
  std::expected<void, Error> (*check_parameter)(std::string_view key,
                                                std::string_view value) = nullptr;
};

}  // namespace understudy::core
