// SPDX-License-Identifier: Apache-2.0
// Times are the host's, in nanoseconds. The gate is an hx8k: 25.125 MHz, so its frame is a third of
// a per cent longer than the daemon thinks before it hears ticks.
#include "tests/transport/jitter/heartbeat_run.hpp"

#include <cmath>
#include <queue>
#include <random>

#include "host/core/daemon/server.hpp"
#include "protocol/link.hpp"
#include "tests/transport/jitter/gate_monitor.hpp"

namespace understudy::test {
namespace {

using namespace std::chrono_literals;

constexpr double clocks_per_ns = 25.125e6 / 1e9;
constexpr uint32_t frame_clocks = 800 * 525;
constexpr uint32_t beat_period_clocks = frame_clocks / 8 * 5 / 4;  // out of reset
constexpr Duration step_takes = 10us;                              // of the daemon's core

Duration of_clocks(uint64_t clocks) {
  return Duration(static_cast<int64_t>(static_cast<double>(clocks) / clocks_per_ns));
}

constexpr WireModel models[] = {
    // high speed: microframes, beside a disk that takes what it gets
    {"usb ft2232h", 125us, 2, 510, 1ms, 10us, 0us},
    // full speed behind a hub's translator (EHCI, xHCI): there and back are slots of their own
    {"usb ft231x, tty", 125us, 4, 62, 1ms, 10us, 0us},
    // full speed on a controller that looks at its lists once a millisecond
    {"full speed, 1 ms", 1ms, 0, 62, 1ms, 10us, 0us},
    {"pci", 0us, 0, 0, 0us, 0us, 100us},
};

/// Chance, all of it from one seed.
class Dice {
 public:
  Dice(const HeartbeatRun& how) : how_(how), engine_(how.seed) {}
  double zero_to_one() { return std::generate_canonical<double, 53>(engine_); }
  Duration exponential(Duration mean) {
    return Duration(static_cast<int64_t>(-std::log1p(-zero_to_one()) * double(mean.count())));
  }
  Duration gap(double per_second) { return exponential(Duration(int64_t(1e9 / per_second))); }
  uint32_t up_to(uint32_t most) { return 1 + static_cast<uint32_t>(engine_() % most); }
  /// Of a thread that was asleep.
  Duration wake() {
    const auto& l = how_.lateness;
    Duration late = exponential(l.usual);
    for (const auto& rare : l.rare)
      if (zero_to_one() < rare.chance)
        late += Duration(static_cast<int64_t>(zero_to_one() * double(rare.most.count())));
    return Duration(static_cast<int64_t>(l.scale * double(late.count())));
  }
  /// When a transfer that is ready at `t` has gone over the bus.
  Instant over_bus(Instant t) {
    if (how_.wire.slot == 0ns) return t;
    const auto slot = how_.wire.slot;
    t = Instant((t.time_since_epoch() / slot + 1) * slot);
    return t + slot * static_cast<int64_t>(engine_() % (how_.wire.slots_more + 1));
  }

 private:
  const HeartbeatRun& how_;
  std::mt19937_64 engine_;
};

/// From the daemon's thread to the gate. One transfer at a time takes all that waits.
class WayDown {
 public:
  WayDown(const WireModel& wire, Dice& dice) : wire_(wire), dice_(dice) {}
  /// When the last of `bytes` that are handed over at `t` has come to the gate.
  Instant send(size_t bytes, Instant t) {
    if (t >= collects_) {  // too late for the transfer that was last begun
      collects_ = std::max(t, transferred_) + dice_.wake();  // the device's thread
      transferred_ = dice_.over_bus(collects_);
    }
    arrived_ = std::max(arrived_, transferred_) + wire_.byte * int64_t(bytes);
    return arrived_;
  }

 private:
  const WireModel& wire_;
  Dice& dice_;
  Instant collects_, transferred_, arrived_;
};

/// From the gate to the daemon's thread.
class WayUp {
 public:
  WayUp(const WireModel& wire, Dice& dice) : wire_(wire), dice_(dice) {}
  Instant send(size_t bytes, Instant t) {
    line_ = std::max(line_, t) + wire_.byte * int64_t(bytes);
    Instant leaves = line_;
    if (wire_.look > 0ns) leaves = next(line_, Instant(), wire_.look);
    if (wire_.latency_timer > 0ns) leaves = collected(bytes);
    arrived_ = std::max(arrived_, dice_.over_bus(leaves) + dice_.wake() + dice_.wake());
    return arrived_;  // the device's thread, then the daemon's
  }

 private:
  static Instant next(Instant t, Instant since, Duration every) {
    return since + ((t - since) / every + 1) * every;
  }
  Instant collected(size_t bytes) {
    if (line_ >= ends_) waiting_ = 0;  // what waited has left with the timer
    waiting_ += bytes;
    if (waiting_ >= wire_.packet) {
      waiting_ = 0;
      return sent_ = ends_ = line_;
    }
    return ends_ = next(line_, sent_, wire_.latency_timer);
  }
  const WireModel& wire_;
  Dice& dice_;
  Instant line_, arrived_, sent_, ends_;
  size_t waiting_ = 0;
};

class Run {
 public:
  explicit Run(const HeartbeatRun& how)
      : how_(how), dice_(how_), down_(how_.wire, dice_), up_(how_.wire, dice_) {
    core::Options options;
    options.name = "a", options.session = 1, options.boot_id = 1, options.peer = false;
    options.beats_per_frame = how.per_frame;
    server_ = std::make_unique<core::Server>(options);
    out_.period = options.frame / how.per_frame;
    out_.miss_after = of_clocks(beat_period_clocks);
  }

