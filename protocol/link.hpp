// SPDX-License-Identifier: Apache-2.0
// Messages between a host and the appliance over any byte stream (USB, PCIe ring, simulation).
// On the wire: COBS(message | CRC-32C of the message, little-endian) then one zero byte. A message
// is one type byte and fixed fields, little-endian, without gaps, so that gateware decodes
// HEARTBEAT and REQUEST in logic. A message of the wrong length for its type is garbage. Only the
// firmware's two end in text, as long as the message; the gate itself passes over them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/bytes.hpp"
#include "protocol/crc.hpp"
#include "protocol/events.hpp"
#include "protocol/limits.hpp"
#include "protocol/states.hpp"

namespace understudy::protocol {

enum class LinkType : uint8_t {
  heartbeat = 0x01,
  request = 0x02,
  firmware_line = 0x03,
  tick = 0x81,
  event = 0x82,
  firmware_text = 0x83
};

/// Host to appliance, several times a frame. A beat counts when its sequence number is ahead of the
/// last one's (wrapping, by less than 2^31): a stuck sender that repeats itself is not alive.
/// After a restart (new boot_id) any sequence number counts.
struct Heartbeat {
  static constexpr LinkType type = LinkType::heartbeat;
  static constexpr size_t bytes = 1 + 4 + 4 + 4 + 1;  // 14
  uint32_t sequence = 0;
  uint32_t boot_id = 0;     // random a start of the daemon
  uint32_t frame_seen = 0;  // frame number of the last tick
  ServerState state = ServerState::unknown;
  bool operator==(const Heartbeat&) const = default;
};

/// Host to appliance: hosts ask, the gateware decides. The answer is an event of kind `request`.
struct Request {
  static constexpr LinkType type = LinkType::request;
  static constexpr size_t bytes = 1 + 2 + 1;  // 4
  uint16_t id = 0;                            // chosen by the host, comes back in the event
  RequestOp op = RequestOp::none;
  bool operator==(const Request&) const = default;
};

/// Appliance to both hosts at every frame boundary: the reference of time and of who is on air.
struct Tick {
  static constexpr LinkType type = LinkType::tick;
  static constexpr size_t bytes = 1 + 1 + 1 + 1 + 4 + 4 + 1 + 1 + 2 + 2 + 1;  // 19
  uint8_t version = link_version;
  Server port = Server::a;    // which server you are, by the wire
  Server on_air = Server::a;  // for the frame that starts now
  uint32_t frame = 0;         // the frame that starts now
  uint32_t term = 0;
  ServerState state_a =
      ServerState::unknown;  // as last said in a heartbeat; unknown when not alive
  ServerState state_b = ServerState::unknown;
  uint16_t alarms = 0;        // bits of Alarm
  uint16_t equal_frames = 0;  // frames in a row in which every line of both was good and equal
  Mode mode = Mode::automatic;
  bool operator==(const Tick&) const = default;
};

/// Appliance to both hosts: one entry of the event log.
struct Event {
  static constexpr LinkType type = LinkType::event;
  static constexpr size_t bytes = 1 + 4 + 1 + 1 + 4 + 2 + 6 + 4 + 4;  // 27
  uint32_t sequence = 0;  // grows by one an event; a hole is reported by an events_lost event
  EventKind kind = EventKind::none;
  uint8_t source = 0;  // 0 A, 1 B, 2 gate
  uint32_t frame = 0;
  uint16_t line = 0;   // raster line, 0 is the first active one
  uint64_t clock = 0;  // pixel clocks since reset, 48 bits
  uint32_t term = 0;
  uint32_t data = 0;
  bool operator==(const Event&) const = default;
};

/// Text of at most N bytes that a message carries.
template <size_t N>
struct LinkText {
  std::array<char, N> data{};
  size_t size = 0;
  constexpr LinkText() = default;
  /// What is more than N bytes is left out.
  constexpr explicit LinkText(std::span<const char> text)
      : size(text.size() < N ? text.size() : N) {
    for (size_t i = 0; i < size; ++i) data[i] = text[i];
  }
  template <size_t M>
  constexpr LinkText(const char (&literal)[M])
    requires(M - 1 <= N)
      : LinkText(std::span<const char>(literal, M - 1)) {}
  constexpr std::span<const char> view() const { return std::span(data).first(size); }
  bool operator==(const LinkText&) const = default;  // bytes behind the text are zero
};

/// Host to the soft core behind the gate: a line as typed at its console. Any host may send one;
/// the answer is FirmwareText. Where there is no core nobody answers. One line at a time: the next
/// one is taken when the answer's last piece has come.
struct FirmwareLine {
  static constexpr LinkType type = LinkType::firmware_line;
  static constexpr size_t least = 1 + 1 + 1;  // bytes, with one character
  uint8_t id = 0;                             // chosen by the host, comes back in each piece
  LinkText<limits::firmware_line_max> text;   // 1..39 printable ASCII characters
  bool operator==(const FirmwareLine&) const = default;
};

/// What became of a line.
enum class FirmwareResult : uint8_t {
  done = 0,
  refused = 1,  // not now: that server is on air, or another boot or test is under way
  wrong = 2,    // no such command, name or value
  failed = 3    // tried, and it did not work
};
inline constexpr uint8_t firmware_result_last = 3;

/// The firmware's answer to the host that asked, in pieces: as its console would show it.
struct FirmwareText {
  static constexpr LinkType type = LinkType::firmware_text;
  static constexpr size_t least = 1 + 1 + 1 + 1;  // bytes, without text
  static constexpr uint8_t last_bit = 0x80;       // of the byte behind the text, with the result
  uint8_t id = 0;
  uint8_t number = 0;  // of the piece, from 0, wrapping: a hole is a piece that was lost
  LinkText<limits::firmware_text_max> text;
  bool last = false;                             // these two are the byte behind the text
  FirmwareResult result = FirmwareResult::done;  // of the last piece
  bool operator==(const FirmwareText&) const = default;
};

constexpr size_t encode(const Heartbeat& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(m.type)), w.u32(m.sequence), w.u32(m.boot_id), w.u32(m.frame_seen),
      w.u8(uint8_t(m.state));
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Request& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(m.type)), w.u16(m.id), w.u8(uint8_t(m.op));
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Tick& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(m.type)), w.u8(m.version), w.u8(uint8_t(m.port)), w.u8(uint8_t(m.on_air));
  w.u32(m.frame), w.u32(m.term), w.u8(uint8_t(m.state_a)), w.u8(uint8_t(m.state_b));
  w.u16(m.alarms), w.u16(m.equal_frames), w.u8(uint8_t(m.mode));
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const Event& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(m.type)), w.u32(m.sequence), w.u8(uint8_t(m.kind)), w.u8(m.source), w.u32(m.frame);
  w.u16(m.line), w.u48(m.clock), w.u32(m.term), w.u32(m.data);
  return w.bad() ? 0 : w.size();
}

