// SPDX-License-Identifier: Apache-2.0
// report.html of a network run: stands alone (style and drawings inside, no network).
#pragma once

#include <string>

#include "sim/network/outcome.hpp"

namespace understudy::network {

std::string report_html(const Outcome& outcome);

}  // namespace understudy::network
