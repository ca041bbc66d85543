// SPDX-License-Identifier: Apache-2.0
// A device that carries the link's bytes: USB bridge, serial device, PCIe mailbox. One thread of
// its transport calls everything here but wake(), which anybody may call; nothing here knows
// messages or the daemon. A new kind of device is these five functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

class LinkDevice {
 public:
  virtual ~LinkDevice() = default;
  /// May take some hundred milliseconds. Errors: what happened, why, what to do.
  virtual Result<void> open() = 0;
  /// Starts sending what stands in `out` and takes that away from its front; appends to `in` what
  /// has come, waiting for it until wake() or for `patience`. Errors: the device is lost.
  virtual Result<void> turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                            std::chrono::milliseconds patience) = 0;
  virtual void wake() = 0;
  virtual void close() = 0;
};

}  // namespace understudy::edge
