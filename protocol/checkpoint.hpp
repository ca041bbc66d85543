// SPDX-License-Identifier: Apache-2.0
// The block of shared state about one client connection: who it is between, where its two byte
// streams stand, and one section for each protocol that takes part. The first server makes it, the
// second holds it; with the client's next acknowledgement it is all that the second needs.
// Stream offset 0 is the first byte after SYN; its sequence number is the initial one plus 1, so
// sequence = initial + 1 + offset, modulo 2^32 (RFC 9293, 3.4). Little-endian.
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

inline constexpr uint16_t magic = 0x4355;  // "UC"
inline constexpr uint8_t version = 1;

enum class Family : uint8_t { ipv4 = 4, ipv6 = 6 };
enum class Application : uint8_t { none = 0, http = 1, rtsp = 2 };

/// Whose section it is. Numbers from 128 on are free for protocols that are not ours.
enum class SectionKind : uint8_t {
  transport = 1,
  http = 2,
  rtsp = 3,
  rtp = 4,
  rtcp = 5,
  groups = 6
};

struct Endpoint {
  std::array<uint8_t, 16> address{};  // network order; IPv4 in the first four, the rest zero
  uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

/// Points into the bytes decoded from, or written by a SectionWriter.
struct Section {
  uint8_t kind = 0;  // SectionKind, never 0
  std::span<const uint8_t> bytes;
};

struct Sections {
  std::array<Section, limits::checkpoint_sections_max> items{};
  size_t count = 0;
  constexpr bool add(const Section& s) {
    if (count == items.size()) return false;
    items[count++] = s;
    return true;
  }
  constexpr std::span<const Section> all() const { return std::span(items).first(count); }
};

struct Record {
  static constexpr uint8_t client_closed = 1u << 0;  // the client's FIN was acknowledged
  static constexpr uint8_t flags_known = client_closed;

  std::string_view server;  // the first server's identifier, 1..application_name_max bytes
  uint32_t term = 0;        // under which it served
  uint64_t gathered = 0;    // when, ns since 1970
  uint64_t connection = 0;  // the first server's number of it, never 0
  Family family = Family::ipv4;
  Endpoint service, client;
  Application application = Application::none;
  uint8_t flags = 0;
  uint32_t initial_send = 0;     // sequence number of the server's SYN
  uint32_t initial_receive = 0;  // ... and of the client's
  uint64_t sent = 0;             // offset after the last byte given to the transport
  uint64_t acknowledged = 0;     // ... after the last that the client has acknowledged
  uint64_t received = 0;         // ... after the last byte taken from the client
  Sections sections;

