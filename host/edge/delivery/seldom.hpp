// SPDX-License-Identifier: Apache-2.0
// Keeps a line that strangers can cause from filling the log: it is due the first time, and then
// once in ten seconds with how often it happened since.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace understudy::edge {

class Seldom {
 public:
  /// It happened. How often since it was last said, when it is due to be said.
  std::optional<uint64_t> happened() {
    ++times_;
    const auto now = std::chrono::steady_clock::now();
    if (said_ && now - *said_ < std::chrono::seconds(10)) return std::nullopt;
    said_ = now;
    return std::exchange(times_, 0);
  }

 private:
  uint64_t times_ = 0;
  std::optional<std::chrono::steady_clock::time_point> said_;
};

}  // namespace understudy::edge
