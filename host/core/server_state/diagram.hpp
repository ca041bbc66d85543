// SPDX-License-Identifier: Apache-2.0
// The state table as a picture: docs/states.svg is this text, and a test fails when it is not.
// Arrows and their words come from the table; only where boxes and lines stand is written here.
// What every state of a frame does with an event is one arrow from the frame, as in a statechart.
#pragma once

#include <string>
#include <vector>

#include "host/core/server_state/server_state.hpp"

namespace understudy::core {

/// One line of the picture: rows that lead the same way.
struct StateArrow {
  std::vector<ServerState> from;  // one state, or all of a frame
  ServerState to;
  std::vector<StateEvent> on;
  bool drawn_by_hand = false;  // it has a way of its own; otherwise it is a straight line
};

/// All of the table, each row in exactly one arrow.
std::vector<StateArrow> state_arrows();

/// The picture, a whole SVG document.
std::string states_svg();

}  // namespace understudy::core
