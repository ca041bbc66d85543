// SPDX-License-Identifier: Apache-2.0
// The console over the appliance's link: a FirmwareLine out of the frame that stands in the link's
// memory, and an answer as FirmwareText pieces into the memory from which it is sent
// (protocol/link.hpp, protocol/soc.hpp). Byte by byte, for there is no stack for a frame.
#pragma once

#include <cstdint>
#include <optional>

#include "firmware/command_line.hpp"
#include "protocol/link.hpp"

namespace understudy::firmware {

/// CRC-32C's register after data and its own CRC, as Crc32c::value() gives it.
inline constexpr uint32_t crc32c_residue = 0x48674BC7;

/// The line's id, and the line as typed; nothing when the frame is broken or no such message.
/// `byte_at(i)` reads the frame.
template <class ByteAt>
std::optional<uint8_t> take_line(ByteAt byte_at, CommandLine& line) {
  protocol::Crc32c crc;
  uint32_t last_four = 0;  // a byte is taken when it is known not to be of the CRC
  uint32_t bytes = 0;
  uint8_t id = 0, left = 0;
  bool right = true;
  line.clear();
  const auto plain = [&](uint8_t b) {
    const auto before = static_cast<uint8_t>(last_four);
    crc.byte(b);
    last_four = last_four >> 8 | static_cast<uint32_t>(b) << 24;
    if (bytes == 4 && before != static_cast<uint8_t>(protocol::FirmwareLine::type)) right = false;
    if (bytes == 5) id = before;
    if (bytes > 5) line.put(before);
    ++bytes;
  };
  for (uint32_t i = 0; i < protocol::limits::link_frame_max; ++i) {
    const uint8_t b = byte_at(i);
    if (b == 0) {
      if (!right || left != 0 || bytes < protocol::FirmwareLine::least + 4 ||
          crc.value() != crc32c_residue)
        return std::nullopt;
      line.put('\r');
      return id;
    }
    if (left == 0) {  // COBS: how far it is to the next zero
      if (i > 0) plain(0);
      left = static_cast<uint8_t>(b - 1);
    } else {
      --left, plain(b);
    }
  }
  return std::nullopt;
}

/// Port: bool ready() (before each piece; waits a little; false: the last one is still not sent),
/// put(i, byte), send(). Text has no zero bytes.
template <class Port>
class LinkVoice {
 public:
  constexpr explicit LinkVoice(Port port) : port_(port) {}

  void begin(Port port, uint8_t id) {
    port_ = port, id_ = id, number_ = 0, characters_ = 0, open_ = true, lost_ = false;
  }
  bool open() const { return open_; }
  void put(char c) {
    if (c == '\r' || lost_) return;
    if (characters_ == protocol::limits::firmware_text_max) finish(0);
    if (characters_++ == 0) start();
    crc_.byte(static_cast<uint8_t>(c));
    write(at_++, static_cast<uint8_t>(c));
  }
  void end(protocol::FirmwareResult result) {
    open_ = false;
    if (lost_) return;
    if (characters_ == 0) start();
    finish(static_cast<uint8_t>(static_cast<uint8_t>(result) | protocol::FirmwareText::last_bit));
  }

 private:
  void start() {
    lost_ = !port_.ready();  // a host that takes nothing holds us up once: the rest is lost
    crc_ = {}, code_at_ = 0, at_ = 1;
    encode(static_cast<uint8_t>(protocol::FirmwareText::type));
    encode(id_), encode(number_);
  }
  void finish(uint8_t ending) {
    encode(ending);
    const uint32_t crc = crc_.value();
    for (int shift = 0; shift < 32; shift += 8) cobs(static_cast<uint8_t>(crc >> shift));
    cobs(0), write(code_at_, 0);  // the last code is the one behind the message: it is the zero
    if (!lost_) port_.send();
    ++number_, characters_ = 0;
  }
  void encode(uint8_t b) {
    crc_.byte(b);
    cobs(b);
  }
  void cobs(uint8_t b) {
    if (b != 0) return write(at_++, b);
    write(code_at_, static_cast<uint8_t>(at_ - code_at_));
    code_at_ = at_++;
  }
  void write(uint8_t at, uint8_t b) {
    if (!lost_) port_.put(at, b);
  }

  Port port_;
  protocol::Crc32c crc_;
  uint8_t id_ = 0, number_ = 0, characters_ = 0, at_ = 0, code_at_ = 0;
  bool open_ = false, lost_ = false;
};

}  // namespace understudy::firmware
