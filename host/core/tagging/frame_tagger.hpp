// SPDX-License-Identifier: Apache-2.0
// Tags each line of a frame as protocol/line_tag.hpp says, fast enough for every frame: the
// picture's CRC-32C uses the processor's own instruction where it has one, else protocol's tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace understudy::tagging {

/// Same value as protocol::picture_crc. `rgb`: one line, RGB24, at least 40 pixels.
uint32_t picture_crc(std::span<const uint8_t> rgb);

/// Writes the tag into every line of `frame` (RGB24, `line_bytes` a line, no padding).
void tag_frame(std::span<uint8_t> frame, size_t line_bytes, uint32_t number, uint8_t flags);

}  // namespace understudy::tagging
