// SPDX-License-Identifier: Apache-2.0
// A recording as the JSON that reports are made from; pixels are base64 of RGB24.
#pragma once

#include <string>

#include "sim/appliance/recording.hpp"

namespace understudy::sim {

std::string to_json(const Recording& recording, const Raster& raster);

}  // namespace understudy::sim
