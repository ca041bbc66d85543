// SPDX-License-Identifier: Apache-2.0
// What the virtual appliance and its neighbours say to each other over Unix SOCK_SEQPACKET sockets
// in one directory: video-a, video-b, link-a, link-b, video-out, control. One message a packet:
// a type byte and little-endian fields. Time is nanoseconds of virtual time since reset.
//
// The rule that makes a run repeatable: the appliance does not advance past a moment at which a
// live neighbour owes an answer (a DONE for a SYNC, a FRAME for a GENLOCK whose frame is due).
// A free-running appliance (WELCOME says so) keeps wall time instead, and waits for nobody: a SYNC
// is then only bytes, and a DONE only bytes, at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/bytes.hpp"
#include "protocol/states.hpp"

namespace understudy::protocol::sim {

inline constexpr uint32_t magic = 0x53444E55;  // "UNDS"
inline constexpr uint16_t version = 2;

enum class Type : uint8_t {
  hello = 1,    // neighbour -> appliance, first message on video-x, link-x and video-out
  welcome = 2,  // appliance -> neighbour, the answer; on video sockets with the memory's descriptor
  refused = 3,  // appliance -> neighbour: text why (UTF-8); the socket closes
  genlock = 4,  // appliance -> playout: render this frame into this slot now
  frame = 5,    // playout -> appliance: it is there; appliance -> video-out: a frame has left
  done_with = 6,  // video-out -> appliance: the slot may be used again
  sync = 7,       // appliance -> daemon: it is now this time, and these bytes came from the link
  done = 8,       // daemon -> appliance: bytes to send, and when to be called again
};

struct Hello {
  uint32_t magic = sim::magic;
  uint16_t version = sim::version;
  uint32_t pid = 0;
};

/// Memory: `slots` frames of width*height*3 bytes (RGB24, no padding), slot i at i * slot_bytes.
struct Welcome {
  Server port = Server::a;
  uint16_t width = 0, height = 0;
  uint32_t fps_numerator = 60, fps_denominator = 1;
  uint32_t slots = 0, slot_bytes = 0;  // 0 on link sockets
  uint64_t now = 0;
  bool free_running = false;  // wall time; nobody is waited for
};

/// Also used for `frame` and `done_with`. For `frame` to video-out `time` is when its last line
/// left.
struct FrameMessage {
  uint32_t frame = 0;
  uint32_t slot = 0;
  uint64_t time = 0;
};

/// `peer_sent`: how many peer datagrams the other daemon has sent since this daemon's WELCOME, over
/// all of the other's lives. The daemon waits until it has received that many (bounded by
/// limits::sim_silence_seconds) and handles exactly those.
struct Sync {
  uint64_t now = 0;
  uint32_t peer_sent = 0;
  std::span<const uint8_t> link_bytes;
};

struct Done {
  // peer_sent: datagrams since this daemon's own WELCOME (those not out_of_step,
  // protocol/peer.hpp).
  uint64_t wake = 0;  // call again at this time at the latest; ~0 = only when there is something
  uint32_t peer_sent = 0;
  std::span<const uint8_t> link_bytes;
};

inline constexpr uint64_t never = ~uint64_t{0};

constexpr std::optional<Type> type_of(std::span<const uint8_t> in) {
  if (in.empty() || in[0] < 1 || in[0] > 8) return std::nullopt;
  return Type(in[0]);
}

constexpr size_t encode(const Hello& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::hello)), w.u32(m.magic), w.u16(m.version), w.u32(m.pid);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Welcome& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::welcome)), w.u8(uint8_t(m.port)), w.u16(m.width), w.u16(m.height);
  w.u32(m.fps_numerator), w.u32(m.fps_denominator), w.u32(m.slots), w.u32(m.slot_bytes),
      w.u64(m.now), w.u8(m.free_running ? 1 : 0);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(Type type, const FrameMessage& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(type)), w.u32(m.frame), w.u32(m.slot), w.u64(m.time);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Sync& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::sync)), w.u64(m.now), w.u32(m.peer_sent), w.bytes(m.link_bytes);
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Done& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(Type::done)), w.u64(m.wake), w.u32(m.peer_sent), w.bytes(m.link_bytes);
  return w.bad() ? 0 : w.size();
}

constexpr std::optional<Hello> decode_hello(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::hello)) return std::nullopt;
  Hello m;
  m.magic = r.u32(), m.version = r.u16(), m.pid = r.u32();
  return r.complete() && m.magic == magic ? std::optional(m) : std::nullopt;
}
constexpr std::optional<Welcome> decode_welcome(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::welcome)) return std::nullopt;
  Welcome m;
  const uint8_t port = r.u8();
  m.width = r.u16(), m.height = r.u16();
  m.fps_numerator = r.u32(), m.fps_denominator = r.u32(), m.slots = r.u32(), m.slot_bytes = r.u32();
  m.now = r.u64();
  const uint8_t free_running = r.u8();
  if (!r.complete() || port > 1 || free_running > 1) return std::nullopt;
  m.port = Server(port), m.free_running = free_running == 1;
  return m;
}
constexpr std::optional<FrameMessage> decode_frame(Type type, std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(type)) return std::nullopt;
  FrameMessage m;
  m.frame = r.u32(), m.slot = r.u32(), m.time = r.u64();
  return r.complete() ? std::optional(m) : std::nullopt;
}
constexpr std::optional<Sync> decode_sync(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::sync)) return std::nullopt;
  Sync m;
  m.now = r.u64(), m.peer_sent = r.u32(), m.link_bytes = r.bytes(r.left());
  return r.complete() ? std::optional(m) : std::nullopt;
}
constexpr std::optional<Done> decode_done(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Type::done)) return std::nullopt;
  Done m;
  m.wake = r.u64(), m.peer_sent = r.u32(), m.link_bytes = r.bytes(r.left());
  return r.complete() ? std::optional(m) : std::nullopt;
}

}  // namespace understudy::protocol::sim
