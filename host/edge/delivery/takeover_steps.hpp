// SPDX-License-Identifier: Apache-2.0
// When each step of a takeover was reached, from the decision on: for the log, `status`, and
// whoever asks why one took long.
#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::edge {

class TakeoverSteps {
 public:
  using Clock = std::chrono::steady_clock;
  enum Step : size_t { probed, answered, restored, last_restored, settled, steps };
  static constexpr std::array<std::string_view, steps> names{
      "first_probe_us", "first_answer_us", "first_restored_us", "last_restored_us", "settled_us"};

  void begin(Clock::time_point decided) {
    decided_ = decided;
    at_ = {};
  }
  /// The first time counts, but for `last_restored`.
  void reach(Step step) {
    if (!at_[step] || step == last_restored) at_[step] = Clock::now() - decided_;
  }
  std::optional<Clock::duration> at(Step step) const { return at_[step]; }

  /// `first_probe_us 31, first_answer_us 95, ...`; what was not reached is left out. `quote` makes
  /// it the inside of a JSON object.
  std::string text(bool quote = false) const {
    std::string out;
    for (size_t i = 0; i < steps; ++i)
      if (at_[i])
        out += fmt::format("{}{}{}{} {}", out.empty() ? "" : ", ", quote ? "\"" : "", names[i],
                           quote ? "\":" : "",
                           std::chrono::duration_cast<std::chrono::microseconds>(*at_[i]).count());
    return out;
  }

 private:
  Clock::time_point decided_;
  std::array<std::optional<Clock::duration>, steps> at_;
};

}  // namespace understudy::edge
