// SPDX-License-Identifier: Apache-2.0
#include "sim/appliance/appliance.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace understudy::sim {
namespace {
constexpr size_t log_max = 65'536;  // events kept for a reader that never comes; then the oldest go
constexpr uint64_t all_frames = std::numeric_limits<uint64_t>::max();
}  // namespace

std::unique_ptr<Appliance> Appliance::make(const ApplianceOptions& options) {
  auto gate = make_gate(options.raster.name);
  if (!gate) return nullptr;
  return std::unique_ptr<Appliance>(new Appliance(options, std::move(gate)));
}

Appliance::Appliance(const ApplianceOptions& options, std::unique_ptr<Gate> gate)
    : raster_(options.raster),
      seed_(options.seed),
      gate_(std::move(gate)),
      feeders_{SourceFeeder(raster_, Server::a, options.seed),
               SourceFeeder(raster_, Server::b, options.seed)},
      links_{LinkPort(raster_, Server::a), LinkPort(raster_, Server::b)},
      own_buffer_(raster_.frame_bytes()) {
  gate_->reset();
}

void Appliance::attach_source(Server server, FrameSource* source) {
  feeder(server).attach(source);
  feeder(server).ask(clock_);
}

void Appliance::attach_host(Server server, Host* host) {
  links_[size_t(server)].attach(host, clock_, links_[size_t(protocol::other(server))].peer_sent());
}

void Appliance::attach_sink(VideoSink* sink) {
  if (output_ && output_ != own_buffer_.data()) {  // finish the frame that is under way at home
    const auto done = seen_.picture - output_;
    std::copy(output_, seen_.picture, own_buffer_.begin());
    output_ = own_buffer_.data();
    seen_.picture = output_ + done;
  }
  sink_ = sink;
}

void Appliance::run_to(Clock clock) {
  stopped_ = fresh_ = false;
  advance(clock, all_frames);
  for (SourceFeeder& f : feeders_) f.settle();
}

void Appliance::run_frames(uint64_t frames) {
  stopped_ = fresh_ = false;
  advance(no_clock, frames);
  for (SourceFeeder& f : feeders_) f.settle();
}

void Appliance::advance(Clock end, uint64_t frames) {
  while (!stopped_ && clock_ < end && totals_.frames_out < frames) step(end);
}

void Appliance::step(Clock end) {
  if (!planned_.empty()) planned_faults();
  if (clock_ == next_line_) line_start();
  if (std::min(links_[0].due(), links_[1].due()) <= clock_) call_hosts();

  Clock until = std::min({end, next_line_, links_[0].due(), links_[1].due(),
                          clock_ + std::numeric_limits<uint32_t>::max()});
  if (!planned_.empty()) until = std::min(until, planned_.back().clock);
  Pins pins;
  for (int s : {0, 1}) {
    pins.video[s] = feeders_[s].pins(clock_, until);
    pins.link_byte[s] = links_[s].byte(clock_, until);
    pins.link_ready[s] = links_[s].ready();
  }
  pins.clocks = uint32_t(std::max(until, clock_ + 1) - clock_);
  const uint32_t ran = gate_->run(pins, seen_);
  if (recording_.active())
    for (int s : {0, 1})
      if (pins.video[s].pixels)
        recording_.input(s, feeders_[s].at(), pins.video[s].pixels, ran, clock_);
  clock_ += ran;
  after_stretch();
}

void Appliance::after_stretch() {
  for (int s : {0, 1}) links_[s].received(seen_.link[s], seen_.link_complete[s], clock_);
  for (const GateEvent& e : seen_.events) {
    if (log_.size() == log_max) log_.erase(log_.begin(), log_.begin() + log_max / 2);
    log_.push_back({totals_.events++, e});
    if (recording_.wants_frame(e.frame)) recording_.events.push_back(e);
  }
  seen_.events.clear();
  if (recording_.active() && recording_.wants_frame(gate_->state().frame))
    recording_.beats.insert(recording_.beats.end(), seen_.beats.begin(), seen_.beats.end());
  seen_.beats.clear();
  totals_.stray_pixels = seen_.stray_pixels;
  if (!seen_.frame_done) return;
  seen_.frame_done = false;
  const auto frame = uint32_t(totals_.frames_out++);
  recording_.output(frame, output_, raster_.output_clock(frame));
  if (sink_) sink_->frame(frame, output_, nanoseconds());
}

void Appliance::line_start() {
  next_line_ = clock_ + raster_.h_total;
  if (recording_.active()) trace_window();
  if (idle_) idle_();
  const uint64_t line = clock_ / raster_.h_total;
  if (line < reset_lines) return;
  const uint64_t v = (line - reset_lines) % raster_.v_total;
  if (v >= raster_.v_active) return;
  if (v == 0) new_output_buffer();
  Choice choice = gate_->choice();
  choice.frame = uint32_t((line - reset_lines) / raster_.v_total), choice.line = uint16_t(v);
  ++(choice.choice == 0   ? totals_.lines_a
     : choice.choice == 1 ? totals_.lines_b
                          : totals_.lines_slate);
  if (!recording_.wants_frame(choice.frame)) return;
  recording_.choice(choice);
  if (v != 0) return;
  const RasterState s = gate_->state();
  const Clock boundary = clock_ - (raster_.h_total - raster_.h_active);
  recording_.ticks.push_back({boundary, s.frame, s.term, s.on_air, s.alive});
}

