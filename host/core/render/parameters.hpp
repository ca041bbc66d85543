// SPDX-License-Identifier: Apache-2.0
// What a playout draws onto its frames. Each parameter is set by a key and a text value; a value
// out of range leaves the parameters as they were.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "host/core/error.hpp"

namespace understudy::render {

inline constexpr uint32_t gain_neutral = 1000, gain_max = 4000;  // per mille
inline constexpr uint32_t ticker_speed_max = 64;                 // pixels a frame

struct Parameters {
  std::string caption;        // UTF-8; empty: none
  std::string ticker;         // UTF-8; empty: none
  uint32_t ticker_speed = 2;  // pixels a frame, 0..ticker_speed_max
  uint32_t gain = gain_neutral;
  bool operator==(const Parameters&) const = default;
};

/// Keys: `caption`, `ticker` (UTF-8 without control characters, up to parameter_bytes_max bytes),
/// `ticker_speed`, `gain` (decimal numbers). An empty value: as if never set. Errors: unknown key,
/// not UTF-8, not a number, range.
std::expected<void, Error> set(Parameters& parameters, std::string_view key,
                               std::string_view value);

/// The next character of UTF-8 text, taken off its front; U+FFFD for what is not UTF-8.
char32_t take_character(std::string_view& text);

}  // namespace understudy::render
