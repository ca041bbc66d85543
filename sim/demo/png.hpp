// SPDX-License-Identifier: Apache-2.0
// Small pictures for the report: PNG (RFC 2083) of RGB24, as bytes or as a data: address.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace understudy::demo {

struct Picture {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> rgb;
  uint8_t* pixel(uint32_t x, uint32_t y) { return rgb.data() + 3 * (size_t{y} * width + x); }
};

std::vector<uint8_t> encode_png(const Picture& picture);
std::string base64(std::span<const uint8_t> bytes);
/// Nothing where the text is not base64.
std::vector<uint8_t> from_base64(std::string_view text);
std::string png_address(const Picture& picture);  // "data:image/png;base64,..."

/// At most `width` wide, each pixel the mean of those it stands for.
Picture scaled_down(std::span<const uint8_t> rgb, uint32_t width, uint32_t height, uint32_t to);

}  // namespace understudy::demo
