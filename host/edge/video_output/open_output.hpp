// SPDX-License-Identifier: Apache-2.0
// Opens a video output by its address: sim:unix:PATH is the virtual appliance's socket.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string_view>

#include "host/core/error.hpp"
#include "host/ports/video_output.hpp"

namespace understudy::video_output {

/// Tries for up to `patience`, for an output that is still starting.
std::expected<std::unique_ptr<ports::VideoOutput>, Error> open(std::string_view uri,
                                                               std::chrono::milliseconds patience);

}  // namespace understudy::video_output
