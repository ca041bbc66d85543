// SPDX-License-Identifier: Apache-2.0
// One source's last few lines with their facts. A line takes the slot after the one last taken (the
// next but one if the raster reads that) when it starts, and answers for (frame, line) once ended.
#pragma once

#include <algorithm>
#include <optional>
#include <systemc>

#include "sim/model/configuration.hpp"
#include "sim/model/raster_process.hpp"

namespace understudy::model {

class LineStore : public sc_core::sc_module {
 public:
  struct Stored {
    uint64_t id, order;
    uint32_t frame, line, crc;
    bool discard;
    uint8_t brightest;
  };

  LineStore(sc_core::sc_module_name name, Server source, const Timeline& timeline,
            const RasterProcess& raster, const Configuration& configuration)
      : sc_module(name),
        source_(static_cast<unsigned>(source)),
        timeline_(timeline),
        raster_(raster),
        configuration_(configuration),
        inbox_(timeline) {
    SC_HAS_PROCESS(LineStore);
    SC_METHOD(receive);
    sensitive << inbox_.due();
    dont_initialize();
  }

  void reset() {
    inbox_.clear();
    slots_.assign(raster_.raster().store_lines, Slot{});
    last_taken_ = static_cast<uint32_t>(slots_.size()) - 1;
    reading_.reset();
    order_ = 0, row_ = 0, frame_ = 0;
    frame_seen_ = false;
  }

  void line_starts(Clock at, uint64_t id) {
    inbox_.post(at, Phase::stored, {Transaction::starts, id, {}});
  }
  void line_ends(Clock at, const LineFacts& facts) {
    inbox_.post(at, Phase::stored, {Transaction::ends, facts.id, facts});
  }
  void frame_starts(Clock at) { inbox_.post(at, Phase::stored, {Transaction::frame, 0, {}}); }

  /// The line stored last that says (frame, line), if any.
  std::optional<Stored> find(uint32_t frame, uint32_t line) const {
    std::optional<Stored> best;
    for (const auto& slot : slots_)
      if (slot.line && slot.line->frame == frame && slot.line->line == line &&
          (!best || slot.line->order > best->order))
        best = slot.line;
    return best;
  }
  /// The raster reads this line until that clock; nothing when it reads another source or slate.
  void read(std::optional<uint64_t> id, Clock until) {
    reading_.reset();
    if (!id) return;
    read_until_ = until;
    for (uint32_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].line && slots_[i].line->id == *id) reading_ = i;
  }

 private:
  struct Transaction {
    enum Kind { starts, ends, frame } kind;
    uint64_t id;
    LineFacts facts;
  };
  struct Slot {
    uint64_t owner = 0;
    std::optional<Stored> line;
  };

  void receive() {
    for (const auto& t : inbox_.take()) switch (t.kind) {
        case Transaction::starts:
          start(t.id);
          break;
        case Transaction::ends:
          end(t.facts);
          break;
        case Transaction::frame:
          frame_seen_ = true;
          row_ = 0;
          frame_ = raster_.unselected_frame();
          break;
      }
  }
  void start(uint64_t id) {
    const auto after = [&](uint32_t i) { return (i + 1) % static_cast<uint32_t>(slots_.size()); };
    last_taken_ = after(last_taken_);
    if (reading_ == last_taken_ && timeline_.now() < read_until_) last_taken_ = after(last_taken_);
    slots_[last_taken_] = {id, std::nullopt};
  }
  void end(const LineFacts& f) {
    const uint32_t row = std::exchange(row_, row_ + 1);
    const bool untagged = configuration_.untagged[source_];
    const bool good =
        f.length_right && (untagged ? frame_seen_ && row < raster_.raster().v_active
                                    : f.tag_right && f.line < raster_.raster().v_active &&
                                          f.picture_crc == f.tag_says_crc);
    const auto slot =
        std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.owner == f.id; });
    if (!good || slot == slots_.end()) return;
    slot->line = Stored{f.id,
                        ++order_,
                        untagged ? frame_ : f.frame,
                        untagged ? row : f.line,
                        f.picture_crc,
                        !untagged && f.discard,
                        f.brightest};
  }

  const unsigned source_;
  const Timeline& timeline_;
  const RasterProcess& raster_;
  const Configuration& configuration_;
  Inbox<Transaction> inbox_;
  std::vector<Slot> slots_;
  uint32_t last_taken_ = 0;
  std::optional<uint32_t> reading_;
  Clock read_until_ = 0;
  uint64_t order_ = 0;
  uint32_t row_ = 0, frame_ = 0;  // of an untagged source
  bool frame_seen_ = false;
};

}  // namespace understudy::model
