// SPDX-License-Identifier: Apache-2.0
// Chooses each output line's source at its line select and judges the frame at the boundary:
// bad, rescued and lost lines, equality, discard, and freeze and black of untagged inputs.
#pragma once

#include <systemc>

#include "sim/model/journal.hpp"
#include "sim/model/line_store.hpp"

namespace understudy::model {

/// The frame just sent, as judged at its boundary.
struct FrameFacts {
  std::array<uint32_t, 2> bad{};
  uint32_t rescued = 0, lost = 0;
  bool converged = false;
  std::array<bool, 2> discard{}, freeze{}, black{};
  std::array<uint8_t, 2> brightest{};
  uint32_t equal_frames = 0;
};

class LineMerge : public sc_core::sc_module {
 public:
  LineMerge(sc_core::sc_module_name name, const Timeline& timeline, const RasterProcess& raster,
            std::array<LineStore*, 2> stores, const Configuration& configuration,
            const Server& on_air, Journal& journal);

  void reset();
  const FrameFacts& facts() const { return facts_; }
  bool diverged() const { return diverged_; }
  bool lines_lost() const { return lines_lost_; }
  void clear_lines_lost() { lines_lost_ = false; }
  void count(Counters& c) const {
    c.rescued = total_rescued_, c.lost = total_lost_, c.bad_lines = total_bad_;
  }
  std::vector<LineSelect> take() { return std::exchange(selects_, {}); }

 private:
  using Lines = std::array<std::optional<LineStore::Stored>, 2>;
  struct Moving {  // what tells a picture that moves from one that stands still or is dark
    std::vector<uint32_t> crcs;
    uint8_t brightest = 0;
    bool operator==(const Moving& o) const { return crcs == o.crcs; }
  };

  void select();
  void judge();
  void compare(const Lines& lines, uint32_t line);
  Choice choose(const Lines& lines, uint32_t line);
  void count_line(const Lines& lines);
  void judge_untagged();

  const Timeline& timeline_;
  const RasterProcess& raster_;
  const std::array<LineStore*, 2> stores_;
  const Configuration& configuration_;
  const Server& on_air_;
  Journal& journal_;

  FrameFacts facts_, running_;
  bool diverged_ = false, all_equal_ = true, lines_lost_ = false;
  uint32_t selected_ = 0;
  std::array<Moving, 2> moving_{}, before_{};
  std::array<uint32_t, 2> still_{}, dark_{};
  std::array<bool, 2> discard_{};
  uint32_t total_rescued_ = 0, total_lost_ = 0;
  std::array<uint32_t, 2> total_bad_{};
  std::vector<LineSelect> selects_;
};

}  // namespace understudy::model
