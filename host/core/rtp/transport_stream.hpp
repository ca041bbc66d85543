// SPDX-License-Identifier: Apache-2.0
// MPEG-TS as RTP payloads (RFC 2250, section 2): seven packets in each. When a packet is due
// follows from the programme clock references around it: time goes evenly from one to the next.
// Only the first PID that carries a clock is heard; where its clock jumps, the last rate goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace understudy::rtp {

inline constexpr size_t ts_packet_bytes = 188;
inline constexpr size_t ts_packets_together = 7;
inline constexpr size_t ts_payload_bytes = ts_packet_bytes * ts_packets_together;

class TransportStreamClock {
 public:
  /// The next packet. False: it does not begin with the sync byte.
  bool add(std::span<const uint8_t, ts_packet_bytes> packet);
  uint64_t packets() const { return packets_; }
  /// Fewer than two clock references: nothing says how fast it goes.
  bool known() const { return points_.size() >= 2; }
  /// Ticks of 1/90000 s from the first packet to this one; packets() is the end. Only when known.
  int64_t time(uint64_t packet) const;

 private:
  struct Point {
    uint64_t packet;
    int64_t time;
  };
  void reference(uint64_t base, bool jump);
  std::vector<Point> points_;
  std::optional<uint16_t> pid_;
  uint64_t packets_ = 0, last_base_ = 0;
};

}  // namespace understudy::rtp
