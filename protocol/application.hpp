// SPDX-License-Identifier: Apache-2.0
// What a critical application says to its server's daemon over a Unix SOCK_SEQPACKET socket, and
// what it hears. Registering is enough to be watched for death (pidfd, by the peer's credentials);
// with a deadline it is watched for hanging too: an ALIVE must come before the deadline passes.
// An application that asks for parameters gets each ordered change with the frame at which it
// takes effect, and answers with APPLIED; so the daemon knows that it has arrived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/limits.hpp"

namespace understudy::protocol::application {

inline constexpr uint16_t version = 2;

enum class Type : uint8_t {
  hello = 1,      // application -> daemon
  accepted = 2,   // daemon -> application
  refused = 3,    // daemon -> application: text why; the socket closes
  alive = 4,      // application -> daemon
  parameter = 5,  // daemon -> application: one change of the ordered log
  applied = 6,    // application -> daemon: everything up to this index has arrived
  discard = 7,    // daemon -> application: mark what you make as discard (1) or not (0); an
                  // application with parameters says the same back when it does
  service = 9,    // daemon -> application: whether this server serves the network, and the term
  goodbye = 8,    // application -> daemon: ends on purpose, not a failure
  load = 10,      // application -> daemon: what it carries
};

inline constexpr uint8_t wants_parameters = 1u << 0;
inline constexpr uint8_t wants_service = 1u << 1;

struct Hello {
  uint16_t version = application::version;
  uint8_t flags = 0;
  uint32_t deadline_ms = 0;  // 0: not watched for hanging
  std::string_view name;     // 1 to application_name_max bytes
};
struct Alive {
  /// `time` of one that keeps no clock: it is alive for as long as its process is not stopped.
  static constexpr uint64_t timeless = ~uint64_t{0};
  uint64_t time = 0;  // ns; the last genlock's time under simulation, the monotonic clock otherwise
};
/// In log order. ACCEPTED may come again (a secondary learnt its primary's log anew): what follows
/// outranks all before it; an empty value means none. After ACCEPTED come first the present values
/// of all parameters (frame 0 and the index of the last change in them), then changes as they are
/// ordered. What only an earlier ACCEPTED brought goes log_lead_frames after the next one.
struct Parameter {
  uint64_t index = 0;
  uint32_t frame = 0;
  std::string_view key, value;  // key 1..63 bytes, value up to parameter_bytes_max
};
struct Applied {
  uint64_t index = 0;
};
struct Discard {
  bool on = false;
};
/// To who wants it: after ACCEPTED, and at each change. Serving: primary, on air, and holding the
/// service address where there is one. A term never grows less.
struct Service {
  bool serving = false;
  uint32_t term = 0;
  bool operator==(const Service&) const = default;
};

/// Ten times a second or so; one that carries nothing that could be too much never says it.
struct Load {
  uint32_t lateness_us = 0;  // the most, since the last of these, that something was done too late
  uint64_t backlog_bytes = 0;  // output that waits
  bool operator==(const Load&) const = default;
};

constexpr void put_text(ByteWriter& w, std::string_view s) {
  w.u16(static_cast<uint16_t>(s.size()));
  for (char c : s) w.u8(static_cast<uint8_t>(c));
}
inline std::string_view get_text(ByteReader& r, size_t most) {
  const size_t n = r.u16();
  if (n > most) {
    r.bytes(r.left() + 1);  // goes bad
    return {};
  }
  const auto b = r.bytes(n);
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

constexpr size_t encode(const Hello& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::hello)), w.u16(m.version), w.u8(m.flags), w.u32(m.deadline_ms);
  put_text(w, m.name);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Alive& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::alive)), w.u64(m.time);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Parameter& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::parameter)), w.u64(m.index), w.u32(m.frame);
  put_text(w, m.key);
  put_text(w, m.value);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Applied& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::applied)), w.u64(m.index);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Discard& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::discard)), w.u8(m.on ? 1 : 0);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Service& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::service)), w.u8(m.serving ? 1 : 0), w.u32(m.term);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Load& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::load)), w.u32(m.lateness_us), w.u64(m.backlog_bytes);
  return w.bad() ? 0 : w.size();
}

inline std::optional<Hello> decode_hello(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::hello)) return std::nullopt;
  Hello m;
  m.version = r.u16(), m.flags = r.u8(), m.deadline_ms = r.u32();
  m.name = get_text(r, limits::application_name_max);
  return r.complete() && !m.name.empty() ? std::optional(m) : std::nullopt;
}
constexpr std::optional<Alive> decode_alive(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::alive)) return std::nullopt;
  const Alive m{r.u64()};
  return r.complete() ? std::optional(m) : std::nullopt;
}
inline std::optional<Parameter> decode_parameter(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::parameter)) return std::nullopt;
  Parameter m;
  m.index = r.u64(), m.frame = r.u32();
  m.key = get_text(r, 63);
  m.value = get_text(r, limits::parameter_bytes_max);
  return r.complete() && !m.key.empty() ? std::optional(m) : std::nullopt;
}
constexpr std::optional<Applied> decode_applied(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::applied)) return std::nullopt;
  const Applied m{r.u64()};
  return r.complete() ? std::optional(m) : std::nullopt;
}
constexpr std::optional<Discard> decode_discard(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::discard)) return std::nullopt;
  const uint8_t on = r.u8();
  return r.complete() && on <= 1 ? std::optional(Discard{on == 1}) : std::nullopt;
}
constexpr std::optional<Service> decode_service(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::service)) return std::nullopt;
  const uint8_t serving = r.u8();
  const uint32_t term = r.u32();
  return r.complete() && serving <= 1 ? std::optional(Service{serving == 1, term}) : std::nullopt;
}
constexpr std::optional<Load> decode_load(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::load)) return std::nullopt;
  Load m;
  m.lateness_us = r.u32(), m.backlog_bytes = r.u64();
  return r.complete() ? std::optional(m) : std::nullopt;
}

}  // namespace understudy::protocol::application
