// SPDX-License-Identifier: Apache-2.0
#include "sim/model/line_merge.hpp"

namespace understudy::model {
namespace {
using protocol::EventKind;
constexpr uint32_t gate = 2;
constexpr unsigned index(Server s) {
  return static_cast<unsigned>(s);
}
}  // namespace

LineMerge::LineMerge(sc_core::sc_module_name name, const Timeline& timeline,
                     const RasterProcess& raster, std::array<LineStore*, 2> stores,
                     const Configuration& configuration, const Server& on_air, Journal& journal)
    : sc_module(name),
      timeline_(timeline),
      raster_(raster),
      stores_(stores),
      configuration_(configuration),
      on_air_(on_air),
      journal_(journal) {
  SC_HAS_PROCESS(LineMerge);
  SC_METHOD(select);
  sensitive << raster_.line_select();
  dont_initialize();
  SC_METHOD(judge);
  sensitive << raster_.boundary();
  dont_initialize();
}

void LineMerge::reset() {
  facts_ = running_ = {};
  diverged_ = lines_lost_ = false;
  all_equal_ = true;
  selected_ = 0;
  moving_ = before_ = {};
  still_ = dark_ = {};
  discard_ = {};
  total_rescued_ = total_lost_ = 0;
  total_bad_ = {};
  selects_.clear();
}

void LineMerge::select() {
  const uint32_t frame = raster_.selected_frame(), line = raster_.selected_line();
  const Lines lines{stores_[0]->find(frame, line), stores_[1]->find(frame, line)};
  compare(lines, line);
  const Choice choice = choose(lines, line);
  count_line(lines);
  for (unsigned s = 0; s < 2; ++s) {
    const bool chosen = static_cast<unsigned>(choice) == s;
    stores_[s]->read(chosen ? std::optional(lines[s]->id) : std::nullopt,
                     timeline_.now() + raster_.raster().read_clocks());
  }
  selects_.push_back({timeline_.now(),
                      frame,
                      line,
                      choice,
                      {lines[0].has_value(), lines[1].has_value()},
                      {lines[0] ? lines[0]->crc : 0, lines[1] ? lines[1]->crc : 0},
                      choice == Choice::slate ? 0 : lines[static_cast<unsigned>(choice)]->id});
}

void LineMerge::compare(const Lines& lines, uint32_t line) {
  const bool both = lines[0] && lines[1];
  const bool equal = both && lines[0]->crc == lines[1]->crc;
  if (!equal) all_equal_ = false;
  if (both && !equal && !diverged_) {
    diverged_ = true;
    journal_.log_line(EventKind::diverged, gate, line, lines[0]->crc ^ lines[1]->crc);
  }
}

Choice LineMerge::choose(const Lines& lines, uint32_t line) {
  const unsigned x = index(on_air_), y = 1 - x;
  if (lines[x]) return static_cast<Choice>(x);
  if (lines[y] && configuration_.rescue && (!diverged_ || configuration_.rescue_unproven)) {
    if (running_.rescued++ == 0) journal_.log_line(EventKind::rescue, y, line, 0);
    ++total_rescued_;
    return static_cast<Choice>(y);
  }
  if (running_.lost++ == 0) journal_.log_line(EventKind::lost, gate, line, 0);
  ++total_lost_;
  lines_lost_ = true;
  return Choice::slate;
}

void LineMerge::count_line(const Lines& lines) {
  ++selected_;
  for (unsigned s = 0; s < 2; ++s) {
    if (!lines[s]) {
      ++running_.bad[s];
      ++total_bad_[s];
      continue;
    }
    discard_[s] = lines[s]->discard;
    moving_[s].crcs.push_back(lines[s]->crc);
    moving_[s].brightest = std::max(moving_[s].brightest, lines[s]->brightest);
  }
}

void LineMerge::judge() {
  const bool whole = selected_ == raster_.raster().v_active;  // not so for the frame before 0
  const bool equal = whole && all_equal_;
  running_.equal_frames = equal ? std::min(facts_.equal_frames + 1, 65535u) : 0;
  running_.converged = equal && diverged_;
  if (equal) diverged_ = false;
  running_.discard = discard_;
  for (unsigned s = 0; s < 2; ++s) running_.brightest[s] = moving_[s].brightest;
  judge_untagged();
  facts_ = std::exchange(running_, {});
  all_equal_ = true;
  selected_ = 0;
}

void LineMerge::judge_untagged() {
  const auto& c = configuration_;
  const auto more = [](uint32_t n) { return std::min(n + 1, 255u); };
  for (unsigned s = 0; s < 2; ++s) {
    const unsigned o = 1 - s;
    const bool stands = c.untagged[s] && moving_[s] == before_[s] && !(moving_[o] == before_[o]);
    const bool dark = c.untagged[s] && moving_[s].brightest <= c.black_value &&
                      moving_[o].brightest > c.black_value;
    still_[s] = stands ? more(still_[s]) : 0;
    dark_[s] = dark ? more(dark_[s]) : 0;
    running_.freeze[s] = c.freeze_frames != 0 && still_[s] >= c.freeze_frames;
    running_.black[s] = c.black_frames != 0 && dark_[s] >= c.black_frames;
  }
  before_ = std::exchange(moving_, {});
}

}  // namespace understudy::model
