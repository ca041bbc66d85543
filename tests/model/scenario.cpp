// SPDX-License-Identifier: Apache-2.0
#include "tests/model/scenario.hpp"

namespace understudy::side {

bool Console::step(bool quiet, Inputs& in) {
  if (in.select && in.enable) in.select = in.enable = in.write = false;  // that one is done
  if (waiting_.empty()) return false;
  const auto next = waiting_.front();
  const bool command = next.address == protocol::registers::command;
  if (in.select) {
    if (command && !quiet) return false;
    in.enable = true;
    waiting_.pop_front();
    return command;
  }
  in.select = in.write = true;
  in.address = next.address, in.value = next.value;
  return false;
}

// rtl/README.md: 8 + H_ACTIVE + 1 clocks, 57 for the tiny raster
static_assert(model::Raster{48, 80, 16, 20}.read_clocks() == 57);
static_assert(model::Raster{1920, 2200, 1080, 1125}.read_clocks() == 1929);

model::Raster model_raster() {
  const auto& r = gate::raster_tiny;
  return {r.h_active, r.h_total, r.v_active, r.v_total};
}
model::Timing model_timing() {
  return {};
}

Stage::Stage(Gate& gate, model::GateModel& model, uint64_t seed, const Shape& shape)
    : side(gate, model, model_raster(), model_timing()),
      video{VideoSource(gate::raster_tiny, seed, seed * 8 + 1, shape.video[0]),
            VideoSource(gate::raster_tiny, seed, seed * 8 + 2, shape.video[1])},
      host{HostLink(seed * 8 + 3, shape.host[0]), HostLink(seed * 8 + 4, shape.host[1])},
      content(seed),
      gate_(gate) {}

bool Stage::clock() {
  const uint64_t now = side.now();
  const auto quiet = [&] { return side.quiet() && now >= busy_until_; };
  for (unsigned s = 0; s < 2; ++s) {
    video[s].step(now, gate_.in.video[s]);
    if (host[s].step(now, quiet(), gate_.in.link[s])) busy_until_ = now + 24;
  }
  if (console.step(quiet(), gate_.in)) busy_until_ = now + 24;
  return side.clock();
}

namespace {
namespace registers = protocol::registers;
using protocol::RequestOp;
using protocol::ServerState;

/// What a random scenario does at random clocks.
class Weather {
 public:
  explicit Weather(uint64_t seed) : random_(seed) {}

  Stage::Shape shape() {
    Stage::Shape shape;
    calm_ = random_.below(3);  // 0 calm, 2 rough
    const bool still = random_.chance(150);
    for (unsigned s = 0; s < 2; ++s) {
      auto& v = shape.video[s];
      v.tagged = !random_.chance(200);
      tagged_[s] = v.tagged;
      if (random_.chance(500)) v.phase = static_cast<int32_t>(random_.below(161)) - 80;
      if (random_.chance(300)) v.drift = static_cast<int32_t>(random_.below(41)) - 20;
      v.drift_bound = random_.chance(700) ? 60 : 160;
      v.gaps = random_.chance(500) ? random_.below(250) : 0;
      v.still_frames = still ? random_.between(1, 6) : 1;
      v.dark = static_cast<uint8_t>(random_.below(24));
      auto& h = shape.host[s];
      h.period = random_.chance(700) ? 200 : random_.between(80, 400);
      h.jitter = random_.chance(500) ? random_.below(120) : 0;
      h.byte_clocks = random_.between(1, 3);
      h.first = random_.below(random_.chance(800) ? 400 : 6000);
    }
    return shape;
  }

  void configure(Console& c) {
    if (!tagged_[0] || !tagged_[1])
      c.write(registers::untagged, (tagged_[0] ? 0u : 1u) | (tagged_[1] ? 0u : 2u));
    c.write(registers::proven, random_.below(5));
    if (random_.chance(800)) c.write(registers::flap, random_.below(8) | random_.below(40) << 16);
    for (uint32_t n = random_.below(6); n > 0; --n) change_register(c);
  }

  /// Called every so many clocks.
  void change(Stage& stage) {
    const uint32_t s = random_.below(2), what = random_.below(100);
    if (what < 45)
      change_video(stage.video[s].faults);
    else if (what < 65)
      change_host(stage.host[s].faults);
    else if (what < 80)
      ask(stage);
    else if (what < 88)
      change_register(stage.console);
    else
      clear(stage, s);
  }

