// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/outcome.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace understudy::demo {
namespace {

// Line select stands this many clocks before the line's first pixel (rtl/README.md).
constexpr uint32_t select_lead = 8;
// A heartbeat that was on its way when the fault struck: 21 bytes, one every few clocks, and the
// decoder behind them.
constexpr uint64_t link_slack_clocks = 256;

const Event* first(std::span<const Event> events, uint64_t from, EventKind kind, int source = -1) {
  for (const auto& e : events)
    if (e.clock >= from && e.kind == kind && (source < 0 || e.source == source)) return &e;
  return nullptr;
}

const Event* said_failed(std::span<const Event> events, const Strike& strike) {
  for (const auto& e : events)
    if (e.clock >= strike.clock && e.kind == EventKind::server_state &&
        e.source == uint8_t(strike.struck) &&
        (e.data & 0xFF) == uint32_t(protocol::ServerState::failed))
      return &e;
  return nullptr;
}

Takeover describe(const Event& event, std::span<const Event> events, const Strike& strike,
                  const GateFacts& gate) {
  Takeover t;
  t.frame = event.frame + 1;
  t.to = Server(event.source & 1), t.from = protocol::other(t.to);
  t.term = event.term, t.reason = Reason(event.data & 0xFF), t.clock = event.clock;
  t.first_frame = t.frame;
  // The boundary is at h = H_ACTIVE of the last line; line 0 starts with the next line.
  t.first_clock = (event.clock / gate.h_total + 1) * gate.h_total;
  const Event* rescue = first(events, strike.clock, EventKind::rescue, int(event.source));
  if (rescue && rescue->clock < event.clock) {
    t.first_frame = rescue->frame, t.first_line = rescue->line;
    t.first_clock = rescue->clock + select_lead;
  }
  t.latency_lines = uint32_t((t.first_clock - strike.clock + gate.h_total - 1) / gate.h_total);
  t.latency_frames = t.frame - strike.frame;
  return t;
}

class Judge {
 public:
  Judge(std::span<const Event> events, const Strike& strike, const GateFacts& gate, Outcome& out)
      : events_(events), strike_(strike), gate_(gate), out_(out) {}

  void picture() {
    const Event* rescue = first(events_, strike_.clock, EventKind::rescue);
    if (rescue) detected(rescue->clock, "a bad line");
    if (!takeover_by({Reason::picture_bad, Reason::beats_missed})) return;
    const Takeover& t = *out_.takeover;
    if (!rescue) complain("no line of the other server was taken in the frame that was struck");
    if (t.latency_lines > hidden_lines_goal)
      complain(fmt::format("hidden after {} lines; at most {} are allowed", t.latency_lines,
                           hidden_lines_goal));
    if (t.frame != strike_.frame + 1)
      complain(
          fmt::format("on air at frame {}, not at the next one ({})", t.frame, strike_.frame + 1));
  }
  void beats() {
    const Event* lost = first(events_, strike_.clock, EventKind::beats_lost, int(strike_.struck));
    if (lost) detected(lost->clock, fmt::format("{} heartbeats missed", gate_.beats_missed));
    if (!takeover_by({Reason::beats_missed})) return;
    if (!lost) return complain("the gate has no event beats_lost");
    // In wall time heartbeats may pile up on their way while the gate's time stands still.
    const uint64_t piled = strike_.wall_time ? uint64_t{gate_.h_total} * gate_.v_total : 0;
    const uint64_t most =
        uint64_t{gate_.beats_missed} * gate_.beat_period + link_slack_clocks + piled;
    if (lost->clock - strike_.clock > most)
      complain(fmt::format("beats were missed for {} clocks before it was noticed; at most {}",
                           lost->clock - strike_.clock, most));
    at_the_next_boundary(*lost);
  }
  void declared() {
    const Event* failed = said_failed(events_, strike_);
    if (failed) detected(failed->clock, "its own word: Failed");
    if (!takeover_by({Reason::declared_failed})) return;
    if (!failed) return complain("the struck server never said Failed");
    // The daemon says it with its next heartbeat.
    if (!strike_.wall_time && failed->clock - strike_.clock > gate_.beat_period + link_slack_clocks)
      complain("the server said Failed later than with its next heartbeat");
    at_the_next_boundary(*failed);
  }
  void asked() {
    if (!takeover_by({Reason::operator_request}) || strike_.wall_time) return;
    // The request leaves with the daemon's next answer, a heartbeat's time away at most.
    const uint64_t frame = uint64_t{gate_.h_total} * gate_.v_total;
    if (out_.takeover->clock - strike_.clock > frame + gate_.beat_period)
      complain("the switch was later than the next boundary after the request");
  }
  void alarm() {
    const Event* diverged = first(events_, strike_.clock, EventKind::diverged);
    if (diverged)
      detected(diverged->clock, "two good lines that differ");
    else
      complain("no alarm: the gate has no event diverged");
    nothing();
  }
  void nothing() {
    if (out_.takeover) complain("the server on air changed, and nothing called for it");
  }
  void complain(std::string text) { out_.complaints.push_back(std::move(text)); }

