// SPDX-License-Identifier: Apache-2.0
// A board on a desk: its RTL and the design read back from its bitstream, pin by pin in step, with
// two servers at the inputs and their links on serial lines. Every clock's output pins are
// compared; what the links say is taken from the netlist.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/line_tag.hpp"
#include "protocol/link.hpp"

namespace understudy::netlist {

inline constexpr uint32_t h_active = 640, h_total = 800, v_active = 480, v_total = 525;
inline constexpr uint32_t bit_clocks = 25, frame_clocks = h_total * v_total;
inline constexpr uint32_t beats_a_frame = 8;

/// One server: a picture with tags and heartbeats. Its members are its faults, to be set between
/// frames.
struct Server {
  bool cable = true;  // pixels arrive
  bool beats = true;
  uint8_t flags = 0;    // in the tags
  bool frozen = false;  // the tags' frame number stands still
  protocol::ServerState state = protocol::ServerState::primary;
};

/// What the board's pins have to be told in one clock, and say.
struct In {
  uint32_t pixel[2] = {0, 0};  // RGB
  bool enable[2] = {false, false}, vsync[2] = {false, false}, rx[2] = {true, true};
};
struct Out {
  uint32_t pixel = 0;
  bool enable = false, hsync = false, vsync = false, tx[2] = {true, true};
  uint8_t leds = 0;
  bool operator==(const Out&) const = default;
};

/// One of the two designs: a clock at a time.
class Design {
 public:
  virtual ~Design() = default;
  virtual Out clock(const In& in) = 0;
};
std::unique_ptr<Design> make_rtl();
std::unique_ptr<Design> make_netlist();

/// Bytes to a serial line and back, a clock at a time.
class SerialOut {
 public:
  void send(std::span<const uint8_t> bytes) {
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  }
  bool step();

 private:
  std::deque<uint8_t> waiting_;
  uint32_t bits_ = ~0u, left_ = 0;  // the frame on the line, clocks left of it
};
class SerialIn {
 public:
  std::optional<uint8_t> step(bool line);

 private:
  uint32_t clocks_ = 0;
  uint8_t byte_ = 0;
};

/// A frame as it left the netlist: the picture's checksum, and whether every line was the one
/// expected.
struct Sent {
  uint32_t wrong_pixels = 0, pixels = 0;
};

class Desk {
 public:
  Desk();
  Server server[2];
  /// One frame of the raster, from the clock that sources are told is its first.
  Sent frame();
  void ask(unsigned s, protocol::RequestOp op);
  /// The last tick that link s carried.
  const std::optional<protocol::Tick>& tick(unsigned s) const { return tick_[s]; }
  uint64_t differences() const { return differences_; }
  const std::string& first_difference() const { return first_difference_; }
  uint32_t frames_in_step() const { return frame_; }

 private:
  void drive(In& in);
  void clock(Sent& sent);
  uint32_t pixel(uint32_t x, uint32_t y) const { return picture_[size_t{y} * h_active + x]; }
  std::vector<uint8_t> tagged_line(unsigned s);

  std::unique_ptr<Design> rtl_ = make_rtl(), netlist_ = make_netlist();
  std::vector<uint32_t> picture_, crc_;
  std::vector<uint8_t> line_[2];
  SerialOut to_[2];
  SerialIn from_[2];
  protocol::LinkDecoder decoder_[2];
  std::optional<protocol::Tick> tick_[2];
  uint32_t h_ = 0, v_ = 0, frame_ = 0;  // the sources' own raster
  uint32_t frozen_at_[2] = {0, 0}, sequence_ = 0;
  uint16_t request_ = 0;
  uint32_t out_x_ = 0, out_y_ = 0;
  bool in_line_ = false;
  uint64_t clocks_ = 0, differences_ = 0;
  std::string first_difference_;
};

}  // namespace understudy::netlist
