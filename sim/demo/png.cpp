// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/png.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace understudy::demo {
namespace {

void put32(std::vector<uint8_t>& out, uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(uint8_t(v >> shift));
}

void put_chunk(std::vector<uint8_t>& out, std::string_view type, std::span<const uint8_t> data) {
  put32(out, uint32_t(data.size()));
  const size_t start = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), data.begin(), data.end());
  put32(out, uint32_t(::crc32(0, out.data() + start, uInt(out.size() - start))));
}

/// Each row with filter 1 (difference to the pixel on the left): flat areas become zeros.
std::vector<uint8_t> filtered(const Picture& p) {
  std::vector<uint8_t> out;
  const size_t n = size_t{3} * p.width;
  out.reserve((n + 1) * p.height);
  for (uint32_t y = 0; y < p.height; ++y) {
    const uint8_t* row = p.rgb.data() + y * n;
    out.push_back(1);
    for (size_t i = 0; i < n; ++i) out.push_back(uint8_t(row[i] - (i < 3 ? 0 : row[i - 3])));
  }
  return out;
}

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::vector<uint8_t> encode_png(const Picture& p) {
  const std::array<uint8_t, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  std::vector<uint8_t> out(signature.begin(), signature.end()), header;
  put32(header, p.width), put32(header, p.height);
  for (int b : {8, 2, 0, 0, 0}) header.push_back(uint8_t(b));  // 8 bits, RGB, no interlace
  put_chunk(out, "IHDR", header);
  const auto plain = filtered(p);
  uLongf size = ::compressBound(uLong(plain.size()));
  std::vector<uint8_t> packed(size);
  ::compress2(packed.data(), &size, plain.data(), uLong(plain.size()), 9);
  packed.resize(size);
  put_chunk(out, "IDAT", packed);
  put_chunk(out, "IEND", {});
  return out;
}

std::string base64(std::span<const uint8_t> bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t v = 0;
    for (size_t k = 0; k < 3; ++k) v = v << 8 | (k < n ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? digits[(v >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::vector<uint8_t> from_base64(std::string_view text) {
  std::vector<uint8_t> out;
  uint32_t v = 0;
  int bits = 0;
  for (char c : text) {
    if (c == '=') break;
    const size_t at = digits.find(c);
    if (at == std::string_view::npos) return {};
    v = v << 6 | uint32_t(at), bits += 6;
    if (bits >= 8) bits -= 8, out.push_back(uint8_t(v >> bits));
  }
  return out;
}

std::string png_address(const Picture& p) {
  return "data:image/png;base64," + base64(encode_png(p));
}

Picture scaled_down(std::span<const uint8_t> rgb, uint32_t width, uint32_t height, uint32_t to) {
  const uint32_t w = std::min(width, to), h = std::max<uint32_t>(1, height * w / width);
  Picture out{w, h, std::vector<uint8_t>(size_t{3} * w * h)};
  for (uint32_t y = 0; y < h; ++y)
    for (uint32_t x = 0; x < w; ++x) {
      const uint32_t x0 = x * width / w, x1 = std::max(x0 + 1, (x + 1) * width / w);
      const uint32_t y0 = y * height / h, y1 = std::max(y0 + 1, (y + 1) * height / h);
      uint32_t sum[3] = {};
      for (uint32_t v = y0; v < y1; ++v)
        for (uint32_t u = x0; u < x1; ++u)
          for (size_t c = 0; c < 3; ++c) sum[c] += rgb[3 * (size_t{v} * width + u) + c];
      for (size_t c = 0; c < 3; ++c) out.pixel(x, y)[c] = uint8_t(sum[c] / ((x1 - x0) * (y1 - y0)));
    }
  return out;
}

}  // namespace understudy::demo
