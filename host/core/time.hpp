// SPDX-License-Identifier: Apache-2.0
// Time and the numbers that must not be mixed up. `Instant` stands on a clock that cannot be asked
// what time it is: core is told, so one process can run both servers in virtual time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace understudy {

struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};
using Duration = Clock::duration;
using Instant = Clock::time_point;

constexpr Instant instant(uint64_t nanoseconds) {
  return Instant(Duration(static_cast<Duration::rep>(nanoseconds)));
}
constexpr uint64_t nanoseconds(Instant t) {
  return static_cast<uint64_t>(t.time_since_epoch().count());
}

/// Another's time stamp on our clock, which is `offset` ahead of his; one later than `now` is now.
constexpr Instant not_later(uint64_t stamp, Duration offset, Instant now) {
  const Duration his_now = now.time_since_epoch() - offset;
  return his_now.count() < 0 || stamp > static_cast<uint64_t>(his_now.count())
             ? now
             : instant(stamp) + offset;
}

/// A frame's number: 32 bits that wrap, compared within half of their range. -1 stands before 0.
struct FrameNumber {
  uint32_t value = 0;
  bool operator==(const FrameNumber&) const = default;
  friend constexpr FrameNumber operator+(FrameNumber f, uint32_t n) { return {f.value + n}; }
  /// How many frames `x` is after `y`; negative when it is before.
  friend constexpr int32_t operator-(FrameNumber x, FrameNumber y) {
    return static_cast<int32_t>(x.value - y.value);
  }
  constexpr bool before(FrameNumber other) const { return *this - other < 0; }
};
constexpr FrameNumber later(FrameNumber x, FrameNumber y) {
  return x.before(y) ? y : x;
}

/// The fencing token: grows by one at every change of the server on air, never wraps.
struct Term {
  uint32_t value = 0;
  auto operator<=>(const Term&) const = default;
};

/// A place in the ordered log; the first entry is 1, 0 is "nothing yet".
struct LogIndex {
  uint64_t value = 0;
  auto operator<=>(const LogIndex&) const = default;
  constexpr LogIndex next() const { return {value + 1}; }
};

}  // namespace understudy