  uint32_t current_send() const { return initial_send + 1 + static_cast<uint32_t>(sent); }
  uint32_t current_receive() const { return initial_receive + 1 + static_cast<uint32_t>(received); }
};

namespace detail {
constexpr void put(ByteWriter& w, const Endpoint& e) {
  w.bytes(e.address);
  w.u16(e.port);
}
constexpr Endpoint get_endpoint(ByteReader& r) {
  Endpoint e;
  const auto b = r.bytes(e.address.size());
  for (size_t i = 0; i < b.size(); ++i) e.address[i] = b[i];
  e.port = r.u16();
  return e;
}
constexpr bool good_address(Family family, const Endpoint& e) {
  if (family == Family::ipv6) return true;
  for (size_t i = 4; i < e.address.size(); ++i)
    if (e.address[i] != 0) return false;
  return true;
}
constexpr bool good(const Record& m) {
  return (m.family == Family::ipv4 || m.family == Family::ipv6) && m.connection != 0 &&
         good_address(m.family, m.service) && good_address(m.family, m.client) &&
         m.service.port != 0 && m.client.port != 0 && (m.flags & ~Record::flags_known) == 0 &&
         m.application <= Application::rtsp && m.acknowledged <= m.sent && !m.server.empty() &&
         m.server.size() <= limits::application_name_max;
}
}  // namespace detail

/// Bytes written, or 0: too long for `out` or for checkpoint_record_max, or not a good record.
constexpr size_t encode(const Record& m, std::span<uint8_t> out) {
  if (!detail::good(m)) return 0;
  ByteWriter w(out.first(out.size() < limits::checkpoint_record_max
                             ? out.size()
                             : size_t{limits::checkpoint_record_max}));
  w.u16(magic), w.u8(version), w.u8(m.flags), w.u8(uint8_t(m.family)), w.u8(uint8_t(m.application));
  w.u32(m.term), w.u64(m.gathered), w.u64(m.connection);
  detail::put(w, m.service);
  detail::put(w, m.client);
  w.u32(m.initial_send), w.u32(m.initial_receive);
  w.u64(m.sent), w.u64(m.acknowledged), w.u64(m.received);
  w.u8(static_cast<uint8_t>(m.server.size()));
  for (const char c : m.server) w.u8(static_cast<uint8_t>(c));
  w.u8(static_cast<uint8_t>(m.sections.count));
  for (const auto& s : m.sections.all()) {
    if (s.kind == 0) return 0;
    w.u8(s.kind), w.u32(static_cast<uint32_t>(s.bytes.size()));
    w.bytes(s.bytes);
  }
  return w.bad() ? 0 : w.size();
}

/// Nothing on a wrong magic, version, length, count or value, or on bytes left over.
inline std::optional<Record> decode_record(std::span<const uint8_t> in) {
  if (in.size() > limits::checkpoint_record_max) return std::nullopt;
  ByteReader r(in);
  if (r.u16() != magic || r.u8() != version) return std::nullopt;
  Record m;
  m.flags = r.u8(), m.family = Family(r.u8()), m.application = Application(r.u8());
  m.term = r.u32(), m.gathered = r.u64(), m.connection = r.u64();
  m.service = detail::get_endpoint(r);
  m.client = detail::get_endpoint(r);
  m.initial_send = r.u32(), m.initial_receive = r.u32();
  m.sent = r.u64(), m.acknowledged = r.u64(), m.received = r.u64();
  const auto name = r.bytes(r.u8());
  m.server = {reinterpret_cast<const char*>(name.data()), name.size()};
  const size_t sections = r.u8();
  for (size_t i = 0; i < sections && !r.bad(); ++i) {
    Section s;
    s.kind = r.u8();
    s.bytes = r.bytes(r.u32());
    if (s.kind == 0 || !m.sections.add(s)) return std::nullopt;
  }
  if (!r.complete() || !detail::good(m)) return std::nullopt;
  return m;
}

// --- the transport's section
// ----------------------------------------------------------------------
/// What the two kernels agreed on at the handshake, and the server's timestamp clock.
struct Transport {
  static constexpr uint8_t selective = 1u << 0;     // SACK (RFC 2018)
  static constexpr uint8_t scaled = 1u << 1;        // window scale (RFC 7323)
  static constexpr uint8_t timestamps = 1u << 2;    // RFC 7323
  static constexpr uint8_t microseconds = 1u << 3;  // unit of `timestamp`; milliseconds without
  static constexpr uint8_t flags_known = 15;
  uint8_t flags = 0;
  uint8_t send_scale = 0, receive_scale = 0;  // 0..14
  uint16_t segment = 536;                     // greatest that the client takes (MSS), bytes
  uint32_t timestamp = 0;                     // the server's TSval when the record was gathered
  bool operator==(const Transport&) const = default;
};
inline constexpr size_t transport_bytes = 9;

constexpr size_t encode(const Transport& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(m.flags), w.u8(m.send_scale), w.u8(m.receive_scale), w.u16(m.segment), w.u32(m.timestamp);
  return w.bad() ? 0 : w.size();
}
constexpr std::optional<Transport> decode_transport(std::span<const uint8_t> in) {
  ByteReader r(in);
  Transport m;
  m.flags = r.u8(), m.send_scale = r.u8(), m.receive_scale = r.u8();
  m.segment = r.u16(), m.timestamp = r.u32();
  if (!r.complete() || (m.flags & ~Transport::flags_known) != 0 || m.send_scale > 14 ||
      m.receive_scale > 14 || m.segment < 48)
    return std::nullopt;
  return m;
}

}  // namespace understudy::protocol::checkpoint
