// SPDX-License-Identifier: Apache-2.0
// The pins of a verilated top as plain values, so that the runner is compiled once and linked with
// any gate, a mutated one too. `out` is what stands in clock `out.clock`; `in` is what is applied
// in that same clock; `clock()` goes on to the next.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "protocol/link.hpp"

namespace understudy::side {

struct Inputs {
  struct Video {
    uint32_t data = 0;
    bool valid = false, user = false, last = false;
  };
  struct Byte {
    uint8_t data = 0;
    bool valid = false;
  };
  std::array<Video, 2> video;
  std::array<Byte, 2> link;
  std::array<bool, 2> tx_ready{true, true};
  bool select = false, enable = false, write = false;  // APB
  uint16_t address = 0;
  uint32_t value = 0;
};

struct Outputs {
  uint64_t clock = 0;
  uint32_t video_data = 0;
  bool video_valid = false, video_user = false, video_last = false;
  std::array<Inputs::Byte, 2> tx;
  uint32_t read = 0;  // APB
  uint32_t h = 0, v = 0, frame = 0, term = 0, select_line = 0;
  bool on_air = false, boundary = false, line_select = false;
  uint32_t choice = 0, good = 0, crc_a = 0, crc_b = 0, alive = 0;
  bool event_valid = false;
  protocol::Event event;
};

class Gate {
 public:
  virtual ~Gate() = default;
  virtual void reset() = 0;
  virtual void clock() = 0;
  Inputs in;
  Outputs out;
};

/// The gate that this program was linked with.
std::unique_ptr<Gate> make_gate();

}  // namespace understudy::side
