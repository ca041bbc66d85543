// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same everywhere for one seed (SplitMix64: Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace understudy::side {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 to n-1.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }
  uint32_t between(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool chance(uint32_t in_1000) { return below(1000) < in_1000; }

 private:
  uint64_t state_;
};

}  // namespace understudy::side
