// SPDX-License-Identifier: Apache-2.0
// Joins the blocks. The order of members is the order in which they learn of each other.
#include "sim/model/gate_model.hpp"

#include "sim/model/arbiter.hpp"

namespace understudy::model {

namespace {
using protocol::EventKind;

/// Register writes and bad link frames: things that happen at a clock and touch several blocks.
struct Write {
  uint16_t address;
  uint32_t value;
};
struct BadFrame {
  unsigned source;
};

constexpr unsigned index(Server s) {
  return static_cast<unsigned>(s);
}
}  // namespace

struct GateModel::Blocks : sc_core::sc_module {
  Timing timing{};
  Timeline timeline;
  Configuration configuration;
  RasterProcess raster{"raster", timeline};
  Journal journal{timeline, raster};
  LineStore store_a{"store_a", Server::a, timeline, raster, configuration};
  LineStore store_b{"store_b", Server::b, timeline, raster, configuration};
  HeartbeatMonitor beats_a{"beats_a", Server::a, timeline, configuration, journal};
  HeartbeatMonitor beats_b{"beats_b", Server::b, timeline, configuration, journal};
  Arbiter arbiter{"arbiter", timeline, raster, {&beats_a, &beats_b}, configuration, journal};
  LineMerge merge{"merge",       timeline,         raster, {&store_a, &store_b},
                  configuration, arbiter.on_air(), journal};
  Inbox<Write> writes{timeline};
  Inbox<BadFrame> bad_frames{timeline};
  Inbox<unsigned> good_frames{timeline};
  std::array<uint32_t, 2> link_errors{};
  std::array<bool, 2> link_was_bad{};

  explicit Blocks(sc_core::sc_module_name name) : sc_module(name) {
    SC_HAS_PROCESS(Blocks);
    SC_METHOD(configure);
    sensitive << writes.due();
    dont_initialize();
    SC_METHOD(count_bad);
    sensitive << bad_frames.due();
    dont_initialize();
    SC_METHOD(count_good);
    sensitive << good_frames.due();
    dont_initialize();
    arbiter.watch(merge);
  }

  LineStore& store(Server s) { return s == Server::a ? store_a : store_b; }
  HeartbeatMonitor& beats(Server s) { return s == Server::a ? beats_a : beats_b; }

  void configure() {
    for (const auto& w : writes.take()) {
      const auto before = configuration;
      configuration.write(w.address, w.value);
      const bool window =
          before.window != configuration.window || before.misses != configuration.misses;
      if (window || before.beat_period != configuration.beat_period)
        for (auto* m : {&beats_a, &beats_b}) m->configured(window);
    }
  }
  void count_bad() {
    for (const auto& bad : bad_frames.take()) {
      ++link_errors[bad.source];
      arbiter.link_error(bad.source);
      if (!link_was_bad[bad.source])
        journal.log(EventKind::link_error, bad.source, link_errors[bad.source]);
      link_was_bad[bad.source] = true;
    }
  }
  void count_good() {
    for (const unsigned s : good_frames.take()) link_was_bad[s] = false;
  }
  void good_frame(Clock at, Server s) { good_frames.post(at, Phase::beat, index(s)); }
};

GateModel::GateModel() {
  sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
  blocks_ = std::make_unique<Blocks>("gate");
}
GateModel::~GateModel() = default;

void GateModel::reset(const Raster& raster, const Timing& timing) {
  auto& b = *blocks_;
  b.timing = timing;
  b.timeline.restart();
  b.configuration = Configuration(raster);
  b.writes.clear(), b.bad_frames.clear(), b.good_frames.clear();
  b.link_errors = {}, b.link_was_bad = {};
  b.raster.reset(raster);
  b.journal.reset();
  for (const Server s : {Server::a, Server::b}) b.store(s).reset(), b.beats(s).reset();
  b.arbiter.reset();
  b.merge.reset();
  b.journal.log_start();
}

void GateModel::line_started(Clock at, Server s, uint64_t id) {
  blocks_->store(s).line_starts(at + blocks_->timing.line_start, id);
}
void GateModel::line_ended(Clock at, Server s, const LineFacts& facts) {
  blocks_->store(s).line_ends(at + blocks_->timing.line_end, facts);
}
void GateModel::start_of_frame(Clock at, Server s) {
  blocks_->store(s).frame_starts(at + blocks_->timing.frame_start);
}
void GateModel::heartbeat(Clock at, Server s, const Heartbeat& beat) {
  at += blocks_->timing.link;
  blocks_->good_frame(at, s);
  blocks_->beats(s).heard(at, beat);
}
void GateModel::request(Clock at, Server s, uint16_t id, uint8_t op) {
  at += blocks_->timing.link;
  blocks_->good_frame(at, s);
  blocks_->arbiter.ask(at + blocks_->timing.request, {index(s), id, op});
}
void GateModel::bad_link_frame(Clock at, Server s) {
  blocks_->bad_frames.post(at + blocks_->timing.link, Phase::beat, {index(s)});
}
void GateModel::write(Clock at, uint16_t address, uint32_t value) {
  auto& b = *blocks_;
  if (address == protocol::registers::command)
    b.arbiter.ask(at + b.timing.command + b.timing.request,
                  {2, static_cast<uint16_t>(value >> 8), static_cast<uint8_t>(value)});
  else
    b.writes.post(at + 1, Phase::written, {address, value});
}

void GateModel::run_to(Clock at) {
  const auto more = blocks_->timeline.until(at, Phase::settled);
  if (more != sc_core::SC_ZERO_TIME) sc_core::sc_start(more);
}

std::vector<LineSelect> GateModel::take_selects() {
  return blocks_->merge.take();
}
std::vector<Event> GateModel::take_events() {
  return blocks_->journal.take();
}
std::vector<Boundary> GateModel::take_boundaries() {
  return blocks_->arbiter.take();
}
Boundary GateModel::now() const {
  return blocks_->arbiter.now();
}
Counters GateModel::counters() const {
  Counters c{};
  blocks_->merge.count(c);
  c.beats = {blocks_->beats_a.beats(), blocks_->beats_b.beats()};
  c.missed = {blocks_->beats_a.missed(), blocks_->beats_b.missed()};
  c.link_errors = blocks_->link_errors;
  return c;
}

}  // namespace understudy::model

/// SystemC's library has a main of its own that calls this; programs here bring their own main.
int sc_main(int, char*[]) {
  return 0;
}
