// SPDX-License-Identifier: Apache-2.0
// The whole gate at transaction level: lines stored, link messages, register writes go in with the
// clock at which they were at the pins; line choices, events and boundaries come out. Written from
// rtl/README.md alone, so that a mistake must be made twice to go unseen. SystemC stays behind this
// header, which C++17 and later can include. Clocks count from 0, the first clock out of reset.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/events.hpp"
#include "protocol/states.hpp"

namespace understudy::model {

using Clock = uint64_t;
using protocol::Server;

struct Raster {
  uint32_t h_active, h_total, v_active, v_total;
  uint32_t store_lines = 4;
  /// Clocks of a frame.
  Clock frame_clocks() const { return Clock{h_total} * v_total; }
  /// From a line select until the raster has read the line and its slot is free.
  constexpr Clock read_clocks() const { return 8 + Clock{h_active} + 1; }
  uint32_t beat_period_reset() const { return static_cast<uint32_t>(frame_clocks() / 8 * 5 / 4); }
};

/// Clocks from a thing at the pins until it counts; rtl/README.md names them.
struct Timing {
  uint32_t line_start = 2;   // first pixel at the pins -> its slot's old facts no longer count
  uint32_t line_end = 3;     // last pixel at the pins -> its slot answers
  uint32_t frame_start = 2;  // start of frame at the pins -> an untagged frame has its number
  uint32_t link = 1;         // closing zero byte at the pins -> the message's strobe
  uint32_t request = 1;      // strobe -> carried out
  uint32_t command = 0;      // APB access -> the COMMAND register's strobe
};

/// What a receiver knows at a line's end.
struct LineFacts {
  uint64_t id = 0;  // chosen by the caller; comes back with the line's choice
  bool length_right = false, tag_right = false, discard = false;
  uint32_t frame = 0, line = 0;                // as the tag says
  uint32_t picture_crc = 0, tag_says_crc = 0;  // of the pixels; in the tag
  uint8_t brightest = 0;
};

struct Heartbeat {
  uint32_t sequence = 0, boot_id = 0;
  protocol::ServerState state = protocol::ServerState::unknown;
};

enum class Choice : uint8_t { a = 0, b = 1, slate = 2 };

struct LineSelect {
  Clock clock;
  uint32_t frame, line;
  Choice choice;
  std::array<bool, 2> good;
  std::array<uint32_t, 2> crc;  // meaningful where good
  uint64_t id;                  // of the chosen line; 0 for slate
};

struct Event {
  protocol::EventKind kind;
  uint8_t source;
  uint32_t frame, line;
  Clock clock;
  uint32_t term, data;
  bool at_boundary;
};

/// The state of the gate after a boundary, as a tick tells it.
struct Boundary {
  Clock clock;
  uint32_t frame;  // the one that starts
  Server on_air;
  uint32_t term;
  std::array<protocol::ServerState, 2> state;
  uint16_t alarms;
  uint16_t equal_frames;
  protocol::Mode mode;
  bool is_protected;
};

struct Counters {
  uint32_t rescued, lost;
  std::array<uint32_t, 2> beats, missed, link_errors, bad_lines;
};

/// One in a process, made before anything of SystemC runs; `reset` begins anew at clock 0.
/// Everything told to it must not lie before the clock that `run_to` has reached.
class GateModel {
 public:
  GateModel();
  ~GateModel();
  void reset(const Raster& raster, const Timing& timing);

  void line_started(Clock at, Server s, uint64_t id);
  void line_ended(Clock at, Server s, const LineFacts& facts);
  void start_of_frame(Clock at, Server s);
  void heartbeat(Clock at, Server s, const Heartbeat& beat);
  void request(Clock at, Server s, uint16_t id, uint8_t op);
  void bad_link_frame(Clock at, Server s);
  void write(Clock at, uint16_t address, uint32_t value);

  /// All of this clock has happened when it returns.
  void run_to(Clock at);

  std::vector<LineSelect> take_selects();
  std::vector<Event> take_events();
  std::vector<Boundary> take_boundaries();
  Boundary now() const;
  Counters counters() const;

 private:
  struct Blocks;
  std::unique_ptr<Blocks> blocks_;
};

}  // namespace understudy::model