constexpr size_t encode(const FirmwareLine& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(m.type)), w.u8(m.id);
  for (const char c : m.text.view()) w.u8(uint8_t(c));
  return w.bad() ? 0 : w.size();
}
constexpr size_t encode(const FirmwareText& m, std::span<uint8_t> out) {
  ByteWriter w(out);
  w.u8(uint8_t(m.type)), w.u8(m.id), w.u8(m.number);
  for (const char c : m.text.view()) w.u8(uint8_t(c));
  w.u8(uint8_t(uint8_t(m.result) | (m.last ? FirmwareText::last_bit : 0)));
  return w.bad() ? 0 : w.size();
}

/// Each decoder takes the message without its CRC; nothing comes back on a wrong type, length or
/// value.
constexpr std::optional<Heartbeat> decode_heartbeat(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Heartbeat::type)) return std::nullopt;
  Heartbeat m;
  m.sequence = r.u32(), m.boot_id = r.u32(), m.frame_seen = r.u32();
  const uint8_t state = r.u8();
  if (!r.complete() || state > server_state_last) return std::nullopt;
  m.state = ServerState(state);
  return m;
}
constexpr std::optional<Request> decode_request(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Request::type)) return std::nullopt;
  Request m;
  m.id = r.u16();
  m.op = RequestOp(r.u8());
  if (!r.complete()) return std::nullopt;
  return m;
}
constexpr std::optional<Tick> decode_tick(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Tick::type)) return std::nullopt;
  Tick m;
  m.version = r.u8();
  const uint8_t port = r.u8(), on_air = r.u8();
  m.frame = r.u32(), m.term = r.u32();
  const uint8_t a = r.u8(), b = r.u8();
  m.alarms = r.u16(), m.equal_frames = r.u16();
  const uint8_t mode = r.u8();
  if (!r.complete() || port > 1 || on_air > 1 || a > server_state_last || b > server_state_last ||
      mode > 2)
    return std::nullopt;
  m.port = Server(port), m.on_air = Server(on_air);
  m.state_a = ServerState(a), m.state_b = ServerState(b), m.mode = Mode(mode);
  return m;
}
constexpr std::optional<Event> decode_event(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(Event::type)) return std::nullopt;
  Event m;
  m.sequence = r.u32();
  const uint8_t kind = r.u8();
  m.source = r.u8();
  m.frame = r.u32(), m.line = r.u16(), m.clock = r.u48(), m.term = r.u32(), m.data = r.u32();
  if (!r.complete() || kind > event_kind_last || m.source > 2) return std::nullopt;
  m.kind = EventKind(kind);
  return m;
}

