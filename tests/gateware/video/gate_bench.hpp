// SPDX-License-Identifier: Apache-2.0
// The tiny gate on a bench: two feeders at its video inputs, heartbeats if wanted, everything that
// leaves it kept by frame and line. A test changes what a source sends by `disturb`, which is
// handed each line's pins before they are sent: it may drop, double, shift, cut or flip.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "Vtiny.h"
#include "Vtiny___024root.h"
#include "protocol/link.hpp"
#include "protocol/registers.hpp"
#include "tests/gateware/video/feeder.hpp"

UNDERSTUDY_DIRECT(Vtiny);

namespace understudy::gate {

struct Pin {
  uint32_t data = 0;
  bool valid = false, user = false, last = false;
};

struct OutputLine {
  int choice = -1, good = -1;
  std::vector<uint32_t> pixels;
  uint64_t first_clock = 0;  // clock in which the first pixel stood on the output
};

class GateBench {
 public:
  static constexpr const Raster& raster = raster_tiny;
  /// Called for each line that `source` is about to send; `pins` is one entry a clock.
  using Disturb = std::function<void(int source, Feeder& feeder, std::vector<Pin>& pins)>;

  GateBench() : GateBench(random_picture(raster, 1), random_picture(raster, 1)) {}
  GateBench(std::vector<uint8_t> a, std::vector<uint8_t> b)
      : feeders{Feeder(raster, std::move(a)), Feeder(raster, std::move(b))} {
    gate.clk = 0;
    reset(gate);
  }

  void write(uint16_t address, uint32_t value) {
    gate.psel = gate.pwrite = 1, gate.penable = 0, gate.paddr = address, gate.pwdata = value;
    step();
    gate.penable = 1;
    step();
    gate.psel = gate.penable = gate.pwrite = 0;
  }

  /// Until the first clock of output frame `frame`'s boundary line end, that is: frame - 1 has
  /// left.
  void run_to_frame(uint32_t frame) {
    while (!(gate.obs_frame == frame && gate.obs_v == 0)) step();
  }

  std::vector<protocol::EventKind> kinds() const {
    std::vector<protocol::EventKind> k;
    for (const auto& e : events) k.push_back(e.kind);
    return k;
  }
  const protocol::Event* find(protocol::EventKind kind) const {
    for (const auto& e : events)
      if (e.kind == kind) return &e;
    return nullptr;
  }
  /// Pixels of an output frame that are not what both feeders show (they must show the same).
  uint32_t wrong(uint32_t frame) {
    uint32_t n = 0;
    for (uint32_t y = 0; y < raster.v_active; ++y) {
      const auto& line = frames[frame][y];
      if (line.pixels.size() != raster.h_active) return raster.h_active * raster.v_active;
      for (uint32_t x = 0; x < raster.h_active; ++x)
        n += line.pixels[x] != feeders[0].expected(y, x);
    }
    return n;
  }

  void step() {
    const uint64_t now = clocks_++;
    if (now % raster.h_total == 0) begin_line(now / raster.h_total);
    drive(0, gate.video_a_tdata, gate.video_a_tvalid, gate.video_a_tuser, gate.video_a_tlast);
    drive(1, gate.video_b_tdata, gate.video_b_tvalid, gate.video_b_tuser, gate.video_b_tlast);
    beat(now);
    observe(now);
    clock(gate);
    if (selected_) selected_->choice = gate.obs_choice, selected_->good = gate.obs_good;
    selected_ = nullptr;
  }

  Vtiny gate;
  std::array<Feeder, 2> feeders;
  Disturb disturb;
  std::array<bool, 2> beats{false, false};  // send eight heartbeats a frame
  std::map<uint32_t, std::array<OutputLine, raster_tiny.v_active>> frames;
  std::vector<protocol::Event> events;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t>
      sent;  // (frame, line) of A -> clock of its first pixel

 private:
  void begin_line(uint64_t lines) {
    for (int s = 0; s < 2; ++s) {
      feeders[s].begin_line(lines);
      if (!feeders[s].active()) continue;
      std::vector<Pin> pins;
      for (uint32_t x = 0; x < raster.h_active; ++x)
        pins.push_back(
            {feeders[s].line()[x], true, x == 0 && feeders[s].y() == 0, x == raster.h_active - 1});
      if (disturb) disturb(s, feeders[s], pins);
      if (s == 0) sent[{feeders[s].frame(), feeders[s].y()}] = clocks_ - 1 + pins_[s].size();
      pins_[s].insert(pins_[s].end(), pins.begin(), pins.end());
    }
  }
  template <class D, class V>
  void drive(int s, D& data, V& valid, V& user, V& last) {
    Pin p;
    if (!pins_[s].empty()) p = pins_[s].front(), pins_[s].pop_front();
    data = p.data, valid = p.valid, user = p.user, last = p.last;
  }
  void beat(uint64_t now) {
    for (int s = 0; s < 2; ++s)
      if (beats[s] && now % (raster.frame_clocks() / 8) == 0) {
        const auto f =
            protocol::frame(protocol::Heartbeat{++sequence_, 7, 0, protocol::ServerState::primary});
        bytes_[s].insert(bytes_[s].end(), f.bytes().begin(), f.bytes().end());
      }
    gate.link_a_rx_tvalid = !bytes_[0].empty(), gate.link_b_rx_tvalid = !bytes_[1].empty();
    if (!bytes_[0].empty()) gate.link_a_rx_tdata = bytes_[0].front(), bytes_[0].pop_front();
    if (!bytes_[1].empty()) gate.link_b_rx_tdata = bytes_[1].front(), bytes_[1].pop_front();
    gate.link_a_tx_tready = gate.link_b_tx_tready = 1;
  }
  void observe(uint64_t now) {
    if (gate.obs_line_select) selected_ = &frames[gate.obs_frame][gate.obs_select_line];
    if (gate.video_out_tvalid) {
      if (gate.video_out_tuser) row_ = 0;
      auto& line = frames[gate.obs_frame][row_];
      if (line.pixels.empty()) line.first_clock = now;
      line.pixels.push_back(gate.video_out_tdata);
      if (gate.video_out_tlast) ++row_;
    }
    if (gate.obs_event_valid) {
      const auto& w =
          gate.obs_event;  // data, term, clock, line, frame, source, kind from the low end
      protocol::Event e;
      e.data = w[0], e.term = w[1], e.clock = w[2] | uint64_t{w[3] & 0xFFFF} << 32;
      e.line = static_cast<uint16_t>(w[3] >> 16), e.frame = w[4];
      e.source = static_cast<uint8_t>(w[5]), e.kind = protocol::EventKind(w[5] >> 8 & 0xFF);
      events.push_back(e);
    }
  }

  std::array<std::deque<Pin>, 2> pins_;
  std::array<std::deque<uint8_t>, 2> bytes_;
  OutputLine* selected_ = nullptr;
  uint64_t clocks_ = 0;
  uint32_t row_ = 0, sequence_ = 0;
};

}  // namespace understudy::gate
