// SPDX-License-Identifier: Apache-2.0
// RTP's section of a checkpoint record: the data connections that belong to an RTSP connection (its
// bundle): which file, who the source says it is, where its packets go, and how far they have gone.
// Every packet follows from these numbers and the file, so both servers make the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/limits.hpp"

namespace understudy::protocol::checkpoint {

enum class RtpCarrier : uint8_t { unicast = 1, multicast = 2, interleaved = 3 };

/// What one PLAY sends: the units first_unit..end_unit-1 in decoding order. A place in a run is
/// counted in bytes as an interleaved connection has them ('$', channel, length, packet), whatever
/// carries it.
struct RtpRun {
  uint32_t first_unit = 0, end_unit = 0;
  uint64_t first_packet = 0, first_octet = 0;  // of the session, before this run
  uint32_t timestamp = 0;                      // RTP's, of first_unit
  uint64_t clock = 0;   // ns since 1970 at first_unit, as sender reports say; never changes
  uint64_t origin = 0;  // ns since 1970 at which first_unit is due, by the sender's clock
  bool operator==(const RtpRun&) const = default;
};

struct Rtp {
  static constexpr uint8_t version = 1;
  static constexpr uint8_t running = 1u << 0;  // the last run has not ended and is not paused
  static constexpr uint8_t settled = 1u << 1;  // whoever wrote this sends nothing more
  uint8_t flags = 0;
  RtpCarrier carrier = RtpCarrier::unicast;
  uint8_t payload_type = 0;
  uint8_t hops = 0;      // multicast: TTL
  uint64_t session = 0;  // of which all that follows is a function; never 0
  uint32_t ssrc = 0, first_timestamp = 0;
  uint16_t first_sequence = 0;
  std::array<uint8_t, 16> address{};  // destination, as the record's family
  uint16_t rtp = 0, rtcp = 0;         // its ports, or the interleaved channels
  std::string_view path, tag;         // the file, as HTTP's section has it
  uint32_t run = 0;                   // number of the first run that is kept
  std::array<RtpRun, limits::rtsp_runs_max> runs{};
  size_t count = 0;
  uint64_t position = 0;  // in the last run: sent, for datagrams
  uint32_t check = 0;     // CRC-32C of the packet that ends there; 0: none
};

namespace detail {
constexpr bool good(const Rtp& m) {
  const bool carrier = m.carrier >= RtpCarrier::unicast && m.carrier <= RtpCarrier::interleaved;
  if (!carrier || (m.flags & ~(Rtp::running | Rtp::settled)) != 0 || m.session == 0 ||
      m.payload_type > 127)
    return false;
  if (m.carrier == RtpCarrier::interleaved ? m.rtp > 255 || m.rtcp > 255
                                           : m.rtp == 0 || m.rtcp == 0)
    return false;
  if (m.path.empty() || m.path.size() > limits::object_name_max || m.tag.empty() ||
      m.tag.size() > limits::entity_tag_max || m.count > m.runs.size() || m.position >> 48)
    return false;
  if ((m.flags & Rtp::running) != 0 && m.count == 0) return false;
  for (size_t i = 0; i < m.count; ++i) {
    const auto& r = m.runs[i];
    if (r.first_unit >= r.end_unit || r.end_unit > limits::media_units_max) return false;
    if (r.clock >> 63 || r.origin >> 63) return false;
  }
  return true;
}
constexpr void put_text(ByteWriter& w, std::string_view s) {
  w.u16(static_cast<uint16_t>(s.size()));
  for (const char c : s) w.u8(static_cast<uint8_t>(c));
}
inline std::string_view get_text(ByteReader& r, size_t most) {
  const size_t n = r.u16();
  const auto b = r.bytes(n <= most ? n : r.left() + 1);
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
}  // namespace detail

/// Bytes written, 0: it does not fit or is not good.
constexpr size_t encode(const Rtp& m, std::span<uint8_t> out) {
  if (!detail::good(m)) return 0;
  ByteWriter w(out);
  w.u8(Rtp::version), w.u8(m.flags), w.u8(uint8_t(m.carrier)), w.u8(m.payload_type), w.u8(m.hops);
  w.u64(m.session), w.u32(m.ssrc), w.u32(m.first_timestamp), w.u16(m.first_sequence);
  w.bytes(m.address), w.u16(m.rtp), w.u16(m.rtcp);
  detail::put_text(w, m.path);
  detail::put_text(w, m.tag);
  w.u32(m.run), w.u8(static_cast<uint8_t>(m.count));
  for (size_t i = 0; i < m.count; ++i) {
    const auto& r = m.runs[i];
    w.u32(r.first_unit), w.u32(r.end_unit), w.u64(r.first_packet), w.u64(r.first_octet);
    w.u32(r.timestamp), w.u64(r.clock), w.u64(r.origin);
  }
  w.u64(m.position), w.u32(m.check);
  return w.bad() ? 0 : w.size();
}

/// Texts point into `in`.
inline std::optional<Rtp> decode_rtp(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != Rtp::version) return std::nullopt;
  Rtp m;
  m.flags = r.u8(), m.carrier = RtpCarrier(r.u8()), m.payload_type = r.u8(), m.hops = r.u8();
  m.session = r.u64(), m.ssrc = r.u32(), m.first_timestamp = r.u32(), m.first_sequence = r.u16();
  const auto address = r.bytes(m.address.size());
  for (size_t i = 0; i < address.size(); ++i) m.address[i] = address[i];
  m.rtp = r.u16(), m.rtcp = r.u16();
  m.path = detail::get_text(r, limits::object_name_max);
  m.tag = detail::get_text(r, limits::entity_tag_max);
  m.run = r.u32(), m.count = r.u8();
  if (m.count > m.runs.size()) return std::nullopt;
  for (size_t i = 0; i < m.count; ++i) {
    auto& n = m.runs[i];
    n.first_unit = r.u32(), n.end_unit = r.u32(), n.first_packet = r.u64(), n.first_octet = r.u64();
    n.timestamp = r.u32(), n.clock = r.u64(), n.origin = r.u64();
  }
  m.position = r.u64(), m.check = r.u32();
  return r.complete() && detail::good(m) ? std::optional(m) : std::nullopt;
}

}  // namespace understudy::protocol::checkpoint
