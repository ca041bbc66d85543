// SPDX-License-Identifier: Apache-2.0
// All that can happen to a server, as values. The edge decodes the link's bytes, checks the peer's
// MAC and parses control requests; everything else is decided behind `Server::step`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/core/monitor/component_monitor.hpp"
#include "host/core/overburdening/burden.hpp"
#include "host/core/time.hpp"
#include "protocol/link.hpp"
#include "protocol/peer.hpp"

namespace understudy::core {

// --- appliance -----------------------------------------------------------------------------------
struct LinkUp {
  Duration frame;  // a frame's duration as the appliance says; zero: not known
};
struct LinkDown {};
struct LinkTick {
  protocol::Tick tick;
};
struct LinkEvent {
  protocol::Event event;
};
/// So many bad frames came since the last one of these.
struct LinkGarbage {
  uint32_t frames = 1;
};

// --- peer ----------------------------------------------------------------------------------------
/// A datagram whose MAC was right.
struct PeerDatagram {
  protocol::peer::Envelope envelope;
  std::vector<uint8_t> payload;
};
/// One that was not: garbage, another version, another key.
struct PeerGarbage {
  enum class Why : uint8_t { malformed, wrong_key };
  Why why = Why::malformed;
};

// --- applications --------------------------------------------------------------------------------
struct ApplicationRegistered {
  ApplicationId id;
  std::string name;
  Duration deadline{};  // zero: none
  bool wants_parameters = false;
  bool wants_service = false;
};
/// Where a service address is kept: whether this server holds it. Until the first one of these it
/// is not asked for: who is primary and on air serves.
struct ServiceHeld {
  bool held = false;
};
struct ApplicationAlive {
  ApplicationId id;
  Instant time;  // as the application says
};
struct ApplicationApplied {
  ApplicationId id;
  LogIndex index;
};
struct ApplicationEnded {
  ApplicationId id;
  ApplicationEnd how = ApplicationEnd::died;
};
/// What it carries, as it says.
struct ApplicationLoad {
  ApplicationId id;
  uint32_t lateness_us = 0;
  uint64_t backlog_bytes = 0;
};

// --- this machine --------------------------------------------------------------------------------
struct LoadMeasured {
  Figure figure = Figure::run_queue;
  int64_t value = 0;
};

// --- control -------------------------------------------------------------------------------------
/// Chosen by the edge; comes back in exactly one Reply.
struct RequestId {
  uint64_t value = 0;
  auto operator<=>(const RequestId&) const = default;
};
struct SwitchRequest {
  std::optional<protocol::Server> to;  // nothing: the one that is not on air
  bool force = false;                  // also when the pictures are not proven equal
};
struct OfflineRequest {
  bool force = false;  // also when nobody is there to take over
};
struct OnlineRequest {};
struct ModeRequest {
  protocol::Mode mode = protocol::Mode::automatic;
};
struct ClearAlarmsRequest {};
struct SetRequest {
  std::string key, value;
};
struct SynchronizeRequest {};
struct ControlRequest {
  RequestId id;
  std::variant<SwitchRequest, OfflineRequest, OnlineRequest, ModeRequest, ClearAlarmsRequest,
               SetRequest, SynchronizeRequest>
      what;
};

/// Options::guarded: who may hold the service address is the primary.
struct RoleSaid {
  bool primary = false;
};
/// The n-th copy of the state is due (PM-14): the follower takes it.
struct CopyDue {
  uint32_t number = 0;
};

/// The time that next_deadline() named has come.
struct Timer {};

using Event = std::variant<Timer, LinkUp, LinkDown, LinkTick, LinkEvent, LinkGarbage, PeerDatagram,
                           PeerGarbage, ApplicationRegistered, ApplicationAlive, ApplicationApplied,
                           ApplicationEnded, ApplicationLoad, LoadMeasured, ServiceHeld,
                           ControlRequest, RoleSaid, CopyDue>;

}  // namespace understudy::core