 private:
  void clear(Stage& stage, uint32_t s) {
    stage.video[s].faults = {};
    const auto state =
        random_.chance(500) ? ServerState::primary : ServerState::secondary_synchronized;
    stage.host[s].faults = {};
    stage.host[s].faults.state = state;
  }
  uint32_t often() { return random_.below(calm_ == 2 ? 200 : 30); }

  void change_video(VideoFaults& f) {
    switch (random_.below(16)) {
      case 0:
        f.cable = !f.cable;
        break;
      case 1:
        f.freeze = !f.freeze;
        break;
      case 2:
        f.black = !f.black;
        break;
      case 3:
      case 4:
        f.discard = !f.discard;
        break;
      case 5:
        f.diverge = !f.diverge;
        break;
      case 6:
        f.lying_frame = f.lying_frame ? 0 : static_cast<int32_t>(random_.below(5)) - 2;
        break;
      case 7:
      case 8:
        f.corrupt = random_.between(1, 20);
        break;
      case 9:
        f.flip = often();
        break;
      case 10:
        f.lose = often();
        break;
      case 11:
        f.twice = often();
        break;
      case 12:
        f.late = often();
        f.late_clocks = random_.below(random_.chance(500) ? 60 : 200);
        break;
      case 13:
        f.wrong_length = often();
        break;
      case 14:
        f.lying_line = often();
        break;
      default:
        f.fuse = often();
        break;
    }
  }
  void change_host(HostFaults& f) {
    switch (random_.below(13)) {
      case 9:
      case 10:
      case 11:
      case 12:
        f.state = ServerState::failed;
        break;
      case 0:
        f.cut = !f.cut;
        break;
      case 1:
        f.stopped = !f.stopped;
        break;
      case 2:
      case 3:
        f.state = ServerState(random_.below(10));
        break;
      case 4:
        f.miss = often();
        break;
      case 5:
        f.stale = often();
        break;
      case 6:
        f.restart = often();
        break;
      case 7:
        f.corrupt = often();
        break;
      default:
        f.garbage = often();
        break;
    }
  }
  void ask(Stage& stage) {
    const auto id = static_cast<uint16_t>(random_.next());
    // mostly switches: modes other than automatic would leave little to see
    const uint8_t op = random_.chance(600)   ? static_cast<uint8_t>(1 + random_.below(2))
                       : random_.chance(600) ? static_cast<uint8_t>(RequestOp::mode_automatic)
                                             : static_cast<uint8_t>(random_.below(9));
    const uint32_t who = random_.below(3);
    if (who == 2)
      stage.console.write(registers::command, op | uint32_t{id} << 8);
    else
      stage.host[who].ask(id, op);
  }
  void change_register(Console& c) {
    switch (random_.below(10)) {
      case 0:
      case 1:
        c.write(registers::control, (random_.below(16) & ~1u) | (random_.chance(800) ? 1u : 0u));
        break;
      case 2: {
        const uint32_t n = random_.below(20);
        c.write(registers::beats, n << 8 | random_.below(n + 2));
        break;
      }
      case 3:
        c.write(registers::beat_period,
                random_.chance(800) ? random_.between(150, 600) : random_.below(100));
        break;
      case 4:
        c.write(registers::bad_lines, random_.below(6));
        break;
      case 5:
        c.write(registers::flap, random_.below(8) | random_.below(40) << 16);
        break;
      case 6:
        c.write(registers::return_hold, random_.below(8));
        break;
      case 7:
        c.write(registers::freeze, random_.below(5));
        break;
      case 8:
        c.write(registers::black, random_.below(24) | random_.below(4) << 8);
        break;
      default:
        c.write(registers::proven, random_.below(6));
        break;
    }
  }

  Random random_;
  uint32_t calm_ = 0;
  std::array<bool, 2> tagged_{true, true};
};

}  // namespace

Outcome run_random(Gate& gate, model::GateModel& model, uint64_t seed, uint32_t frames) {
  Random random(seed ^ 0x5EED);
  Weather weather(random.next());
  Stage stage(gate, model, seed, weather.shape());
  weather.configure(stage.console);
  const uint64_t per_frame = model_raster().frame_clocks(), end = frames * per_frame;
  const uint64_t often = per_frame * random.between(1, 6) / 2;
  // some frames of good weather, so that there is something to lose
  uint64_t next = per_frame * random.between(0, 12);
  while (stage.side.now() < end && stage.clock())
    if (stage.side.now() >= next) {
      weather.change(stage);
      next = stage.side.now() + random.below(static_cast<uint32_t>(2 * often));
    }
  stage.side.finish();
  return {stage.side.compared(), stage.side.difference()};
}

}  // namespace understudy::side
