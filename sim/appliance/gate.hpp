// SPDX-License-Identifier: Apache-2.0
// The gateware as a thing with pins. What the pins carry for a stretch of clocks is data (`Pins`),
// so a whole stretch runs in one tight loop and the virtual call costs nothing. What comes out is
// gathered in `Observed`. One implementation a raster, verilated; one more each that can trace.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/appliance/raster.hpp"

namespace understudy::sim {

/// One video input for a stretch of clocks: consecutive RGB24 pixels, or nothing (null).
struct VideoPins {
  const uint8_t* pixels = nullptr;
  bool first = false, last = false;  // tuser, tlast; a stretch with one of them is one clock long
};

struct Pins {
  uint32_t clocks = 0;
  VideoPins video[2];
  int16_t link_byte[2] = {-1, -1};    // into the link receiver in the first clock; -1: none
  bool link_ready[2] = {true, true};  // the host takes bytes
};

/// An entry of the gateware's log as it is written.
struct GateEvent {
  uint8_t kind = 0, source = 0;
  uint16_t line = 0;
  uint32_t frame = 0, term = 0, data = 0;
  uint64_t clock = 0;
  bool operator==(const GateEvent&) const = default;
};

struct Beat {
  Clock clock = 0;
  uint8_t server = 0;
  bool operator==(const Beat&) const = default;
};

/// What came out; the gate appends, the owner takes.
struct Observed {
  std::vector<uint8_t> link[2];
  size_t link_complete[2] = {0, 0};  // bytes up to and with the last closing zero
  std::vector<GateEvent> events;
  std::vector<Beat> beats;
  uint8_t* picture = nullptr;  // where the frame that leaves is written, RGB24
  uint32_t lines_left = 0;     // lines of it that have not left yet
  bool frame_done = false;     // its last pixel has left
  uint64_t stray_pixels = 0;   // pixels out of place: of no frame, a short or a long line
};

/// The line merge's choice for one output line.
struct Choice {
  uint32_t frame = 0;
  uint16_t line = 0;
  uint8_t choice = 0;  // 0 A, 1 B, 2 slate
  uint8_t good = 0;    // bit 0 A, bit 1 B
  uint32_t crc[2] = {0, 0};
  bool operator==(const Choice&) const = default;
};

struct RasterState {
  uint32_t h = 0, v = 0, frame = 0, term = 0;
  uint64_t clock = 0;
  uint8_t on_air = 0, alive = 0;
};

struct ApbPins {
  bool select = false, enable = false, write = false;
  uint16_t address = 0;
  uint32_t data = 0;
};

class Gate {
 public:
  virtual ~Gate() = default;
  /// Runs `pins.clocks` clocks or fewer: stops after the clock in which a link message's closing
  /// zero came out or the last pixel of a frame left. Returns the clocks run.
  virtual uint32_t run(const Pins& pins, Observed& observed) = 0;
  virtual void reset() = 0;
  virtual void apb(const ApbPins& pins) = 0;
  /// prdata with the present pins, before the next edge.
  virtual uint32_t apb_data() = 0;
  virtual Choice choice() const = 0;  // of the last line select; without its frame and line
  virtual RasterState state() const = 0;
  /// Waveform from now on; every clock costs twenty times as much while it runs.
  virtual bool trace_start(const std::string& path, Clock now) = 0;
  virtual void trace_stop() = 0;
};

/// Null when the raster is not built in.
std::unique_ptr<Gate> make_gate(std::string_view raster, bool with_trace = false);

}  // namespace understudy::sim
