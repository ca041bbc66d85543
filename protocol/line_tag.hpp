// SPDX-License-Identifier: Apache-2.0
// The line tag: 120 bits in the least significant bits of a line's first 40 pixels, so that a raw
// video line names itself (frame, line) and checks itself. Pixel i carries bits 3i (blue), 3i+1
// (green) and 3i+2 (red). As 15 little-endian bytes: magic, flags, frame (4), line (2),
// picture CRC-32C (4), spare, tag CRC-16 (2, over the 13 bytes before it).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/bytes.hpp"
#include "protocol/crc.hpp"
#include "protocol/limits.hpp"

namespace understudy::protocol {

struct LineTag {
  static constexpr uint8_t magic = 0xA1;  // high nibble: mark, low nibble: version 1
  static constexpr size_t bytes = 15;
  static constexpr size_t bits = 8 * bytes;
  static constexpr uint8_t flag_discard = 0x01;  // this server's picture is not to be delivered

  uint8_t flags = 0;
  uint32_t frame = 0;
  uint16_t line = 0;
  uint32_t picture_crc = 0;
  uint8_t spare = 0;

  bool operator==(const LineTag&) const = default;
  constexpr bool discard() const { return flags & flag_discard; }
};
static_assert(LineTag::bits == 3 * limits::tag_pixels);

constexpr std::array<uint8_t, LineTag::bytes> encode(const LineTag& t) {
  std::array<uint8_t, LineTag::bytes> out{};
  ByteWriter w(out);
  w.u8(LineTag::magic);
  w.u8(t.flags);
  w.u32(t.frame);
  w.u16(t.line);
  w.u32(t.picture_crc);
  w.u8(t.spare);
  w.u16(crc16(std::span<const uint8_t>(out).first(13)));
  return out;
}

/// The tag, or nothing when the magic or the tag's own CRC is wrong.
constexpr std::optional<LineTag> decode_tag(std::span<const uint8_t, LineTag::bytes> in) {
  ByteReader r(in);
  if (r.u8() != LineTag::magic) return std::nullopt;
  LineTag t;
  t.flags = r.u8();
  t.frame = r.u32();
  t.line = r.u16();
  t.picture_crc = r.u32();
  t.spare = r.u8();
  if (r.u16() != crc16(in.first(13))) return std::nullopt;
  return t;
}

/// CRC-32C of one RGB24 line (red, green, blue bytes a pixel) with the 120 tag bits read as zero.
/// The line must be at least 40 pixels wide.
constexpr uint32_t picture_crc(std::span<const uint8_t> rgb) {
  Crc32c c;
  for (size_t i = 0; i < 3 * limits::tag_pixels; ++i) c.byte(rgb[i] & 0xFE);
  c.bytes(rgb.subspan(3 * limits::tag_pixels));
  return c.value();
}

/// Writes the tag's bits into the line's first 40 pixels.
constexpr void write_tag(std::span<uint8_t> rgb, const LineTag& t) {
  const auto b = encode(t);
  for (size_t i = 0; i < LineTag::bits; ++i) {
    uint8_t& channel = rgb[3 * (i / 3) + (2 - i % 3)];  // bit 3i blue, 3i+1 green, 3i+2 red
    channel = static_cast<uint8_t>((channel & 0xFE) | ((b[i / 8] >> (i % 8)) & 1));
  }
}

constexpr std::optional<LineTag> read_tag(std::span<const uint8_t> rgb) {
  std::array<uint8_t, LineTag::bytes> b{};
  for (size_t i = 0; i < LineTag::bits; ++i)
    b[i / 8] = static_cast<uint8_t>(b[i / 8] | (rgb[3 * (i / 3) + (2 - i % 3)] & 1) << (i % 8));
  return decode_tag(b);
}

/// Computes the picture's CRC and writes a complete tag.
constexpr void tag_line(std::span<uint8_t> rgb, uint32_t frame, uint16_t line, uint8_t flags) {
  write_tag(rgb, LineTag{flags, frame, line, picture_crc(rgb), 0});
}

}  // namespace understudy::protocol
