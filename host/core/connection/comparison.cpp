// SPDX-License-Identifier: Apache-2.0
#include "host/core/connection/comparison.hpp"

#include <algorithm>

namespace understudy::core {

std::expected<Resume, Mismatch> compare(const Known& known, const ClientAnswer& answer) {
  const SequenceNumber theirs = known.input.at(known.received) + (known.client_closed ? 1u : 0u);
  const int32_t ahead = answer.sequence - theirs;
  // As RFC 5961, 3.2: an RST that only falls into the window may be anybody's.
  if (answer.reset && ahead == 0) return std::unexpected(Mismatch::reset);
  if (answer.reset || ahead > static_cast<int32_t>(window_max))
    return std::unexpected(Mismatch::client_ahead);
  // A segment with data may be one that is sent again; one without stands at the client's end.
  const int64_t reach = int64_t{ahead} + answer.payload;
  if (reach < 0) return std::unexpected(Mismatch::client_behind);

  const StreamOffset offset = known.output.offset_of(answer.acknowledged, known.acknowledged);
  const StreamOffset last = known.end + (known.end_closes ? 1 : 0);
  if (offset <= last) {
    const auto from = std::min(offset, known.end);
    return Resume{from, answer, known.paced ? 0 : known.end - from};
  }
  const bool before = answer.acknowledged - known.output.at(known.acknowledged) < 0;
  return std::unexpected(before ? Mismatch::stale : Mismatch::never_sent);
}

}  // namespace understudy::core
