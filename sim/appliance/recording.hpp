// SPDX-License-Identifier: Apache-2.0
// What is kept for a report around one place: the pixels of a few lines at both inputs and at the
// output, and for the frames around it every line's choice, each heartbeat, tick and event, all
// with pixel clocks. Bounded: lines by the request, frames by `frames_around`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/appliance/gate.hpp"

namespace understudy::sim {

inline constexpr uint32_t recording_lines_max = 64;
inline constexpr uint32_t frames_around = 3;  // frames before and after whose choices are kept
// The writer of FST maps its files: on a disk that fills up the kernel ends the whole process. So
// many times what a waveform takes must be free before one is begun.
inline constexpr uint64_t wave_room_bytes = 32u << 20;

struct RecordingRequest {
  uint32_t frame = 0, line = 0;
  uint32_t before = 2, after = 2;
  std::string wave;  // path of the FST file; empty: none
};

struct RecordedLine {
  uint32_t line = 0;
  Clock clock = 0;      // of its first pixel
  uint32_t pixels = 0;  // that came; a whole line has the raster's width
  std::vector<uint8_t> rgb;
};

struct RecordedTick {
  Clock clock = 0;
  uint32_t frame = 0, term = 0;
  uint8_t on_air = 0, alive = 0;
};

class Recording {
 public:
  void start(const RecordingRequest& request, const Raster& raster);
  bool active() const { return active_; }
  const RecordingRequest& request() const { return request_; }

  bool wants_line(uint32_t frame, uint32_t line) const {
    return active_ && frame == request_.frame && line >= first_ && line < end_;
  }
  bool wants_frame(uint32_t frame) const {
    return active_ && int64_t{frame} >= int64_t{request_.frame} - frames_around &&
           frame <= uint64_t{request_.frame} + frames_around;
  }
  /// A run of pixels at input 0 or 1; null: what should have been there was not.
  void input(int server, const Place& at, const uint8_t* rgb, uint32_t count, Clock clock);
  void output(uint32_t frame, const uint8_t* rgb, Clock first_line);
  void choice(const Choice& choice) { choices.push_back(choice); }
  /// The stretch of clocks whose waveform is wanted.
  Clock wave_begin() const { return wave_begin_; }
  Clock wave_end() const { return wave_end_; }

  std::vector<RecordedLine> lines[3];  // A, B, output
  std::vector<Choice> choices;
  std::vector<Beat> beats;
  std::vector<RecordedTick> ticks;
  std::vector<GateEvent> events;
  std::string wave_trouble;  // why there is no waveform though one was asked for

 private:
  bool active_ = false;
  RecordingRequest request_;
  Raster raster_ = rasters[0];
  uint32_t first_ = 0, end_ = 0;
  Clock wave_begin_ = no_clock, wave_end_ = 0;
};

/// Why there is no room for a waveform in that file (or for its parts in /tmp); empty: there is.
std::string no_room_for_wave(const std::string& wave, uint64_t bytes = wave_room_bytes);
/// Why no file can be made at this path; empty: it can, or a full disk alone is in the way.
std::string cannot_make(const std::string& path);
/// A GTKWave save file that shows the signals worth looking at first. False: not written.
bool write_gtkw(const std::string& wave, const std::string& path, Clock begin,
                const Raster& raster);

}  // namespace understudy::sim
