// SPDX-License-Identifier: Apache-2.0
// The link on which records go from the delivery that serves to the one that stands by: one TCP
// connection. Each end greets with a nonce; from the shared key and both nonces comes a key for
// each direction, so nothing recorded from another session is ever taken. Then frames: many
// messages in one, one MAC over all of them. The holder acknowledges frames by number.
//   greeting: magic 2, version 1, zero 1, nonce 16
//   frame:    length 4 (of all that follows), number 8 (1, 2, 3 ...), messages, MAC 32
//   message:  type 1, length 4, bytes
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

inline constexpr uint16_t link_magic = 0x4C55;  // "UL"
inline constexpr uint8_t link_version = 2;
inline constexpr size_t nonce_bytes = 16, greeting_bytes = 20, link_mac_bytes = 32;
inline constexpr size_t frame_overhead = 8 + link_mac_bytes;  // in what `length` counts
inline constexpr size_t message_overhead = 5;

using Nonce = std::array<uint8_t, nonce_bytes>;

constexpr std::array<uint8_t, greeting_bytes> greeting(const Nonce& nonce) {
  std::array<uint8_t, greeting_bytes> out{};
  ByteWriter w(out);
  w.u16(link_magic), w.u8(link_version), w.u8(0);
  w.bytes(nonce);
  return out;
}
constexpr std::optional<Nonce> decode_greeting(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u16() != link_magic || r.u8() != link_version || r.u8() != 0) return std::nullopt;
  Nonce out{};
  const auto b = r.bytes(nonce_bytes);
  for (size_t i = 0; i < b.size(); ++i) out[i] = b[i];
  return r.complete() ? std::optional(out) : std::nullopt;
}

enum class LinkMessage : uint8_t {
  hello = 1,        // sender -> holder, first: its name
  record = 2,       // a connection's record, whole; replaces the one before
  gone = 3,         // a connection has ended
  position = 4,     // where a connection's output stands now
  complete = 5,     // all live connections have been sent once on this link
  acknowledge = 6,  // holder -> sender: every frame up to this number is held
  input = 7,        // what a client has sent, before its acknowledgement
};

struct Message {
  LinkMessage type{};
  std::span<const uint8_t> bytes;
};

struct Position {
  uint64_t connection = 0, sent = 0, acknowledged = 0;
  bool operator==(const Position&) const = default;
};

/// Bytes of a client's stream that are on their way to its service.
struct Input {
  static constexpr uint8_t closed = 1u << 0;  // the client's FIN follows the bytes
  uint64_t connection = 0;
  uint64_t offset = 0;  // of the first byte
  uint8_t flags = 0;
  std::span<const uint8_t> bytes;  // up to input_message_max
};
inline constexpr size_t input_header_bytes = 21;  // and the number of bytes, 4

constexpr void put_message(ByteWriter& w, LinkMessage type, std::span<const uint8_t> bytes) {
  w.u8(uint8_t(type)), w.u32(static_cast<uint32_t>(bytes.size()));
  w.bytes(bytes);
}
/// The next message; nothing at the end, and nothing with a bad reader on garbage.
constexpr std::optional<Message> next_message(ByteReader& r) {
  if (r.left() == 0) return std::nullopt;
  const uint8_t type = r.u8();
  const auto bytes = r.bytes(r.u32());
  if (r.bad() || type < uint8_t(LinkMessage::hello) || type > uint8_t(LinkMessage::input)) {
    r.bytes(r.left() + 1);  // goes bad
    return std::nullopt;
  }
  return Message{LinkMessage(type), bytes};
}

constexpr std::array<uint8_t, 24> encode(const Position& p) {
  std::array<uint8_t, 24> out{};
  ByteWriter w(out);
  w.u64(p.connection), w.u64(p.sent), w.u64(p.acknowledged);
  return out;
}
constexpr std::optional<Position> decode_position(std::span<const uint8_t> in) {
  ByteReader r(in);
  const Position p{r.u64(), r.u64(), r.u64()};
  return r.complete() && p.connection != 0 && p.acknowledged <= p.sent ? std::optional(p)
                                                                       : std::nullopt;
}
namespace detail {
constexpr bool good(const Input& m) {
  return m.connection != 0 && m.offset >> 62 == 0 && (m.flags & ~Input::closed) == 0 &&
         m.bytes.size() <= limits::input_message_max && (!m.bytes.empty() || m.flags != 0);
}
}  // namespace detail

/// Bytes written, 0: it does not fit or is not good.
constexpr size_t encode(const Input& m, std::span<uint8_t> out) {
  if (!detail::good(m)) return 0;
  ByteWriter w(out);
  w.u64(m.connection), w.u64(m.offset), w.u8(m.flags);
  w.u32(static_cast<uint32_t>(m.bytes.size())), w.bytes(m.bytes);
  return w.bad() ? 0 : w.size();
}
/// The bytes point into `in`.
constexpr std::optional<Input> decode_input(std::span<const uint8_t> in) {
  ByteReader r(in);
  Input m;
  m.connection = r.u64(), m.offset = r.u64(), m.flags = r.u8();
  m.bytes = r.bytes(r.u32());
  return r.complete() && detail::good(m) ? std::optional(m) : std::nullopt;
}

constexpr std::array<uint8_t, 8> encode_number(uint64_t n) {
  std::array<uint8_t, 8> out{};
  ByteWriter w(out);
  w.u64(n);
  return out;
}
constexpr std::optional<uint64_t> decode_number(std::span<const uint8_t> in) {
  ByteReader r(in);
  const uint64_t n = r.u64();
  return r.complete() ? std::optional(n) : std::nullopt;
}

}  // namespace understudy::protocol::checkpoint
