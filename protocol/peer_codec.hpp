// SPDX-License-Identifier: Apache-2.0
// Bytes of the messages in peer.hpp: little-endian, one type byte, texts with a 16-bit length,
// lists with an 8-bit count. A decoder gives nothing on a wrong type, length, count or value.
#pragma once

#include "protocol/peer.hpp"

namespace understudy::protocol::peer {

namespace detail {
inline void put_text(ByteWriter& w, std::string_view s) {
  w.u16(static_cast<uint16_t>(s.size()));
  w.bytes(std::span(reinterpret_cast<const uint8_t*>(s.data()), s.size()));
}
inline void spoil(ByteReader& r) {
  r.bytes(r.left() + 1);
}
inline std::string_view get_text(ByteReader& r, size_t most, size_t least = 0) {
  const size_t n = r.u16();
  if (n > most || n < least) {
    spoil(r);
    return {};
  }
  const auto b = r.bytes(n);
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline bool get_flag(ByteReader& r) {
  const uint8_t b = r.u8();
  if (b > 1) spoil(r);
  return b == 1;
}
/// Reads a count and that many items; more than the list holds is garbage.
template <class List, class Read>
void get_list(ByteReader& r, List& list, Read read) {
  const size_t n = r.u8();
  if (n > list.items.size()) return spoil(r);
  for (size_t i = 0; i < n && !r.bad(); ++i) list.add(read());
}
inline size_t size(const ByteWriter& w) {
  return w.bad() ? 0 : w.size();
}
inline bool fits(std::string_view s, size_t most) {
  return s.size() <= most;
}
}  // namespace detail

inline std::optional<Type> type_of(std::span<const uint8_t> in) {
  if (in.empty() || in[0] < 1 || in[0] > uint8_t(Type::set_answer)) return std::nullopt;
  return Type(in[0]);
}

// --- envelope ------------------------------------------------------------------------------------
struct Opened {
  Envelope envelope;
  std::span<const uint8_t> authenticated;  // header and payload: what the MAC covers
  std::span<const uint8_t> payload;
  std::span<const uint8_t> mac;
};

inline size_t encode_header(const Envelope& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u16(magic), w.u8(version), w.u8(0), w.u64(m.from), w.u64(m.to), w.u64(m.counter);
  return detail::size(w);
}
/// The parts of a datagram; nothing is known to be true before the MAC was checked.
inline std::optional<Opened> open_envelope(std::span<const uint8_t> datagram) {
  if (datagram.size() < Envelope::header_bytes + 1 + Envelope::mac_bytes ||
      datagram.size() > limits::peer_datagram_max)
    return std::nullopt;
  ByteReader r(datagram);
  if (r.u16() != magic || r.u8() != version || r.u8() != 0) return std::nullopt;
  Opened o;
  o.envelope.from = r.u64(), o.envelope.to = r.u64(), o.envelope.counter = r.u64();
  const size_t covered = datagram.size() - Envelope::mac_bytes;
  o.authenticated = datagram.first(covered);
  o.payload = o.authenticated.subspan(Envelope::header_bytes);
  o.mac = datagram.subspan(covered);
  if (o.envelope.from == 0 || o.envelope.counter == 0) return std::nullopt;
  return o;
}

// --- encoders ------------------------------------------------------------------------------------
inline size_t encode(const Hello& m, std::span<uint8_t> out) {
  if (!detail::fits(m.name, limits::application_name_max)) return 0;
  ByteWriter w(out);
  w.u8(uint8_t(Type::hello)), w.u64(m.challenge), w.u64(m.echo);
  detail::put_text(w, m.name);
  return detail::size(w);
}
inline size_t encode(const Status& m, std::span<uint8_t> out) {
  if (!detail::fits(m.reason, limits::peer_text_max)) return 0;
  ByteWriter w(out);
  w.u8(uint8_t(Type::status)), w.u8(uint8_t(m.state)), w.u8(m.appliance ? 1 : 0);
  w.u32(m.term), w.u32(m.frame), w.u64(m.log_base), w.u64(m.log_last), w.u64(m.log_committed);
  w.u32(m.chain), w.u32(m.following), w.u8(m.applications), w.u8(m.applications_down);
  w.u16(m.load), w.u8(m.burdened ? 1 : 0);
  detail::put_text(w, m.reason);
  return detail::size(w);
}
inline size_t encode(const Entries& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::entries)), w.u8(static_cast<uint8_t>(m.entries.count));
  for (const auto& e : m.entries.all()) {
    if (!detail::fits(e.key, limits::parameter_key_max) ||
        !detail::fits(e.value, limits::parameter_bytes_max))
      return 0;
    w.u64(e.index), w.u32(e.frame);
    detail::put_text(w, e.key);
    detail::put_text(w, e.value);
  }
  return detail::size(w);
}
inline size_t encode(const Acknowledge& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::acknowledge)), w.u8(static_cast<uint8_t>(m.stamps.count));
  for (const auto& s : m.stamps.all()) w.u64(s.index), w.u32(s.frame);
  return detail::size(w);
}
inline size_t encode(const SyncStart&, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::sync_start));
  return detail::size(w);
}
inline size_t encode(const SyncRequest& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::sync_request)), w.u32(m.attempt), w.u64(m.have);
  return detail::size(w);
}
inline size_t encode(const Snapshot& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::snapshot)), w.u32(m.attempt), w.u8(m.piece), w.u8(m.pieces);
  w.u64(m.index), w.u32(m.frame), w.u32(m.chain), w.u8(static_cast<uint8_t>(m.values.count));
  for (const auto& v : m.values.all()) {
    if (!detail::fits(v.key, limits::parameter_key_max) ||
        !detail::fits(v.value, limits::parameter_bytes_max))
      return 0;
    detail::put_text(w, v.key);
    detail::put_text(w, v.value);
  }
  return detail::size(w);
}
inline size_t encode(const SetRequest& m, std::span<uint8_t> out) {
  if (!detail::fits(m.key, limits::parameter_key_max) ||
      !detail::fits(m.value, limits::parameter_bytes_max))
    return 0;
  ByteWriter w(out);
  w.u8(uint8_t(Type::set_request)), w.u32(m.id);
  detail::put_text(w, m.key);
  detail::put_text(w, m.value);
  return detail::size(w);
}
inline size_t encode(const SetAnswer& m, std::span<uint8_t> out) {
  if (!detail::fits(m.text, limits::peer_text_max)) return 0;
  ByteWriter w(out);
  w.u8(uint8_t(Type::set_answer)), w.u32(m.id), w.u8(uint8_t(m.result));
  w.u64(m.index), w.u32(m.frame);
  detail::put_text(w, m.text);
  return detail::size(w);
}

