// SPDX-License-Identifier: Apache-2.0
// The appliance on a bench, in virtual time: gateware, two video cards, two links, a monitor on
// the output. It steps from event to event (a line, a byte, a host's wake time, a fault, the stop)
// and runs the gateware in between in one stretch. No socket, no wall clock: what happens depends
// on the neighbours' answers and the seed alone.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/appliance/faults.hpp"
#include "sim/appliance/gate.hpp"
#include "sim/appliance/link_port.hpp"
#include "sim/appliance/neighbours.hpp"
#include "sim/appliance/recording.hpp"
#include "sim/appliance/source_feeder.hpp"

namespace understudy::sim {

struct ApplianceOptions {
  Raster raster = rasters[0];
  uint64_t seed = 1;
};

/// Counted from the gateware's own pins.
struct Totals {
  uint64_t frames_out = 0, lines_a = 0, lines_b = 0, lines_slate = 0, events = 0, stray_pixels = 0;
};

struct LoggedEvent {
  uint64_t sequence = 0;
  GateEvent event;
  bool operator==(const LoggedEvent&) const = default;
};

class Appliance {
 public:
  /// Null when the raster is not built in.
  static std::unique_ptr<Appliance> make(const ApplianceOptions& options);

  // --- wiring; at any time between runs, or from inside a neighbour's call ----------------------
  void attach_source(Server server, FrameSource* source);
  void attach_host(Server server, Host* host);
  void attach_sink(VideoSink* sink);
  void set_phase(Server server, int32_t clocks) { feeder(server).set_phase(clocks); }

  // --- time -------------------------------------------------------------------------------------
  /// Runs to this clock, then lets the sources finish what they were asked for.
  void run_to(Clock clock);
  /// Runs until output frame `frames - 1` has left.
  void run_frames(uint64_t frames);
  Clock now() const { return clock_; }
  uint64_t nanoseconds() const { return raster_.nanoseconds(clock_); }
  const Raster& raster() const { return raster_; }
  /// Called between stretches: every line or so. For sockets and pacing; must not run time.
  void set_idle(std::function<void()> idle) { idle_ = std::move(idle); }
  /// Ends a run early (from idle or a neighbour's call).
  void stop() { stopped_ = true; }

  // --- what is done to it -----------------------------------------------------------------------
  void fault(Server server, const Fault& fault);
  void fault_at(Clock clock, Server server, const Fault& fault);
  /// Over APB; takes two pixel clocks of virtual time.
  uint32_t read(uint16_t address);
  void write(uint16_t address, uint32_t value);

  // --- what is seen
  // -------------------------------------------------------------------------------
  std::vector<LoggedEvent> take_events();
  const Totals& totals() const { return totals_; }
  const LinkPort& link(Server server) const { return links_[size_t(server)]; }
  /// The host has something to say of its own accord.
  void call_host_now(Server server) { links_[size_t(server)].call_at(clock_); }
  const SourceFeeder& source(Server server) const { return feeders_[size_t(server)]; }
  RasterState state() const { return gate_->state(); }
  /// An error text when it cannot: the place has passed, or a waveform (which needs another, slower
  /// build of the gateware) was asked for after time had started to run.
  std::optional<std::string> record(const RecordingRequest& request);
  const Recording& recording() const { return recording_; }

 private:
  struct PlannedFault {
    Clock clock;
    Server server;
    Fault fault;
  };

  Appliance(const ApplianceOptions& options, std::unique_ptr<Gate> gate);
  SourceFeeder& feeder(Server server) { return feeders_[size_t(server)]; }
  void advance(Clock end, uint64_t frames);
  void step(Clock end);
  void call_hosts();
  void call_host(int server);
  void planned_faults();
  void new_output_buffer();
  void after_stretch();
  void line_start();
  void trace_window();
  std::string start_wave(const std::string& wave);
  bool trace_from_start();

  const Raster raster_;
  const uint64_t seed_;
  std::unique_ptr<Gate> gate_;
  std::array<SourceFeeder, 2> feeders_;
  std::array<LinkPort, 2> links_;
  VideoSink* sink_ = nullptr;
  std::function<void()> idle_;
  bool stopped_ = false;

  Clock clock_ = 0;
  Clock next_line_ = 0;
  Observed seen_;
  std::vector<uint8_t> own_buffer_;
  uint8_t* output_ = nullptr;
  std::vector<PlannedFault> planned_;  // soonest last
  std::vector<LoggedEvent> log_;
  Totals totals_;
  Recording recording_;
  bool can_trace_ = false, tracing_ = false;
  bool fresh_ = true;  // nothing has happened yet but these writes
  std::vector<std::pair<uint16_t, uint32_t>> writes_;
  uint64_t garbage_ = 0;  // how often, so that each gets other bytes
};

}  // namespace understudy::sim
