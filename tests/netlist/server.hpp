// SPDX-License-Identifier: Apache-2.0
// A server on the desk. Its members are its faults, to be set between frames.
#pragma once

#include <cstdint>

#include "protocol/limits.hpp"
#include "protocol/states.hpp"

namespace understudy::netlist {

struct Server {
  bool cable = true;  // pixels arrive
  bool beats = true;
  uint8_t flags = 0;     // in the tags
  bool frozen = false;   // the tags' frame number stands still
  bool black = false;    // a dark picture with right tags
  bool corrupt = false;  // a wrong pixel in each line
  protocol::ServerState state = protocol::ServerState::primary;
  bool operator==(const Server&) const = default;
};

}  // namespace understudy::netlist
