// SPDX-License-Identifier: Apache-2.0
// The verilated gate and the model in step: what stands at the gate's pins is told to the model,
// and each output line, event and tick of the one is compared with the other's. The output's pixels
// must be those of the line that the model says was chosen, tag bits cleared, or slate.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/observers.hpp"

namespace understudy::side {

struct OutputLine {
  uint32_t frame, line;
  model::Choice choice;
  std::array<bool, 2> good;
  const std::vector<uint32_t>& words;
};

struct Compared {
  uint64_t clocks = 0, frames = 0, lines = 0, events = 0, ticks = 0;
  uint64_t not_read = 0;  // events that a link was too slow for, and was told of
  std::array<uint64_t, 3> chosen{};
  std::array<uint64_t, protocol::event_kind_last + 1> kinds{};
  std::array<uint64_t, 8> takeovers{};  // by reason
  std::array<uint64_t, 5> answers{};    // requests by result
  uint64_t flap_holds = 0;
  void count(const protocol::Event& e);
  Compared& operator+=(const Compared& o);
};

class SideBySide {
 public:
  SideBySide(Gate& gate, model::GateModel& model, const model::Raster& raster,
             const model::Timing& timing);

  /// Applies gate.in and goes on one clock. False once anything differed.
  bool clock();
  /// Compares the last events and the counters; call when the run is over.
  bool finish();

  uint64_t now() const { return gate_.out.clock; }
  /// Far enough from a boundary for a request to be before or after it beyond doubt.
  bool quiet() const;
  const std::optional<std::string>& difference() const { return difference_; }
  const Compared& compared() const { return compared_; }

  std::function<void(const OutputLine&)> on_line;
  std::function<void(const protocol::Tick&)> on_tick;  // of both links
  std::function<void(const protocol::Event&)> on_event;

 private:
  struct Select {
    uint64_t clock;
    uint32_t frame, line, choice, good, crc_a, crc_b;
  };
  void observe_outputs();
  void observe_tick(unsigned s);
  std::optional<std::string> compare_link_event(unsigned s, const protocol::Event& e);
  void frame_done();
  void compare_line(const Select& gate, const model::LineSelect& model,
                    const std::vector<uint32_t>& words);
  void compare_events(uint64_t until);
  void compare_ticks();
  void compare_register(const char* name, uint16_t address, const std::function<uint32_t()>& model);
  uint32_t read(uint16_t address);
  void differ(std::string what);

  Gate& gate_;
  model::GateModel& model_;
  const model::Raster raster_;
  std::array<LineObserver, 2> lines_;
  std::array<LinkObserver, 2> links_;
  std::array<protocol::LinkDecoder, 2> from_gate_;

  bool selected_before_ = false;
  std::vector<uint32_t> line_;
  std::deque<std::vector<uint32_t>> output_;
  std::deque<Select> selects_;
  std::deque<model::LineSelect> model_selects_;
  struct Asked {  // requests answered at once: the gate may be some clocks later than the model
    std::deque<model::Event> gate, model;
  };
  std::array<Asked, 3> asked_;
  std::vector<model::Event> events_, model_events_;
  std::array<std::deque<protocol::Event>, 2> unread_;  // logged, not yet read from the link
  std::array<uint32_t, 2> next_sequence_{};
  bool told_ = false;
  std::array<std::deque<protocol::Tick>, 2> ticks_;
  std::deque<model::Boundary> boundaries_;
  uint32_t slate_ = protocol_slate, slate_before_ = protocol_slate;
  std::optional<std::string> difference_;
  Compared compared_;
  static constexpr uint32_t protocol_slate = 0x00101030;
};

std::string to_text(const model::Event& e);
/// What was compared, in a few lines.
std::string to_text(const Compared& c);

}  // namespace understudy::side
