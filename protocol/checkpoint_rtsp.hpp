// SPDX-License-Identifier: Apache-2.0
// RTSP's section of a checkpoint record: the session, the output stream as far as the client may
// not have it (responses as their very bytes, interleaved media as places in a run of RTP's
// section), and what was received and not answered yet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/checkpoint_rtp.hpp"
#include "protocol/limits.hpp"

namespace understudy::protocol::checkpoint {

/// One piece of the output stream; each begins where the one before it ends.
struct RtspSpan {
  std::string_view text;  // a response; empty: media
  uint32_t run = 0;       // media: the run's number
  uint64_t place = 0;     // ... from there
  uint64_t length = 0;    // ... so many bytes, at least 1
  uint64_t size() const { return text.empty() ? length : text.size(); }
  bool operator==(const RtspSpan&) const = default;
};

struct Rtsp {
  static constexpr uint8_t version = 1;
  static constexpr uint8_t closes = 1u << 0;  // the connection ends after the last span
  uint8_t flags = 0;
  uint8_t state = 0;      // 0 no session, 1 ready, 2 playing
  uint64_t session = 0;   // 0 exactly when there is none
  uint32_t sessions = 0;  // made on this connection so far
  uint64_t begin = 0;     // stream offset of the first span
  uint64_t granted = 0;   // nothing at or after it has been sent
  std::string_view path;  // of the session's file
  std::array<RtspSpan, limits::rtsp_spans_max> spans{};
  size_t count = 0;
  uint16_t skip = 0;        // bytes to come that are passed over
  std::string_view unread;  // received; the next request begins with it
  uint64_t end() const {
    uint64_t at = begin;
    for (size_t i = 0; i < count; ++i) at += spans[i].size();
    return at;
  }
};

namespace detail {
constexpr bool good(const Rtsp& m) {
  if ((m.flags & ~Rtsp::closes) != 0 || m.state > 2 || (m.session == 0) != (m.state == 0))
    return false;
  if (m.count > m.spans.size() || m.begin >> 61 || m.path.size() > limits::object_name_max ||
      m.unread.size() > limits::rtsp_unread_max)
    return false;
  size_t text = 0;
  for (size_t i = 0; i < m.count; ++i) {
    const auto& s = m.spans[i];
    if (s.size() == 0 || s.length >> 48 || s.place >> 48 ||
        s.text.size() > limits::rtsp_response_max)
      return false;
    if (!s.text.empty() && (s.run != 0 || s.place != 0 || s.length != 0)) return false;
    text += s.text.size();
  }
  return text <= limits::rtsp_text_max && m.granted >= m.begin && m.granted <= m.end();
}
}  // namespace detail

/// Bytes written, 0: it does not fit or is not good.
constexpr size_t encode(const Rtsp& m, std::span<uint8_t> out) {
  if (!detail::good(m)) return 0;
  ByteWriter w(out);
  w.u8(Rtsp::version), w.u8(m.flags), w.u8(m.state), w.u64(m.session), w.u32(m.sessions);
  w.u64(m.begin), w.u64(m.granted);
  detail::put_text(w, m.path);
  w.u8(static_cast<uint8_t>(m.count));
  for (size_t i = 0; i < m.count; ++i) {
    const auto& s = m.spans[i];
    detail::put_text(w, s.text);
    if (s.text.empty()) w.u32(s.run), w.u64(s.place), w.u64(s.length);
  }
  w.u16(m.skip);
  detail::put_text(w, m.unread);
  return w.bad() ? 0 : w.size();
}

/// Texts point into `in`.
inline std::optional<Rtsp> decode_rtsp(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != Rtsp::version) return std::nullopt;
  Rtsp m;
  m.flags = r.u8(), m.state = r.u8(), m.session = r.u64(), m.sessions = r.u32();
  m.begin = r.u64(), m.granted = r.u64();
  m.path = detail::get_text(r, limits::object_name_max);
  m.count = r.u8();
  if (m.count > m.spans.size()) return std::nullopt;
  for (size_t i = 0; i < m.count; ++i) {
    auto& s = m.spans[i];
    s.text = detail::get_text(r, limits::rtsp_response_max);
    if (s.text.empty()) s.run = r.u32(), s.place = r.u64(), s.length = r.u64();
  }
  m.skip = r.u16();
  m.unread = detail::get_text(r, limits::rtsp_unread_max);
  return r.complete() && detail::good(m) ? std::optional(m) : std::nullopt;
}

}  // namespace understudy::protocol::checkpoint
