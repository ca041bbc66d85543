// SPDX-License-Identifier: Apache-2.0
// Both servers fail one after the other: every ordered pair of faults, the server on air first or
// second, several distances up to 10 frames. Never two terms at once, the term grows by one with
// every change and only then, every output line is wholly one picture's or slate, and the lines
// that are not the reference's are exactly those that the gate counted as lost.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/model/options.hpp"
#include "tests/model/scenario.hpp"

namespace understudy::side {
namespace {
using protocol::Server;

enum class Fault { cable, freeze, black, corrupt, usb, beats, failed, discard };
constexpr size_t faults = 8;
const char* const names[faults] = {"cable", "freeze", "black",  "corrupt",
                                   "usb",   "beats",  "failed", "discard"};
constexpr uint32_t first_frame = 14, last_frame = 36, all_lines = 1'000'000;

void strike(Stage& stage, Server on, Fault fault) {
  auto& video = stage.video[static_cast<size_t>(on)].faults;
  auto& host = stage.host[static_cast<size_t>(on)].faults;
  switch (fault) {
    case Fault::cable:
      video.cable = true;
      break;
    case Fault::freeze:
      video.freeze = true;
      break;
    case Fault::black:
      video.black = true;
      break;
    case Fault::corrupt:
      video.corrupt = all_lines;
      break;
    case Fault::usb:
      host.cut = true;
      break;
    case Fault::beats:
      host.stopped = true;
      break;
    case Fault::failed:
      host.state = protocol::ServerState::failed;
      break;
    case Fault::discard:
      video.discard = true;
      break;
  }
}

struct Case {
  Fault first, second;
  Server hit_first;
  uint32_t distance;  // clocks from the first to the second
  uint64_t seed;
};

struct Result {
  uint32_t takeovers = 0, slate = 0, other = 0, counted = 0, wrong_target = 0;
  bool left_in_time = true, terms_right = true;
  std::optional<std::string> difference;
};

class Trial {
 public:
  Trial(Gate& gate, const Case& c) : case_(c), stage_(gate, the_model(), c.seed, shape(c.seed)) {
    stage_.console.write(protocol::registers::proven, 3);
    stage_.side.on_line = [this](const OutputLine& l) { line(l); };
    stage_.side.on_tick = [this](const protocol::Tick& t) { tick(t); };
    stage_.side.on_event = [this](const protocol::Event& e) {
      if (e.kind == protocol::EventKind::lost_lines && e.frame >= first_frame)
        result_.counted += e.data;
    };
    stage_.video[1].faults.discard = false;
  }

  Result go() {
    Random random(case_.seed);
    const uint64_t per_frame = model_raster().frame_clocks();
    const uint64_t first = per_frame * first_frame + random.below(1600);
    const uint64_t second = first + case_.distance, end = per_frame * last_frame;
    hit_[static_cast<size_t>(case_.hit_first)] = first;
    hit_[static_cast<size_t>(protocol::other(case_.hit_first))] = second;
    while (stage_.side.now() < end && stage_.clock()) {
      if (stage_.side.now() == first) strike(stage_, case_.hit_first, case_.first);
      if (stage_.side.now() == second)
        strike(stage_, protocol::other(case_.hit_first), case_.second);
    }
    result_.difference = stage_.side.difference();
    return result_;
  }

 private:
  static Stage::Shape shape(uint64_t seed) {
    Random r(seed);
    Stage::Shape s;
    for (auto& v : s.video) v.phase = static_cast<int32_t>(r.below(61)) - 30;
    s.host[1].first = r.below(300);
    return s;
  }
  Fault fault_of(Server s) const { return s == case_.hit_first ? case_.first : case_.second; }

  void line(const OutputLine& l) {
    if (l.frame < first_frame) return;
    picture(rgb_, model_raster().h_active, stage_.content, l.frame, l.line);
    std::vector<uint32_t> reference;
    for (size_t i = 0; i < rgb_.size(); i += 3) reference.push_back(gate::pack(&rgb_[i]));
    clear_tag(reference);
    if (l.words == reference) return;
    std::vector<uint32_t> slate(reference.size(), gate::pack(0x10, 0x10, 0x30));
    clear_tag(slate);
    ++(l.words == slate ? result_.slate : result_.other);
  }

