// SPDX-License-Identifier: Apache-2.0
// Each counter of a session is taken once: a window of the last 64 below the highest one seen
// (RFC 6479's job, done with one word). Older ones are refused.
#pragma once

#include <cstdint>

namespace understudy::core {

class ReplayWindow {
 public:
  /// True the first time that a counter above zero comes and is not too old.
  constexpr bool fresh(uint64_t counter) {
    if (counter == 0) return false;
    if (counter > highest_) {
      const uint64_t step = counter - highest_;
      seen_ = step >= 64 ? 0 : seen_ << step;
      seen_ |= 1;
      highest_ = counter;
      return true;
    }
    const uint64_t age = highest_ - counter;
    if (age >= 64 || (seen_ >> age & 1)) return false;
    seen_ |= uint64_t{1} << age;
    return true;
  }
  constexpr uint64_t highest() const { return highest_; }

 private:
  uint64_t highest_ = 0;
  uint64_t seen_ = 0;  // bit i: highest - i
};

}  // namespace understudy::core
