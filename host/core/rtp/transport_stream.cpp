// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/transport_stream.hpp"

#include <algorithm>

#include "host/core/check.hpp"
#include "host/core/rtp/packet.hpp"

namespace understudy::rtp {
namespace {

constexpr uint64_t base_wraps = uint64_t{1} << 33;  // ISO/IEC 13818-1, 2.4.3.5
constexpr int64_t jump_ticks = 10 * ticks_per_second;

/// On the line through two points.
int64_t along(uint64_t p0, int64_t t0, uint64_t p1, int64_t t1, uint64_t p) {
  const __int128 steps = static_cast<__int128>(p) - p0;
  return t0 + static_cast<int64_t>(steps * (t1 - t0) / static_cast<int64_t>(p1 - p0));
}

}  // namespace

bool TransportStreamClock::add(std::span<const uint8_t, ts_packet_bytes> packet) {
  if (packet[0] != 0x47) return false;
  const auto pid = static_cast<uint16_t>((packet[1] & 0x1f) << 8 | packet[2]);
  const bool adaptation = packet[3] & 0x20;
  if (adaptation && packet[4] >= 7 && (packet[5] & 0x10) && (!pid_ || *pid_ == pid)) {
    pid_ = pid;
    const uint64_t base = uint64_t{packet[6]} << 25 | uint64_t{packet[7]} << 17 |
                          uint64_t{packet[8]} << 9 | uint64_t{packet[9]} << 1 | packet[10] >> 7;
    reference(base, packet[5] & 0x80);
  }
  ++packets_;
  return true;
}

void TransportStreamClock::reference(uint64_t base, bool jump) {
  if (points_.empty()) {
    points_.push_back({packets_, 0});
  } else {
    const auto& last = points_.back();
    auto passed = static_cast<int64_t>((base + base_wraps - last_base_) % base_wraps);
    if (jump || passed > jump_ticks) {
      passed = 0;
      if (points_.size() >= 2) {
        const auto& before = points_[points_.size() - 2];
        passed = along(before.packet, before.time, last.packet, last.time, packets_) - last.time;
      }
    }
    points_.push_back({packets_, last.time + passed});
  }
  last_base_ = base;
}

int64_t TransportStreamClock::time(uint64_t packet) const {
  CHECK(known());
  auto after = std::upper_bound(points_.begin(), points_.end(), packet,
                                [](uint64_t p, const Point& x) { return p < x.packet; });
  after = std::clamp(after, points_.begin() + 1, points_.end() - 1);
  const auto line = [&](uint64_t p, auto a) {
    return along((a - 1)->packet, (a - 1)->time, a->packet, a->time, p);
  };
  const int64_t start = line(0, points_.begin() + 1);  // at or before the first reference
  return line(packet, after) - start;
}

}  // namespace understudy::rtp