/// All that is left but `behind` bytes.
template <size_t N>
constexpr std::optional<LinkText<N>> decode_text(ByteReader& r, size_t behind) {
  LinkText<N> text;
  if (r.bad() || r.left() < behind || r.left() - behind > N) return std::nullopt;
  text.size = r.left() - behind;
  for (size_t i = 0; i < text.size; ++i) text.data[i] = char(r.u8());
  return text;
}
constexpr std::optional<FirmwareLine> decode_firmware_line(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(FirmwareLine::type)) return std::nullopt;
  FirmwareLine m;
  m.id = r.u8();
  const auto text = decode_text<limits::firmware_line_max>(r, 0);
  if (!text || text->size == 0) return std::nullopt;
  for (const char c : text->view())
    if (c < ' ' || c > '~') return std::nullopt;
  m.text = *text;
  return m;
}
constexpr std::optional<FirmwareText> decode_firmware_text(std::span<const uint8_t> in) {
  ByteReader r(in);
  if (r.u8() != uint8_t(FirmwareText::type)) return std::nullopt;
  FirmwareText m;
  m.id = r.u8(), m.number = r.u8();
  const auto text = decode_text<limits::firmware_text_max>(r, 1);
  const uint8_t ending = r.u8(), result = ending & uint8_t(~FirmwareText::last_bit);
  if (!text || result > firmware_result_last) return std::nullopt;
  m.last = (ending & FirmwareText::last_bit) != 0, m.result = FirmwareResult(result);
  m.text = *text;
  return m;
}

/// A message as it stands on the wire: CRC appended, COBS, closing zero.
struct LinkFrame {
  std::array<uint8_t, limits::link_frame_max> data{};
  size_t size = 0;
  constexpr std::span<const uint8_t> bytes() const { return std::span(data).first(size); }
};

/// `message` is at most link_payload_max - 4 bytes.
constexpr LinkFrame frame_message(std::span<const uint8_t> message) {
  std::array<uint8_t, limits::link_payload_max> plain{};
  ByteWriter w(plain);
  w.bytes(message);
  w.u32(crc32c(message));
  LinkFrame f;
  size_t code_at = 0, n = 1;
  uint8_t code = 1;
  for (uint8_t b : w.written()) {
    if (b != 0) {
      f.data[n++] = b;
      ++code;
    } else {
      f.data[code_at] = code;
      code_at = n++;
      code = 1;
    }
  }
  f.data[code_at] = code;
  f.data[n++] = 0;
  f.size = n;
  return f;
}

template <class Message>
constexpr LinkFrame frame(const Message& m) {
  std::array<uint8_t, limits::link_payload_max> b{};
  return frame_message(std::span<const uint8_t>(b).first(encode(m, b)));
}

/// Takes bytes one at a time; a whole good message comes out, garbage is counted and skipped up to
/// the next zero byte. An empty frame (two zeros in a row) is neither.
class LinkDecoder {
 public:
  /// The message without its CRC, valid until the next call.
  constexpr std::optional<std::span<const uint8_t>> byte(uint8_t b) {
    if (b == 0) return finish();
    if (broken_) return std::nullopt;
    empty_ = false;
    if (left_ == 0) {  // a COBS code byte: the zero that the code before it stands for
      if (!first_ && !put(0)) return std::nullopt;
      first_ = false;
      left_ = b - 1;
    } else {
      --left_;
      put(b);
    }
    return std::nullopt;
  }
  constexpr uint32_t errors() const { return errors_; }

 private:
  constexpr bool put(uint8_t b) {
    if (size_ == data_.size()) {
      broken_ = true;
      return false;
    }
    data_[size_++] = b;
    return true;
  }
  constexpr std::optional<std::span<const uint8_t>> finish() {
    const bool whole = !broken_ && left_ == 0 && size_ > 4, empty = empty_ && !broken_;
    const size_t n = size_;
    broken_ = false, empty_ = true, first_ = true, left_ = 0, size_ = 0;
    if (empty) return std::nullopt;
    if (whole) {
      const auto message = std::span<const uint8_t>(data_).first(n - 4);
      ByteReader r(std::span<const uint8_t>(data_).subspan(n - 4, 4));
      if (r.u32() == crc32c(message)) return message;
    }
    ++errors_;
    return std::nullopt;
  }
  std::array<uint8_t, limits::link_payload_max> data_{};
  size_t size_ = 0;
  uint8_t left_ = 0;
  bool first_ = true, empty_ = true, broken_ = false;
  uint32_t errors_ = 0;
};

}  // namespace understudy::protocol
