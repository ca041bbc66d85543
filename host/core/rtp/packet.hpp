// SPDX-License-Identifier: Apache-2.0
// An RTP packet's fixed header (RFC 3550, 5.1): written without contributing sources, extension or
// padding; read with all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "host/core/rtp/network_bytes.hpp"

namespace understudy::rtp {

inline constexpr size_t header_bytes = 12;
inline constexpr uint8_t payload_h264 = 96;              // dynamic; the SDP says so
inline constexpr uint8_t payload_transport_stream = 33;  // RFC 3551, 6
inline constexpr int64_t ticks_per_second = 90'000;      // of both

struct Header {
  bool marker = false;
  uint8_t payload_type = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0, ssrc = 0;
  bool operator==(const Header&) const = default;
};

constexpr void encode(const Header& h, std::span<uint8_t, header_bytes> out) {
  NetworkWriter w(out);
  w.u8(0x80), w.u8(static_cast<uint8_t>((h.marker ? 0x80 : 0) | (h.payload_type & 0x7f)));
  w.u16(h.sequence), w.u32(h.timestamp), w.u32(h.ssrc);
}

struct Packet {
  Header header;
  std::span<const uint8_t> payload;  // points into what was decoded
};

constexpr std::optional<Packet> decode(std::span<const uint8_t> in) {
  NetworkReader r(in);
  const uint8_t first = r.u8(), second = r.u8();
  Packet p;
  p.header.marker = second & 0x80, p.header.payload_type = second & 0x7f;
  p.header.sequence = r.u16(), p.header.timestamp = r.u32(), p.header.ssrc = r.u32();
  if (first >> 6 != 2) return std::nullopt;
  r.bytes(size_t{4} * (first & 0x0f));
  if (first & 0x10) {
    r.u16();
    r.bytes(size_t{4} * r.u16());
  }
  size_t size = r.left();
  if (first & 0x20) {
    const size_t padding = size ? in.back() : 0;
    if (padding == 0 || padding > size) return std::nullopt;
    size -= padding;
  }
  p.payload = r.bytes(size);
  return r.bad() ? std::nullopt : std::optional(p);
}

}  // namespace understudy::rtp