// --- decoders ------------------------------------------------------------------------------------
inline std::optional<Hello> decode_hello(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::hello)) return std::nullopt;
  Hello m;
  m.challenge = r.u64(), m.echo = r.u64();
  m.name = detail::get_text(r, limits::application_name_max, 1);
  return r.complete() && m.challenge != 0 ? std::optional(m) : std::nullopt;
}
inline std::optional<Status> decode_status(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::status)) return std::nullopt;
  Status m;
  const uint8_t state = r.u8();
  m.appliance = detail::get_flag(r);
  m.term = r.u32(), m.frame = r.u32();
  m.log_base = r.u64(), m.log_last = r.u64(), m.log_committed = r.u64();
  m.chain = r.u32(), m.following = r.u32(), m.applications = r.u8(), m.applications_down = r.u8();
  m.load = r.u16(), m.burdened = detail::get_flag(r);
  m.reason = detail::get_text(r, limits::peer_text_max);
  if (!r.complete() || state > server_state_last || m.log_committed < m.log_base ||
      m.log_last < m.log_committed)
    return std::nullopt;
  m.state = ServerState(state);
  return m;
}
inline std::optional<Entries> decode_entries(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::entries)) return std::nullopt;
  Entries m;
  detail::get_list(r, m.entries, [&] {
    Entry e;
    e.index = r.u64(), e.frame = r.u32();
    if (e.index == 0) detail::spoil(r);
    e.key = detail::get_text(r, limits::parameter_key_max, 1);
    e.value = detail::get_text(r, limits::parameter_bytes_max);
    return e;
  });
  return r.complete() ? std::optional(m) : std::nullopt;
}
inline std::optional<Acknowledge> decode_acknowledge(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::acknowledge)) return std::nullopt;
  Acknowledge m;
  detail::get_list(r, m.stamps, [&] {
    Stamp s;
    s.index = r.u64(), s.frame = r.u32();
    return s;
  });
  return r.complete() ? std::optional(m) : std::nullopt;
}
inline std::optional<SyncStart> decode_sync_start(std::span<const uint8_t> in) {
  if (in.size() != 1 || in[0] != uint8_t(Type::sync_start)) return std::nullopt;
  return SyncStart{};
}
inline std::optional<SyncRequest> decode_sync_request(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::sync_request)) return std::nullopt;
  SyncRequest m;
  m.attempt = r.u32(), m.have = r.u64();
  return r.complete() && m.attempt != 0 ? std::optional(m) : std::nullopt;
}
inline std::optional<Snapshot> decode_snapshot(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::snapshot)) return std::nullopt;
  Snapshot m;
  m.attempt = r.u32(), m.piece = r.u8(), m.pieces = r.u8();
  m.index = r.u64(), m.frame = r.u32(), m.chain = r.u32();
  detail::get_list(r, m.values, [&] {
    KeyValue v;
    v.key = detail::get_text(r, limits::parameter_key_max, 1);
    v.value = detail::get_text(r, limits::parameter_bytes_max);
    return v;
  });
  const bool good =
      r.complete() && m.attempt != 0 && m.pieces >= 1 && m.pieces <= 64 && m.piece < m.pieces;
  return good ? std::optional(m) : std::nullopt;
}
inline std::optional<SetRequest> decode_set_request(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::set_request)) return std::nullopt;
  SetRequest m;
  m.id = r.u32();
  m.key = detail::get_text(r, limits::parameter_key_max, 1);
  m.value = detail::get_text(r, limits::parameter_bytes_max);
  return r.complete() ? std::optional(m) : std::nullopt;
}
inline std::optional<SetAnswer> decode_set_answer(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::set_answer)) return std::nullopt;
  SetAnswer m;
  m.id = r.u32();
  const uint8_t result = r.u8();
  m.index = r.u64(), m.frame = r.u32();
  m.text = detail::get_text(r, limits::peer_text_max);
  if (!r.complete() || result > uint8_t(SetResult::not_primary)) return std::nullopt;
  m.result = SetResult(result);
  return m;
}

}  // namespace understudy::protocol::peer
