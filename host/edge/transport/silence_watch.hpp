// SPDX-License-Identifier: Apache-2.0
// Whether an open device still carries an appliance: ticks of our version come, and all from one
// port, within a time and within a number of bytes. Bytes without end and no tick among them are
// silence too.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "host/edge/transport/tick_watch.hpp"
#include "protocol/link_wire.hpp"

namespace understudy::edge {

/// What is wrong with ticks of that version.
inline std::string other_version(uint32_t version) {
  return fmt::format(
      "the appliance speaks link version {}, this program version {}: put gateware and program of "
      "one release together",
      version, protocol::link_version);
}

class SilenceWatch {
 public:
  using Duration = std::chrono::steady_clock::duration;
  explicit SilenceWatch(std::chrono::milliseconds most) : most_(most) {}

  /// `bytes` came in `time` of listening. Empty, or why the device is to be given up.
  std::string heard(std::span<const uint8_t> bytes, Duration time) {
    silence_ += time;
    bytes_ += bytes.size();
    while (const auto heard = ticks_.bytes(bytes)) {
      if (!heard->tick) return other_version(heard->version);
      if (port_ && *port_ != heard->tick->port)
        return "the appliance's port is another one all at once: are its two links mixed up?";
      port_ = heard->tick->port;
      bytes = bytes.subspan(heard->end);
      silence_ = {}, bytes_ = bytes.size();
    }
    if (silence_ < most_ && bytes_ < protocol::limits::link_tickless_max) return "";
    return fmt::format(
        "the device is there, but no tick came in {}: is the board's gateware loaded, and is this "
        "its link?",
        silence_ < most_ ? fmt::format("{} bytes", bytes_) : fmt::format("{} ms", most_.count()));
  }

 private:
  const std::chrono::milliseconds most_;
  TickWatch ticks_;
  Duration silence_{0};
  size_t bytes_ = 0;  // since the last tick
  std::optional<protocol::Server> port_;
};

}  // namespace understudy::edge