  HeartbeatOutcome go() {
    step(core::LinkUp{}, Instant());
    plan(What::frame, Instant(1ms)), plan(What::events, Instant(2ms));
    plan(What::requests, Instant(3ms)), plan(What::task, Instant(4ms));
    while (true) {
      const auto due = timer();
      const bool timer_first = agenda_.empty() || due < agenda_.top().at;
      const Instant at = timer_first ? due : agenda_.top().at;
      if (at - Instant() > how_.length) break;
      if (timer_first) {
        step(core::Timer{}, at);
      } else {
        const auto entry = agenda_.top();
        agenda_.pop();
        happen(entry);
      }
    }
    out_.misses = monitor_.misses(), out_.losses = monitor_.losses();
    out_.worst_window = monitor_.worst_window();
    return out_;
  }

 private:
  enum class What : uint8_t { frame, events, requests, task, tick_heard, event_heard };
  struct Entry {
    Instant at;
    What what;
    uint32_t number;
    bool operator<(const Entry& other) const { return at > other.at; }
  };
  void plan(What what, Instant at, uint32_t number = 0) { agenda_.push({at, what, number}); }

  /// When the daemon's thread wakes for the core's deadline; drawn once a deadline.
  Instant timer() {
    const auto deadline = *server_->next_deadline();
    if (deadline != deadline_) deadline_ = deadline, wakes_ = deadline + dice_.wake();
    return wakes_;
  }

  void happen(const Entry& e) {
    const auto& load = how_.load;
    switch (e.what) {
      case What::frame:
        plan(What::frame, Instant(1ms) + of_clocks(uint64_t{e.number + 1} * frame_clocks),
             e.number + 1);
        plan(What::tick_heard, up_.send(protocol::frame(tick(e.number)).size, e.at), e.number);
        break;
      case What::events:
        plan(What::events, e.at + dice_.gap(load.event_bursts));
        for (uint32_t n = dice_.up_to(load.events_most); n > 0; --n)
          plan(What::event_heard, up_.send(protocol::frame(protocol::Event{}).size, e.at),
               ++event_);
        break;
      case What::requests:
        plan(What::requests, e.at + dice_.gap(load.request_bursts));
        for (uint32_t n = dice_.up_to(load.requests_most); n > 0; --n)
          down_.send(protocol::frame(protocol::Request{}).size, busy_until(e.at));
        break;
      case What::task:
        plan(What::task, e.at + dice_.gap(load.tasks));
        free_ = busy_until(e.at) + dice_.exponential(load.task);
        break;
      case What::tick_heard:
        step(core::LinkTick{tick(e.number)}, e.at);
        break;
      case What::event_heard:
        step(core::LinkEvent{{.sequence = e.number, .kind = protocol::EventKind::request}}, e.at);
        break;
    }
  }

  Instant busy_until(Instant t) const { return std::max(t, free_); }

  protocol::Tick tick(uint32_t frame) const {
    return {.frame = frame,
            .state_a = monitor_.alive() ? server_->state() : protocol::ServerState::unknown};
  }

  void step(const core::Event& event, Instant at) {
    const Instant begins = busy_until(at);
    const auto actions = server_->step(event, begins);
    free_ = begins + step_takes;
    for (const auto& action : actions) {
      if (const auto* beat = std::get_if<core::SendHeartbeat>(&action))
        arrive(down_.send(protocol::frame(beat->heartbeat).size, begins));
      if (const auto* request = std::get_if<core::SendRequest>(&action))
        down_.send(protocol::frame(request->request).size, begins);
    }
  }

  void arrive(Instant t) {
    monitor_.beat(static_cast<uint64_t>(double((t - Instant()).count()) * clocks_per_ns) + 2);
    if (out_.beats++ > 0) {
      const Duration gap = t - last_beat_, late = std::max(gap - out_.period, Duration());
      out_.longest = std::max(out_.longest, gap);
      ++out_.late[std::min<size_t>(static_cast<size_t>(late / late_step), out_.late.size() - 1)];
    }
    last_beat_ = t;
  }

  HeartbeatRun how_;
  Dice dice_;
  WayDown down_;
  WayUp up_;
  GateMonitor monitor_{beat_period_clocks};
  std::unique_ptr<core::Server> server_;
  std::priority_queue<Entry> agenda_;
  Instant free_, deadline_{Duration(-1)}, wakes_, last_beat_;
  uint32_t event_ = 0;
  HeartbeatOutcome out_;
};

}  // namespace

std::span<const WireModel> wire_models() {
  return models;
}

HeartbeatOutcome run(const HeartbeatRun& how) {
  return Run(how).go();
}

}  // namespace understudy::test
