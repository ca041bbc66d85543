// SPDX-License-Identifier: Apache-2.0
// They read the pins and say what was there as transactions: lines from pixels, messages from
// bytes.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "sim/model/gate_model.hpp"
#include "tests/model/pins.hpp"

namespace understudy::side {

/// Lines of one source. Keeps the pixels of the last few, to compare the output with.
class LineObserver {
 public:
  static constexpr size_t kept = 64;
  LineObserver(model::GateModel& model, protocol::Server source, const model::Raster& raster)
      : model_(model), source_(source), raster_(raster) {}
  void see(uint64_t clock, const Inputs::Video& pixel);
  /// Bus words of that line with the tag bits cleared; nothing when it is long ago or never was.
  const std::vector<uint32_t>* pixels(uint64_t id) const;

 private:
  model::LineFacts facts() const;
  model::GateModel& model_;
  const protocol::Server source_;
  const model::Raster& raster_;
  uint64_t id_ = 0;
  std::vector<uint32_t> words_;
  size_t length_ = 0;
  std::deque<std::pair<uint64_t, std::vector<uint32_t>>> lines_;
};

/// Clears the tag bits of a line of bus words.
void clear_tag(std::vector<uint32_t>& words);

/// Messages into one link.
class LinkObserver {
 public:
  LinkObserver(model::GateModel& model, protocol::Server source) : model_(model), source_(source) {}
  void see(uint64_t clock, const Inputs::Byte& byte);

 private:
  model::GateModel& model_;
  const protocol::Server source_;
  protocol::LinkDecoder decoder_;
};

}  // namespace understudy::side