  void tick(const protocol::Tick& t) {
    const auto [at, fresh] = ticks_.emplace(t.frame, t);
    if (!fresh) {  // the other link's
      if (at->second.term != t.term || at->second.on_air != t.on_air) result_.terms_right = false;
      return;
    }
    if (at == ticks_.begin()) return;
    const auto& before = std::prev(at)->second;
    const bool changed = before.on_air != t.on_air;
    if (before.frame + 1 != t.frame && before.frame != 0xFFFFFFFFu) result_.terms_right = false;
    if (t.term != before.term + (changed ? 1 : 0)) result_.terms_right = false;
    const uint64_t per_frame = model_raster().frame_clocks(), now = stage_.side.now();
    if (changed) {
      ++result_.takeovers;
      if (fault_of(t.on_air) != Fault::discard &&
          now > hit_[static_cast<size_t>(t.on_air)] + 2 * per_frame)
        ++result_.wrong_target;
    }
    // the first fault hit the one on air and the second is still far: it must have been left by now
    if (case_.hit_first == Server::a && case_.distance > 3 * per_frame && now < hit_[1] &&
        now > hit_[0] + 3 * per_frame && t.on_air == Server::a)
      result_.left_in_time = false;
  }

  const Case case_;
  Stage stage_;
  Result result_;
  std::array<uint64_t, 2> hit_{};
  std::map<uint32_t, protocol::Tick> ticks_;
  std::vector<uint8_t> rgb_;
};

TEST(TwoFaults, never_two_terms_never_a_torn_frame_and_every_loss_is_counted) {
  const auto gate = make_gate();
  const uint32_t frame = static_cast<uint32_t>(model_raster().frame_clocks());
  const uint32_t distances[] = {0, 700, 2 * frame + 333, 5 * frame + 1111, 9 * frame + 1200};
  uint64_t seed = options().seed * 1000, cases = 0;
  fmt::print("worst lines lost of {} / most takeovers, over {} distances from 0 to {} clocks\n",
             (last_frame - first_frame - 1) * model_raster().v_active, std::size(distances),
             distances[std::size(distances) - 1]);
  for (const Server hit_first : {Server::a, Server::b}) {
    fmt::print("\n{} ({}) fails first, rows; then the other, columns\n{:>9}",
               protocol::to_text(hit_first), hit_first == Server::a ? "on air" : "not on air", "");
    for (const auto* name : names) fmt::print("{:>9}", name);
    for (size_t i = 0; i < faults; ++i) {
      fmt::print("\n{:>9}", names[i]);
      for (size_t j = 0; j < faults; ++j) {
        uint32_t lost = 0, takeovers = 0;
        for (const uint32_t distance : distances) {
          const Case c{Fault(i), Fault(j), hit_first, distance, ++seed};
          const Result r = Trial(*gate, c).go();
          ++cases;
          const auto what = fmt::format("{} on {}, {} clocks later {}; seed {}", names[i],
                                        protocol::to_text(hit_first), distance, names[j], seed);
          ASSERT_FALSE(r.difference) << what << ": " << *r.difference;
          EXPECT_TRUE(r.terms_right) << what;
          EXPECT_TRUE(r.left_in_time) << what;
          EXPECT_EQ(r.wrong_target, 0u) << what;
          EXPECT_EQ(r.other, 0u) << what << ": lines that are neither the picture nor slate";
          EXPECT_EQ(r.slate, r.counted) << what << ": lines lost but not counted";
          lost = std::max(lost, r.slate), takeovers = std::max(takeovers, r.takeovers);
        }
        fmt::print("{:>9}", fmt::format("{}/{}", lost, takeovers));
      }
    }
    fmt::print("\n");
  }
  fmt::print("{} cases\n", cases);
}

}  // namespace
}  // namespace understudy::side
