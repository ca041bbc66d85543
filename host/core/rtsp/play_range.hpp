// SPDX-License-Identifier: Apache-2.0
// The Range field in normal play time (RFC 2326, 3.6 and 12.29), in ticks of 1/90000 s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::rtsp {

struct PlayRange {
  std::optional<int64_t> from;  // nothing: from where it stands ("now", or none given)
  std::optional<int64_t> to;    // nothing: to the end
  bool operator==(const PlayRange&) const = default;
};

/// Nothing: not npt, or nonsense (457).
std::optional<PlayRange> read_range(std::string_view field);
/// "npt=1.500-12.345"; without `to`: "npt=1.500-".
std::string write_range(int64_t from, std::optional<int64_t> to);

}  // namespace understudy::rtsp
