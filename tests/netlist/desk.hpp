// SPDX-License-Identifier: Apache-2.0
// A board on a desk: its RTL and the design read back from its bitstream, pin by pin in step, with
// two servers and their links on serial lines. Every clock's output pins are compared; what the
// links say is taken from the netlist. What is the board's own stands in its folder's board.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "board.hpp"
#include "designs.hpp"
#include "protocol/link.hpp"

namespace understudy::netlist {

inline constexpr uint32_t frame_clocks = h_total * v_total;
inline constexpr uint32_t beats_a_frame = 8;

/// Bytes to a serial line and back, a clock at a time.
class SerialOut {
 public:
  void send(std::span<const uint8_t> bytes) {
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  }
  bool step();

 private:
  std::deque<uint8_t> waiting_;
  uint32_t bits_ = ~0u, left_ = 0;  // the frame on the line, half clocks left of it
};
class SerialIn {
 public:
  std::optional<uint8_t> step(bool line);

 private:
  uint32_t at_ = 0, look_at_ = 0;  // half clocks since the start bit's edge
  unsigned left_ = 0;              // bits to be looked at
  uint8_t byte_ = 0;
};

/// A frame as it left the netlist.
struct Sent {
  uint32_t wrong_pixels = 0, pixels = 0;
};

class Desk {
 public:
  Desk();
  std::array<Server, 2> server;
  In pins;  // those that no server and no link drives
  /// One frame of the raster, from the clock that board.hpp says is a desk's first.
  Sent frame();
  void ask(unsigned link, protocol::RequestOp op);
  /// The last tick that a link carried.
  const std::optional<protocol::Tick>& tick(unsigned link) const { return tick_[link]; }
  uint64_t differences() const { return differences_; }
  const std::string& first_difference() const { return first_difference_; }

 private:
  In drive();
  void clock(Sent& sent);
  void compare(const Out& mine, const Out& bits);
  void look_at(const Out& bits, Sent& sent);

  std::unique_ptr<Design> rtl_ = make_rtl(), netlist_ = make_netlist();
  Servers servers_;
  SerialOut to_[links];
  SerialIn from_[links];
  protocol::LinkDecoder decoder_[links];
  std::optional<protocol::Tick> tick_[links];
  uint32_t h_ = 0, v_ = 0, frame_ = 0;  // the desk's own raster
  uint32_t sequence_ = 0;
  uint16_t request_ = 0;
  uint32_t out_x_ = 0, out_y_ = 0, out_frame_ = 0;
  bool in_line_ = false, in_sync_ = false;
  uint64_t clocks_ = 0, differences_ = 0;
  std::string first_difference_;
};

}  // namespace understudy::netlist
