// SPDX-License-Identifier: Apache-2.0
// What each client was sent around the fault, over time, as one drawing (SVG).
#pragma once

#include <string>

#include "sim/network/outcome.hpp"

namespace understudy::network {

std::string client_timeline(const Outcome& outcome);

}  // namespace understudy::network
