// SPDX-License-Identifier: Apache-2.0
#include "tests/model/side_by_side.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "protocol/registers.hpp"

namespace understudy::side {
namespace {
namespace registers = protocol::registers;
using protocol::EventKind;
constexpr uint64_t log_delay = 64;  // clocks that an event may wait before it enters the log
const char* const choice_text[] = {"A", "B", "slate"};

bool of_boundary(EventKind k) {
  switch (k) {
    case EventKind::takeover:
    case EventKind::hold:
    case EventKind::rescued_lines:
    case EventKind::lost_lines:
    case EventKind::converged:
    case EventKind::picture_bad:
    case EventKind::picture_good:
    case EventKind::protected_on:
    case EventKind::protected_off:
    case EventKind::freeze:
    case EventKind::black:
      return true;
    default:
      return false;
  }
}
auto key(const model::Event& e) {
  return std::tuple(e.clock, e.at_boundary, e.kind, e.source);
}
auto content(const model::Event& e) {
  return std::tuple(e.clock, e.kind, e.source, e.frame, e.line, e.term, e.data);
}
}  // namespace

std::string to_text(const model::Event& e) {
  return fmt::format("{} source {} frame {} line {} clock {} term {} data {:#x}",
                     protocol::to_text(e.kind), e.source, int32_t(e.frame), e.line, e.clock, e.term,
                     e.data);
}

Compared& Compared::operator+=(const Compared& o) {
  clocks += o.clocks, frames += o.frames, lines += o.lines, events += o.events, ticks += o.ticks;
  for (size_t i = 0; i < chosen.size(); ++i) chosen[i] += o.chosen[i];
  for (size_t i = 0; i < kinds.size(); ++i) kinds[i] += o.kinds[i];
  for (size_t i = 0; i < takeovers.size(); ++i) takeovers[i] += o.takeovers[i];
  for (size_t i = 0; i < answers.size(); ++i) answers[i] += o.answers[i];
  not_read += o.not_read, flap_holds += o.flap_holds;
  return *this;
}

void Compared::count(const protocol::Event& e) {
  ++kinds[static_cast<uint8_t>(e.kind) % kinds.size()];
  if (e.kind == EventKind::takeover) ++takeovers[e.data % takeovers.size()];
  if (e.kind == EventKind::request) ++answers[(e.data >> 8 & 0xFF) % answers.size()];
  if (e.kind == EventKind::hold && (e.data & 0x100)) ++flap_holds;
}

std::string to_text(const Compared& c) {
  std::string out = fmt::format(
      "{} frames, {} lines (A {}, B {}, slate {}), {} events, {} ticks compared: gate and model "
      "agree\nevents:",
      c.frames, c.lines, c.chosen[0], c.chosen[1], c.chosen[2], c.events, c.ticks);
  for (size_t k = 1; k < c.kinds.size(); ++k)
    out += fmt::format(" {} {},", protocol::to_text(EventKind(k)), c.kinds[k]);
  out += "\ntakeovers:";
  for (size_t r = 1; r < c.takeovers.size(); ++r)
    out += fmt::format(" {} {},", protocol::to_text(protocol::Reason(r)), c.takeovers[r]);
  return out + fmt::format(" held by anti-flap {}", c.flap_holds);
}

SideBySide::SideBySide(Gate& gate, model::GateModel& model, const model::Raster& raster,
                       const model::Timing& timing)
    : gate_(gate),
      model_(model),
      raster_(raster),
      lines_{LineObserver(model, protocol::Server::a, raster_),
             LineObserver(model, protocol::Server::b, raster_)},
      links_{LinkObserver(model, protocol::Server::a), LinkObserver(model, protocol::Server::b)} {
  gate_.reset();
  model_.reset(raster_, timing);
  if (gate_.out.clock != 0) differ(fmt::format("out of reset at clock {}", gate_.out.clock));
}

void SideBySide::differ(std::string what) {
  if (!difference_)
    difference_ = fmt::format("near clock {} (frame {}, v {}, h {}): {}", gate_.out.clock,
                              int32_t(gate_.out.frame), gate_.out.v, gate_.out.h, what);
}

bool SideBySide::quiet() const {
  const uint64_t at = gate_.out.clock % raster_.frame_clocks();
  const uint64_t boundary = uint64_t{3} * raster_.h_total + raster_.h_active;
  return at + 24 < boundary || at > boundary + 40;
}

bool SideBySide::clock() {
  const uint64_t now = gate_.out.clock;
  observe_outputs();
  for (unsigned s = 0; s < 2; ++s) {
    lines_[s].see(now, gate_.in.video[s]);
    links_[s].see(now, gate_.in.link[s]);
    observe_tick(s);
  }
  const auto& in = gate_.in;
  if (in.select && in.enable && in.write) {
    model_.write(now, in.address, in.value);
    if (in.address == registers::slate) slate_ = in.value & 0xFFFFFF;
  }
  if (gate_.out.v == raster_.v_active + 1 && gate_.out.h == 0) frame_done();
  gate_.clock();
  ++compared_.clocks;
  return !difference_;
}

void SideBySide::observe_outputs() {
  const auto& out = gate_.out;
  if (std::exchange(selected_before_, out.line_select)) {
    auto& s = selects_.back();
    s.choice = out.choice, s.good = out.good, s.crc_a = out.crc_a, s.crc_b = out.crc_b;
  }
  if (out.line_select) selects_.push_back({out.clock, out.frame, out.select_line, 0, 0, 0, 0});
  if (out.video_valid) {
    const bool first = line_.empty() && output_.size() % raster_.v_active == 0;
    if (out.video_user != first) differ("video_out_tuser is not at a frame's first pixel");
    line_.push_back(out.video_data);
    if (out.video_last) output_.push_back(std::exchange(line_, {}));
  }
  if (out.event_valid) {
    const auto& e = out.event;
    if (on_event) on_event(e);
    compared_.count(e);
    for (auto& u : unread_) u.push_back(e);
    const bool strobe =
        e.clock % raster_.frame_clocks() == uint64_t{3} * raster_.h_total + raster_.h_active;
    const model::Event m{e.kind,  e.source,
                         e.frame, e.line,
                         e.clock, e.term,
                         e.data,  of_boundary(e.kind) || (e.kind == EventKind::request && strobe)};
    if (e.kind == EventKind::request && !m.at_boundary && e.source < 3)
      asked_[e.source].gate.push_back(m);
    else
      events_.push_back(m);
  }
}

void SideBySide::observe_tick(unsigned s) {
  if (!gate_.out.tx[s].valid || !gate_.in.tx_ready[s]) return;
  const auto message = from_gate_[s].byte(gate_.out.tx[s].data);
  if (from_gate_[s].errors()) return differ("garbage out of the gate's link");
  if (!message) return;
  if (const auto tick = protocol::decode_tick(*message)) {
    if (on_tick) on_tick(*tick);
    ticks_[s].push_back(*tick);
    return;
  }
  const auto e = protocol::decode_event(*message);
  if (!e) return differ("a message out of the gate's link that is neither tick nor event");
  if (auto lost = compare_link_event(s, *e)) differ(*lost);
}

std::optional<std::string> SideBySide::compare_link_event(unsigned s, const protocol::Event& e) {
  auto& waiting = unread_[s];
  if (e.kind == EventKind::events_lost) {
    // this reader was told what it missed: exactly the log's oldest
    const uint32_t missed = e.sequence + 1 - next_sequence_[s];
    if (missed != e.data || missed > waiting.size())
      return fmt::format("link {} was told of {} events lost, missed {}", s, e.data, missed);
    waiting.erase(waiting.begin(), waiting.begin() + missed);
    next_sequence_[s] += missed;
    compared_.not_read += missed;
    told_ = true;
    return std::nullopt;
  }
  const auto text = [](const protocol::Event& x) {
    return to_text(model::Event{x.kind, x.source, x.frame, x.line, x.clock, x.term, x.data, false});
  };
  if (waiting.empty()) return fmt::format("link {}: {} was not logged", s, text(e));
  auto logged = waiting.front();
  logged.sequence = next_sequence_[s];
  if (!(logged == e))
    return fmt::format("event on link {}\n  link #{} {}\n  log  #{} {}", s, e.sequence, text(e),
                       logged.sequence, text(logged));
  waiting.pop_front();
  ++next_sequence_[s];
  return std::nullopt;
}

void SideBySide::frame_done() {
  const uint64_t now = gate_.out.clock;
  if (now < raster_.frame_clocks()) return;  // nothing was sent yet
  model_.run_to(now - 1);
  for (auto& s : model_.take_selects()) model_selects_.push_back(s);
  for (auto& e : model_.take_events()) {
    if (e.kind == EventKind::request && !e.at_boundary)
      asked_[e.source].model.push_back(e);
    else
      model_events_.push_back(e);
  }
  for (auto& b : model_.take_boundaries()) boundaries_.push_back(b);
  if (selects_.size() != raster_.v_active || model_selects_.size() != raster_.v_active ||
      output_.size() != raster_.v_active)
    differ(fmt::format("line selects: gate {}, model {}; lines out {}; expected {}",
                       selects_.size(), model_selects_.size(), output_.size(), raster_.v_active));
  for (size_t i = 0; !difference_ && i < selects_.size(); ++i)
    compare_line(selects_[i], model_selects_[i], output_[i]);
  selects_.clear(), model_selects_.clear(), output_.clear();
  slate_before_ = slate_;
  compare_events(now - log_delay);
  compare_ticks();
  ++compared_.frames;
}

void SideBySide::compare_line(const Select& g, const model::LineSelect& m,
                              const std::vector<uint32_t>& words) {
  const uint32_t good = (m.good[0] ? 1u : 0u) | (m.good[1] ? 2u : 0u);
  const bool same = g.clock == m.clock && g.frame == m.frame && g.line == m.line &&
                    g.choice == static_cast<uint32_t>(m.choice) && g.good == good &&
                    (!m.good[0] || g.crc_a == m.crc[0]) && (!m.good[1] || g.crc_b == m.crc[1]);
  if (!same)
    return differ(fmt::format(
        "output line\n  gate  clock {} frame {} line {} choice {} good {:02b} crc {:08x} {:08x}"
        "\n  model clock {} frame {} line {} choice {} good {:02b} crc {:08x} {:08x}",
        g.clock, int32_t(g.frame), g.line, choice_text[g.choice % 3], g.good, g.crc_a, g.crc_b,
        m.clock, int32_t(m.frame), m.line, choice_text[static_cast<int>(m.choice)], good, m.crc[0],
        m.crc[1]));
  ++compared_.lines;
  ++compared_.chosen[static_cast<size_t>(m.choice)];
  if (m.choice == model::Choice::slate) {
    const auto wire = [](uint32_t c) {  // registers hold R, G, B; the wire R, B, G
      return (c & 0xFF0000) | (c & 0xFF) << 8 | (c >> 8 & 0xFF);
    };
    std::vector<uint32_t> slate(raster_.h_active, wire(slate_)),
        old(slate.size(), wire(slate_before_));
    clear_tag(slate), clear_tag(old);
    if (words != slate && words != old)
      differ(fmt::format("frame {} line {} is not slate", m.frame, m.line));
  } else {
    const auto* expected = lines_[static_cast<size_t>(m.choice)].pixels(m.id);
    if (!expected || *expected != words) {
      size_t x = 0;
      while (expected && x < std::min(words.size(), expected->size()) && words[x] == (*expected)[x])
        ++x;
      differ(
          fmt::format("frame {} line {} from {}: pixels differ from the stored line's at {} of {}",
                      m.frame, m.line, choice_text[static_cast<int>(m.choice)], x, words.size()));
    }
  }
  if (on_line) on_line({m.frame, m.line, m.choice, m.good, words});
}

void SideBySide::compare_events(uint64_t until) {
  const auto by_key = [](const auto& x, const auto& y) { return key(x) < key(y); };
  std::stable_sort(events_.begin(), events_.end(), by_key);
  std::stable_sort(model_events_.begin(), model_events_.end(), by_key);
  size_t n = 0;
  for (;; ++n) {
    const bool more_gate = n < events_.size() && events_[n].clock <= until;
    const bool more_model = n < model_events_.size() && model_events_[n].clock <= until;
    if (!more_gate && !more_model) break;
    if (!more_gate || !more_model || content(events_[n]) != content(model_events_[n])) {
      differ(fmt::format("event\n  gate  {}\n  model {}",
                         n < events_.size() ? to_text(events_[n]) : "nothing",
                         n < model_events_.size() ? to_text(model_events_[n]) : "nothing"));
      break;
    }
    ++compared_.events;
  }
  events_.erase(events_.begin(), events_.begin() + static_cast<ptrdiff_t>(n));
  model_events_.erase(model_events_.begin(), model_events_.begin() + static_cast<ptrdiff_t>(n));
  for (auto& a : asked_)
    while (!difference_ && (!a.gate.empty() || !a.model.empty())) {
      const auto head = [](auto& q) { return q.empty() ? ~uint64_t{0} : q.front().clock; };
      if (std::min(head(a.gate), head(a.model)) > until) break;
      if (a.gate.empty() || a.model.empty() || a.gate.front().data != a.model.front().data ||
          a.gate.front().term != a.model.front().term || head(a.gate) < head(a.model) ||
          head(a.gate) > head(a.model) + log_delay) {
        differ(fmt::format("answer to a request\n  gate  {}\n  model {}",
                           a.gate.empty() ? "nothing" : to_text(a.gate.front()),
                           a.model.empty() ? "nothing" : to_text(a.model.front())));
        break;
      }
      a.gate.pop_front(), a.model.pop_front();
      ++compared_.events;
    }
}

void SideBySide::compare_ticks() {
  while (!difference_ && !boundaries_.empty() && !ticks_[0].empty() && !ticks_[1].empty()) {
    const auto m = boundaries_.front();
    boundaries_.pop_front();
    for (unsigned s = 0; s < 2; ++s) {
      const auto g = ticks_[s].front();
      ticks_[s].pop_front();
      const auto lost = static_cast<uint16_t>(protocol::Alarm::events_lost);
      const auto told =
          static_cast<uint16_t>(told_ ? g.alarms & lost : 0);  // the model has no readers
      const protocol::Tick expected{protocol::link_version,
                                    protocol::Server(s),
                                    m.on_air,
                                    m.frame,
                                    m.term,
                                    m.state[0],
                                    m.state[1],
                                    static_cast<uint16_t>(m.alarms | told),
                                    m.equal_frames,
                                    m.mode};
      if (!(g == expected))
        differ(
            fmt::format("tick to {}\n  gate  frame {} on air {} term {} states {} {} alarms "
                        "{:#06x} equal {} mode {}\n  model frame {} on air {} term {} states "
                        "{} {} alarms {:#06x} equal {} mode {}",
                        s, g.frame, int(g.on_air), g.term, int(g.state_a), int(g.state_b), g.alarms,
                        g.equal_frames, int(g.mode), m.frame, int(m.on_air), m.term,
                        int(m.state[0]), int(m.state[1]), m.alarms, m.equal_frames, int(m.mode)));
      ++compared_.ticks;
    }
  }
}

uint32_t SideBySide::read(uint16_t address) {
  gate_.in.select = true, gate_.in.write = false, gate_.in.address = address;
  gate_.in.enable = false;
  clock();
  gate_.in.enable = true;
  clock();
  gate_.in.select = gate_.in.enable = false;
  return gate_.out.read;
}

void SideBySide::compare_register(const char* name, uint16_t address,
                                  const std::function<uint32_t()>& model) {
  model_.run_to(now() - 1);
  const uint32_t before = model(), value = read(address);
  model_.run_to(now() - 1);
  if (value != before && value != model())  // it may have counted meanwhile
    differ(fmt::format("register {}: gate {} model {}", name, value, before));
}

bool SideBySide::finish() {
  gate_.in = {};
  const uint64_t frames = compared_.frames;
  for (uint64_t i = 0; !difference_ && i < 2 * raster_.frame_clocks(); ++i) {
    clock();
    if (compared_.frames != frames) break;
  }
  if (difference_) return false;
  const auto count = [&](auto member) {
    return [this, member] { return member(model_.counters()); };
  };
  using C = const model::Counters&;
  compare_register("rescued", registers::rescued, count([](C c) { return c.rescued; }));
  compare_register("lost", registers::lost, count([](C c) { return c.lost; }));
  for (unsigned s = 0; s < 2; ++s) {
    const auto at = [&](uint16_t a) { return static_cast<uint16_t>(a + 4 * s); };
    compare_register("beats", at(registers::beats_a), count([s](C c) { return c.beats[s]; }));
    compare_register("missed", at(registers::missed_a), count([s](C c) { return c.missed[s]; }));
    compare_register("link_errors", at(registers::link_errors_a),
                     count([s](C c) { return c.link_errors[s]; }));
    compare_register("bad_lines", at(registers::bad_lines_a),
                     count([s](C c) { return c.bad_lines[s]; }));
  }
  compare_register("term", registers::term, [&] { return model_.now().term; });
  compare_register("alarms", registers::alarms, [&] {
    return model_.now().alarms |
           (told_ ? uint32_t{static_cast<uint16_t>(protocol::Alarm::events_lost)} : 0u);
  });
  return !difference_;
}

}  // namespace understudy::side
