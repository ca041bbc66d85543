// SPDX-License-Identifier: Apache-2.0
// Places in a TCP stream: offsets that never wrap (64 bits; 0 is the first byte after SYN) and the
// sequence numbers that stand for them on the wire (32 bits that do). A `Stream` turns one into the
// other; the way back needs an offset that is known to be at most 2^32 - 1 bytes earlier.
#pragma once

#include <compare>
#include <cstdint>

namespace understudy::core {

struct StreamOffset {
  uint64_t value = 0;
  auto operator<=>(const StreamOffset&) const = default;
  friend constexpr StreamOffset operator+(StreamOffset o, uint64_t n) { return {o.value + n}; }
  /// Bytes from `y` to `x`, which must not be before it.
  friend constexpr uint64_t operator-(StreamOffset x, StreamOffset y) { return x.value - y.value; }
};

struct SequenceNumber {
  uint32_t value = 0;
  bool operator==(const SequenceNumber&) const = default;
  friend constexpr SequenceNumber operator+(SequenceNumber s, uint32_t n) { return {s.value + n}; }
  friend constexpr SequenceNumber operator-(SequenceNumber s, uint32_t n) { return {s.value - n}; }
  /// How far `x` is after `y`; negative when before. Within half of the range.
  friend constexpr int32_t operator-(SequenceNumber x, SequenceNumber y) {
    return static_cast<int32_t>(x.value - y.value);
  }
};

/// One direction of a connection.
struct Stream {
  SequenceNumber initial;  // of its SYN
  constexpr SequenceNumber at(StreamOffset o) const {
    return initial + (1 + static_cast<uint32_t>(o.value));
  }
  /// The first offset at or after `from` that has this sequence number.
  constexpr StreamOffset offset_of(SequenceNumber s, StreamOffset from) const {
    return from + (s.value - at(from).value);
  }
};

}  // namespace understudy::core
