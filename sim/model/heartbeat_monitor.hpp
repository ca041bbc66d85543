// SPDX-License-Identifier: Apache-2.0
// One server's heartbeats: which of them count, a gap timer that makes misses, a window of the last
// N hits and misses, and from it whether the server is alive. Keeps the state that it last said.
#pragma once

#include <deque>
#include <optional>
#include <systemc>

#include "sim/model/configuration.hpp"
#include "sim/model/journal.hpp"

namespace understudy::model {

class HeartbeatMonitor : public sc_core::sc_module {
 public:
  HeartbeatMonitor(sc_core::sc_module_name name, Server source, const Timeline& timeline,
                   const Configuration& configuration, Journal& journal)
      : sc_module(name),
        source_(static_cast<uint32_t>(source)),
        timeline_(timeline),
        configuration_(configuration),
        journal_(journal),
        inbox_(timeline) {
    SC_HAS_PROCESS(HeartbeatMonitor);
    SC_METHOD(receive);
    sensitive << inbox_.due();
    dont_initialize();
    SC_METHOD(gap_over);
    sensitive << gap_;
    dont_initialize();
  }

  void reset() {
    inbox_.clear();
    gap_.cancel();
    last_.reset();
    window_.clear();
    alive_ = false;
    restarted_ = 0;
    beats_ = missed_ = 0;
  }

  void heard(Clock at, const Heartbeat& beat) { inbox_.post(at, Phase::beat, beat); }

  /// The registers changed: M or N anew empties the window; the running gap takes the new length.
  void configured(bool window_changed) {
    if (window_changed) window_.clear();
    if (last_) arm();
  }

  bool alive() const { return alive_; }
  bool ever() const { return last_.has_value(); }
  protocol::ServerState state() const {
    return last_ ? last_->state : protocol::ServerState::unknown;
  }
  uint32_t beats() const { return beats_; }
  uint32_t missed() const { return missed_; }

 private:
  void receive() {
    for (const auto& beat : inbox_.take()) {
      if (last_ && beat.boot_id == last_->boot_id) {
        const uint32_t ahead = beat.sequence - last_->sequence;
        if (ahead == 0 || ahead >= 0x80000000u) continue;
      }
      const auto before = state();
      last_ = beat;
      ++beats_;
      if (beat.state != before)
        journal_.log(protocol::EventKind::server_state, source_,
                     static_cast<uint32_t>(beat.state) | static_cast<uint32_t>(before) << 8);
      restarted_ = timeline_.now();
      arm();
      shift(true);
    }
  }
  void gap_over() {
    ++missed_;
    restarted_ = timeline_.now();
    arm();
    shift(false);
  }
  void arm() {
    gap_.cancel();
    const Clock due = restarted_ + configuration_.beat_period;
    gap_.notify(timeline_.until(std::max(due, timeline_.now()), Phase::missed));
  }
  void shift(bool hit) {
    window_.push_back(hit);
    if (window_.size() > configuration_.window) window_.pop_front();
    uint32_t misses = 0;
    for (const bool h : window_) misses += h ? 0 : 1;
    if (alive_ && misses >= configuration_.misses) {
      alive_ = false;
      journal_.log(protocol::EventKind::beats_lost, source_, 0);
    } else if (!alive_ && misses == 0 && window_.size() == configuration_.window) {
      alive_ = true;
      journal_.log(protocol::EventKind::beats_back, source_, 0);
    }
  }

  const uint32_t source_;
  const Timeline& timeline_;
  const Configuration& configuration_;
  Journal& journal_;
  Inbox<Heartbeat> inbox_;
  sc_core::sc_event gap_;
  std::optional<Heartbeat> last_;
  std::deque<bool> window_;  // oldest first
  bool alive_ = false;
  Clock restarted_ = 0;
  uint32_t beats_ = 0, missed_ = 0;
};

}  // namespace understudy::model