void Appliance::new_output_buffer() {
  uint8_t* given = sink_ ? sink_->buffer(uint32_t(totals_.frames_out)) : nullptr;
  output_ = given ? given : own_buffer_.data();
  seen_.picture = output_;
  seen_.lines_left = raster_.v_active;
}

void Appliance::call_hosts() {
  for (int s : {0, 1})
    if (links_[s].due() <= clock_) call_host(s);
}

void Appliance::call_host(int server) {
  LinkPort& link = links_[server];
  LinkPort& peer = links_[1 - server];
  const uint64_t before = link.peer_sent();
  if (!link.call(clock_, peer.peer_sent())) link.attach(nullptr, clock_, 0);
  const Clock way = std::max<Clock>(1, raster_.at_or_after(peer_nanoseconds));
  if (link.peer_sent() != before) peer.call_at(clock_ + way);
}

void Appliance::fault(Server server, const Fault& fault) {
  LinkPort& link = links_[size_t(server)];
  if (fault.kind == FaultKind::usb) link.cut();
  if (fault.kind == FaultKind::heal) link.mend();
  if (fault.kind == FaultKind::garbage) {
    std::vector<uint8_t> bytes(std::min<size_t>(fault.bytes, link_buffer_bytes));
    ++garbage_;
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = uint8_t(mix(seed_, garbage_, i) >> 32);
    link.send(bytes, clock_);
  }
  feeder(server).fault(fault, clock_);
}

void Appliance::fault_at(Clock clock, Server server, const Fault& fault) {
  planned_.push_back({clock, server, fault});
  std::stable_sort(planned_.begin(), planned_.end(),
                   [](const auto& x, const auto& y) { return x.clock > y.clock; });
}

void Appliance::planned_faults() {
  while (!planned_.empty() && planned_.back().clock <= clock_) {
    const PlannedFault p = planned_.back();
    planned_.pop_back();
    fault(p.server, p.fault);
  }
}

uint32_t Appliance::read(uint16_t address) {
  stopped_ = fresh_ = false;
  gate_->apb({true, false, false, address, 0});
  advance(clock_ + 1, all_frames);
  gate_->apb({true, true, false, address, 0});
  const uint32_t value = gate_->apb_data();
  advance(clock_ + 1, all_frames);
  gate_->apb({});
  return value;
}

void Appliance::write(uint16_t address, uint32_t value) {
  stopped_ = false;
  if (fresh_) writes_.emplace_back(address, value);
  gate_->apb({true, false, true, address, value});
  advance(clock_ + 1, all_frames);
  gate_->apb({true, true, true, address, value});
  advance(clock_ + 1, all_frames);
  gate_->apb({});
}

std::vector<LoggedEvent> Appliance::take_events() {
  return std::exchange(log_, {});
}

std::optional<std::string> Appliance::record(const RecordingRequest& request) {
  if (request.line >= raster_.v_active)
    return "line must be below " + std::to_string(raster_.v_active);
  if (raster_.source_clock(request.frame, request.line) < clock_) return "that place has passed";
  if (!request.wave.empty() && !can_trace_) {
    if (!fresh_) return "a waveform must be asked for before time starts to run";
    if (!trace_from_start()) return "no waveform for raster " + std::string(raster_.name);
  }
  recording_.start(request, raster_);
  return std::nullopt;
}

/// Puts the gateware that can trace in place of the one that cannot, in the same state.
bool Appliance::trace_from_start() {
  auto traced = make_gate(raster_.name, true);
  if (!traced) return false;
  traced->reset();
  Pins idle;
  idle.clocks = 1;
  Observed nothing;
  for (const auto& [address, value] : writes_) {
    traced->apb({true, false, true, address, value});
    traced->run(idle, nothing);
    traced->apb({true, true, true, address, value});
    traced->run(idle, nothing);
    traced->apb({});
  }
  gate_ = std::move(traced);
  can_trace_ = true;
  return true;
}

/// Why it could not be begun; empty: it was.
std::string Appliance::start_wave(const std::string& wave) {
  if (const auto why = no_room_for_wave(wave); !why.empty()) return why;
  if (!gate_->trace_start(wave, clock_)) return wave + ": cannot be written";
  if (write_gtkw(wave, wave + ".gtkw", clock_, raster_)) return "";
  return wave + ".gtkw: cannot be written";
}

void Appliance::trace_window() {
  if (!can_trace_ || recording_.request().wave.empty()) return;
  const bool inside = clock_ >= recording_.wave_begin() && clock_ < recording_.wave_end();
  if (inside && !tracing_) recording_.wave_trouble = start_wave(recording_.request().wave);
  if (!inside && tracing_) gate_->trace_stop();
  tracing_ = inside;
}

}  // namespace understudy::sim
