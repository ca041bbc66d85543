// SPDX-License-Identifier: Apache-2.0
// What a server knows, at one moment, for people and programs that ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/core/synchronization/joiner.hpp"
#include "host/core/time.hpp"
#include "protocol/states.hpp"

namespace understudy::core {

struct ApplicationStatus {
  std::string name;
  bool well = true;
  std::string down;          // why it is not
  uint64_t deadline_ms = 0;  // 0: none
  bool wants_parameters = false;
  bool discard = false;  // as last told
  uint64_t applied = 0;  // log index
};

struct PeerStatus {
  std::string name;
  protocol::ServerState state = protocol::ServerState::unknown;
  std::string reason;  // why it is failed
  uint32_t term = 0;   // that it knows of
  uint32_t applications = 0, applications_down = 0;
  uint64_t log_last = 0, log_committed = 0;
  FrameNumber frame;             // that it told last
  std::optional<uint16_t> load;  // per mille of what makes it overburdened
  bool burdened = false;
};

struct BurdenStatus {
  bool looks = false;            // a threshold is configured
  std::optional<uint16_t> load;  // per mille of the nearest threshold
  bool burdened = false;
  std::string overload;      // the figure that has lasted
  std::string kept_because;  // why this server keeps its role all the same
  uint64_t handed_over = 0;  // how often, since the start
  std::string last;          // ... and why, the last time
};

struct ParameterStatus {
  std::string key, value;
};

struct Status {
  std::string name;
  protocol::ServerState state = protocol::ServerState::unknown;
  std::string reason;  // why it is failed; empty otherwise
  bool offline_asked = false;

  // The appliance's word, from the last tick.
  bool appliance = false;  // heard now
  std::optional<protocol::Server> port, on_air;
  uint32_t frame = 0, term = 0;
  protocol::ServerState state_a = protocol::ServerState::unknown;
  protocol::ServerState state_b = protocol::ServerState::unknown;
  protocol::Mode mode = protocol::Mode::automatic;
  uint16_t alarms = 0;
  uint16_t equal_frames = 0;
  bool is_protected = false;

  std::optional<PeerStatus> peer;  // nothing: not connected
  Initiator initiator = Initiator::second;
  bool synchronized_peer = false;  // primary: the follower takes part in every change
  uint64_t log_base = 0, log_last = 0, log_committed = 0;
  std::vector<ApplicationStatus> applications;
  BurdenStatus burden;
  std::vector<ParameterStatus> parameters;

  // Counters since the start.
  uint64_t beats_sent = 0;
  uint64_t peer_refused = 0;  // datagrams not for us, played again, wrong key, malformed
  uint64_t link_garbage = 0;
  uint64_t events_ignored = 0;  // state events without a row
  uint64_t changes_restamped = 0;
  uint64_t changes_late = 0;
  uint64_t gate_restarts = 0;  // its frame numbers began anew
};

}  // namespace understudy::core
