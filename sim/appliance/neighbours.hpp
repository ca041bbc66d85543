// SPDX-License-Identifier: Apache-2.0
// What the virtual appliance is wired to: two picture sources, two hosts, a place for the output.
// Sockets are one implementation (sim/server), a test's own objects another. Every call may block
// in wall time; virtual time stands still meanwhile.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/sim.hpp"
#include "protocol/states.hpp"

namespace understudy::sim {

using protocol::Server;

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// Render this frame; it is due video_lead_frames later.
  virtual void genlock(uint32_t frame, uint64_t now) = 0;
  /// The frame that is due now: width*height*3 bytes, RGB24, unchanged until two frames later.
  /// Null: there is none and none will come, so the card shows its last one again.
  virtual const uint8_t* frame(uint32_t frame) = 0;
  /// Comes back when every frame asked for is there (or its renderer is known to be dead).
  virtual void settle() {}
};

class Host {
 public:
  virtual ~Host() = default;
  /// It is `sync.now`: react. The spans live until the next call. Nothing: the host is gone.
  virtual std::optional<protocol::sim::Done> on_sync(const protocol::sim::Sync& sync) = 0;
  /// A host that hangs is not called; bytes for it wait in the link until it is full.
  virtual bool hangs() const { return false; }
  /// The link was cut (fault `usb`).
  virtual void cut() {}
  /// It sent more than the link can hold and is not called again.
  virtual void flooded() {}
};

class VideoSink {
 public:
  virtual ~VideoSink() = default;
  /// Where to write this frame; null: nowhere, only count it.
  virtual uint8_t* buffer(uint32_t frame) = 0;
  /// It is whole. `rgb` is that buffer or, when there was none, the appliance's own.
  virtual void frame(uint32_t frame, const uint8_t* rgb, uint64_t now) = 0;
};

}  // namespace understudy::sim
