// SPDX-License-Identifier: Apache-2.0
// What the appliance kept around the fault, read from its JSON.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace understudy::demo {

struct Recording {
  struct Line {
    uint32_t line = 0;
    uint64_t clock = 0;   // of its first pixel
    uint32_t pixels = 0;  // that came, from the left
    std::vector<uint8_t> rgb;
  };
  struct Choice {
    uint32_t frame = 0;
    uint32_t line = 0;
    uint8_t choice = 0;   // 0 A, 1 B, 2 slate
    uint8_t good = 0;     // bit 0 A, bit 1 B
    bool differ = false;  // both are good, and their pictures are not equal
  };
  struct Beat {
    uint64_t clock = 0;
    uint8_t server = 0;
  };
  struct Tick {
    uint64_t clock = 0;
    uint32_t frame = 0;
    uint8_t on_air = 0;
  };
  std::array<std::vector<Line>, 3> lines;  // A, B, output
  std::vector<Choice> choices;             // in the order selected
  std::vector<Beat> beats;
  std::vector<Tick> ticks;
  std::string wave_trouble;  // why there is no waveform though one was asked for
};

}  // namespace understudy::demo