 private:
  void detected(uint64_t clock, std::string by) {
    out_.detected_clock = clock, out_.detected_by = std::move(by);
  }
  bool takeover_by(std::initializer_list<Reason> reasons) {
    if (!out_.takeover) return complain("nobody took over"), false;
    const Takeover& t = *out_.takeover;
    if (std::find(reasons.begin(), reasons.end(), t.reason) == reasons.end())
      complain(fmt::format("taken over because of {}", protocol::to_text(t.reason)));
    if (t.from != strike_.struck) complain("the wrong server was left");
    if (out_.takeovers != 1) complain(fmt::format("{} changes instead of one", out_.takeovers));
    return true;
  }
  /// On air at the first boundary that comes after `cause`.
  void at_the_next_boundary(const Event& cause) {
    if (out_.takeover->clock - cause.clock > uint64_t{gate_.h_total} * gate_.v_total)
      complain("on air later than at the next frame boundary");
  }
  std::span<const Event> events_;
  const Strike& strike_;
  const GateFacts& gate_;
  Outcome& out_;
};

void collect(std::span<const Event> events, const Strike& strike, const GateFacts& gate,
             Outcome& out) {
  const bool struck = strike.fault != FaultName::none;
  for (const auto& e : events) {
    switch (e.kind) {
      case EventKind::takeover:
        ++out.takeovers;
        if (struck && e.clock < strike.clock)
          ++out.takeovers_before;
        else if (!out.takeover)
          out.takeover = describe(e, events, strike, gate);
        break;
      case EventKind::rescued_lines:
        out.lines_rescued += e.data;
        break;
      case EventKind::lost_lines:
        out.lines_lost += e.data;
        break;
      case EventKind::protected_on:
        if (!out.protected_frame) out.protected_frame = e.frame;
        if (e.clock < strike.clock) out.protected_at_strike = true;
        break;
      case EventKind::protected_off:
        if (e.clock < strike.clock) out.protected_at_strike = false;
        break;
      case EventKind::diverged:
        if (e.clock >= strike.clock) out.diverged = true;
        break;
      default:
        break;
    }
  }
}

}  // namespace

Outcome judge(std::span<const Event> events, const Strike& strike, const GateFacts& gate,
              const ComparisonTotals& frames) {
  Outcome out;
  collect(events, strike, gate, out);
  Judge check(events, strike, gate, out);
  const Detector detector = facts(strike.fault).detector;
  if (detector != Detector::nothing && !out.protected_at_strike)
    check.complain("the secondary was not proven equal yet when the fault struck");
  if (out.takeovers_before)
    check.complain(fmt::format("{} changes before the fault", out.takeovers_before));
  switch (detector) {
    case Detector::nothing:
      check.nothing();
      break;
    case Detector::picture:
      check.picture();
      break;
    case Detector::beats:
      check.beats();
      break;
    case Detector::declared:
      check.declared();
      break;
    case Detector::asked:
      check.asked();
      break;
    case Detector::alarm:
      check.alarm();
      break;
  }
  if (frames.frames_lost) check.complain(fmt::format("{} frames lost", frames.frames_lost));
  if (frames.frames_repeated)
    check.complain(fmt::format("{} frames repeated", frames.frames_repeated));
  if (frames.frames_torn) check.complain(fmt::format("{} frames torn", frames.frames_torn));
  if (frames.pixels_wrong) check.complain(fmt::format("{} pixels wrong", frames.pixels_wrong));
  if (out.lines_lost) check.complain(fmt::format("{} lines lost", out.lines_lost));
  return out;
}

}  // namespace understudy::demo
