// SPDX-License-Identifier: Apache-2.0
// HTTP's section of a checkpoint record: the answers that the client may not have yet, each with
// the place in the stream where it begins, the very bytes of its header, and which bytes of which
// object follow; and what was received from the client and not answered yet.
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

struct HttpAnswer {
  uint64_t begin = 0;     // stream offset of its first byte, the header's
  std::string_view head;  // header and, where there is no object, a short body
  std::string_view path;  // the object, below the root; empty: none
  std::string_view tag;   // its entity tag: the same bytes have the same
  uint64_t first = 0;     // object's byte that comes first after the head
  uint64_t length = 0;    // of them; 0 when there is no object
  uint64_t body() const { return begin + head.size(); }
  uint64_t end() const { return body() + length; }
  bool operator==(const HttpAnswer&) const = default;
};

struct Http {
  static constexpr uint8_t version = 1;
  static constexpr uint8_t closes = 1u << 0;  // the connection ends after the last answer
  uint8_t flags = 0;
  uint64_t next = 0;  // offset at which the next answer will begin
  std::array<HttpAnswer, limits::responses_max> answers{};
  size_t count = 0;
  std::string_view unanswered;  // received; the next request begins with it
};

namespace detail {
constexpr void put_string(ByteWriter& w, std::string_view s) {
  w.u16(static_cast<uint16_t>(s.size()));
  for (const char c : s) w.u8(static_cast<uint8_t>(c));
}
inline std::string_view get_string(ByteReader& r, size_t most) {
  const size_t n = r.u16();
  const auto b = r.bytes(n <= most ? n : r.left() + 1);
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
/// Each begins where the one before it ends, the last ends at `next`, nothing overflows.
constexpr bool good(const Http& m) {
  if ((m.flags & ~Http::closes) != 0 || m.count > m.answers.size()) return false;
  if (m.next >> 62) return false;
  uint64_t at = m.count ? m.answers[0].begin : m.next;
  for (size_t i = 0; i < m.count; ++i) {
    const auto& a = m.answers[i];
    const bool object = !a.path.empty();
    if (a.begin != at || a.length > m.next || a.head.size() > m.next || a.end() > m.next)
      return false;
    if (a.first >> 62 || (!object && (a.length != 0 || a.first != 0 || !a.tag.empty())))
      return false;
    if (a.head.empty()) return false;
    at = a.end();
  }
  return at == m.next;
}
}  // namespace detail

constexpr size_t encode(const Http& m, std::span<uint8_t> out) {
  if (!detail::good(m) || m.unanswered.size() > limits::request_bytes_max) return 0;
  ByteWriter w(out);
  w.u8(Http::version), w.u8(m.flags), w.u64(m.next), w.u8(static_cast<uint8_t>(m.count));
  for (size_t i = 0; i < m.count; ++i) {
    const auto& a = m.answers[i];
    if (a.head.size() > limits::response_head_max || a.path.size() > limits::object_name_max ||
        a.tag.size() > limits::entity_tag_max)
      return 0;
    w.u64(a.begin);
    detail::put_string(w, a.head);
    detail::put_string(w, a.path);
    detail::put_string(w, a.tag);
    w.u64(a.first), w.u64(a.length);
  }
  detail::put_string(w, m.unanswered);
  return w.bad() ? 0 : w.size();
}

inline std::optional<Http> decode_http(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != Http::version) return std::nullopt;
  Http m;
  m.flags = r.u8(), m.next = r.u64();
  m.count = r.u8();
  if (m.count > m.answers.size()) return std::nullopt;
  for (size_t i = 0; i < m.count; ++i) {
    auto& a = m.answers[i];
    a.begin = r.u64();
    a.head = detail::get_string(r, limits::response_head_max);
    a.path = detail::get_string(r, limits::object_name_max);
    a.tag = detail::get_string(r, limits::entity_tag_max);
    a.first = r.u64(), a.length = r.u64();
  }
  m.unanswered = detail::get_string(r, limits::request_bytes_max);
  return r.complete() && detail::good(m) ? std::optional(m) : std::nullopt;
}

}  // namespace understudy::protocol::checkpoint
