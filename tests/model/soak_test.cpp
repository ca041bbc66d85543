// SPDX-License-Identifier: Apache-2.0
// Noise that stays inside tolerance for 100,000 frames (a million with UNDERSTUDY_LONG=1): not one
// switch, not one beats_lost of the server on air; gate and model agree all the way. One missed
// beat or one bad line more than tolerated does switch, so the noise is at the edge.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/model/options.hpp"
#include "tests/model/scenario.hpp"

namespace understudy::side {
namespace {
namespace registers = protocol::registers;
constexpr uint32_t misses = 3, window = 8, bad_lines = 4;  // M of N, BAD_LINES

class Soak {
 public:
  Soak(Gate& gate, uint64_t seed, uint32_t beats_spoiled, uint32_t lines_spoiled)
      : random_(seed), stage_(gate, the_model(), seed, shape()) {
    stage_.console.write(registers::bad_lines, bad_lines);
    stage_.console.write(registers::beats, window << 8 | misses);
    stage_.side.on_event = [this](const protocol::Event& e) {
      if (!in_run_) return;
      if (takeovers == 0)
        story_.push_back(to_text(
            model::Event{e.kind, e.source, e.frame, e.line, e.clock, e.term, e.data, false}));
      if (story_.size() > 12) story_.pop_front();
      if (e.kind == protocol::EventKind::takeover) ++takeovers;
      if (e.kind == protocol::EventKind::beats_lost) ++beats_lost;
    };
    for (auto& host : stage_.host) {
      auto& f = host.faults;
      f.spoil = 300, f.spoiled_most = beats_spoiled, f.spoiled_of = window;
      f.garbage = 300, f.garbage_bytes = 10, f.garbage_ends = true;
    }
    auto& a = stage_.video[0].faults;
    a.flip = a.lose = a.wrong_length = 60;
    a.bad_lines_most = lines_spoiled;
    a.patient = true;
    a.late = 100, a.late_clocks = 30, a.twice = 20;
  }

  /// Runs on until this many frames have been compared.
  void run(uint64_t frames, bool show) {
    uint64_t next = 0, tenth = std::max<uint64_t>(frames / 10, 1);
    while (stage_.side.compared().frames < frames && stage_.clock()) {
      const uint64_t done = stage_.side.compared().frames;
      if (done < next) continue;
      if (done % 50 == 0) secondary_weather();
      if (show && done % tenth == 0)
        fmt::print(stderr, "soak: {} of {} frames, {} takeovers\n", done, frames, takeovers);
      next = done + 1;
    }
    in_run_ = false;  // what follows is silence
    stage_.side.finish();
  }

  const SideBySide& side() const { return stage_.side; }
  uint64_t takeovers = 0, beats_lost = 0;
  /// The last events up to the first takeover.
  std::string story() const {
    std::string out;
    for (const auto& line : story_) out += line + "\n";
    return out;
  }

 private:
  static Stage::Shape shape() {
    Stage::Shape s;
    s.video[0].drift = 3, s.video[1].drift = -5;
    s.video[0].drift_bound = 20, s.video[1].drift_bound = 60;
    s.video[0].gaps = 60, s.video[1].gaps = 150;
    s.host[0].jitter = 30, s.host[1].jitter = 25;
    s.host[1].first = 170;
    return s;
  }
  /// The one not on air may do anything to its picture.
  void secondary_weather() {
    auto& b = stage_.video[1].faults;
    b = {};
    if (random_.chance(500)) return;  // it must be fit to take over, or nothing would be shown
    const auto some = [&] { return random_.chance(300) ? random_.below(150) : 0; };
    b.flip = some(), b.lose = some(), b.twice = some(), b.wrong_length = some(), b.fuse = some();
    b.late = some(), b.late_clocks = 120;
    b.cable = random_.chance(50), b.diverge = random_.chance(50), b.freeze = random_.chance(50);
    b.black = random_.chance(50), b.discard = random_.chance(500);
  }

  bool in_run_ = true;
  std::deque<std::string> story_;
  Random random_;
  Stage stage_;
};

TEST(Soak, noise_inside_tolerance_never_switches) {
  const auto gate = make_gate();
  const uint64_t frames = options().frames.value_or(options().long_run ? 1'000'000 : 100'000);
  Soak soak(*gate, options().seed, misses - 1, bad_lines - 1);
  soak.run(frames, true);
  ASSERT_FALSE(soak.side().difference())
      << "seed " << options().seed << ": " << *soak.side().difference();
  EXPECT_EQ(soak.takeovers, 0u) << "seed " << options().seed << ", first:\n" << soak.story();
  EXPECT_EQ(soak.beats_lost, 0u) << "seed " << options().seed;
  const auto& c = soak.side().compared();
  EXPECT_GT(c.kinds[static_cast<size_t>(protocol::EventKind::rescued_lines)], frames / 10);
  EXPECT_GT(c.kinds[static_cast<size_t>(protocol::EventKind::link_error)], frames / 10);
  fmt::print("{}\n", to_text(c));
}

TEST(Soak, one_missed_beat_more_switches) {
  const auto gate = make_gate();
  Soak soak(*gate, options().seed, misses, bad_lines - 1);
  soak.run(1000, false);
  ASSERT_FALSE(soak.side().difference()) << *soak.side().difference();
  EXPECT_GT(soak.beats_lost, 0u);
  EXPECT_GT(soak.takeovers, 0u);
}

TEST(Soak, one_bad_line_more_switches) {
  const auto gate = make_gate();
  Soak soak(*gate, options().seed, misses - 1, bad_lines);
  soak.run(1000, false);
  ASSERT_FALSE(soak.side().difference()) << *soak.side().difference();
  EXPECT_GT(soak.takeovers, 0u);
}

}  // namespace
}  // namespace understudy::side
