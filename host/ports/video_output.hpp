// SPDX-License-Identifier: Apache-2.0
// Where a playout's frames go: a video output card, or the virtual appliance in its place. The
// output says which frame it wants and when (genlock), and gives the memory to render it into.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "host/core/error.hpp"
#include "host/core/raster.hpp"

namespace understudy::ports {

/// A frame that is wanted now. `time`: nanoseconds of the output's clock when it was asked for.
struct FrameRequest {
  uint32_t frame = 0, slot = 0;
  uint64_t time = 0;
};

class VideoOutput {
 public:
  virtual ~VideoOutput() = default;
  virtual const Raster& raster() const = 0;
  /// Readable when request() has something to say.
  virtual int descriptor() const = 0;
  /// The next frame wanted; nothing if none is yet. Never waits. An error ends the output.
  virtual std::expected<std::optional<FrameRequest>, Error> request() = 0;
  /// The memory for a frame that was requested: RGB24, no padding.
  virtual std::span<uint8_t> memory(const FrameRequest& request) = 0;
  /// The frame is there.
  virtual std::expected<void, Error> deliver(const FrameRequest& request) = 0;
};

}  // namespace understudy::ports
