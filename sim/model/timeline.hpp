// SPDX-License-Identifier: Apache-2.0
// Clocks as SystemC time. A clock is 16 ns of which the first are phases: what happens in the same
// clock happens in their order, so the model's outcome does not hang on the kernel's scheduling.
// An Inbox is a queue of timed transactions with an event that says that some are due.
#pragma once

#include <map>
#include <systemc>
#include <utility>
#include <vector>

#include "sim/model/gate_model.hpp"

namespace understudy::model {

enum class Phase : unsigned {
  committed = 0,  // a decision becomes visible, two clocks after the boundary
  written = 1,    // registers
  requested = 2,
  decided = 3,  // one clock after the boundary: sees what happened up to and in its clock
  beat = 4,
  missed = 5,
  stored = 6,
  strobed = 7,  // line select, boundary
  settled = 15,
};

class Timeline {
 public:
  static constexpr unsigned clock_ns = 16;
  /// Clock 0 starts at the next whole clock.
  void restart() { base_ns_ = (now_ns() / clock_ns + 1) * clock_ns; }
  Clock now() const { return (now_ns() - base_ns_) / clock_ns; }
  sc_core::sc_time until(Clock c, Phase p) const {
    const uint64_t at = base_ns_ + c * clock_ns + static_cast<unsigned>(p);
    sc_assert(at >= now_ns());
    return sc_core::sc_time(static_cast<double>(at - now_ns()), sc_core::SC_NS);
  }

 private:
  static uint64_t now_ns() {
    return sc_core::sc_time_stamp().value() / sc_core::sc_time(1, sc_core::SC_NS).value();
  }
  uint64_t base_ns_ = 0;
};

template <class T>
class Inbox {
 public:
  explicit Inbox(const Timeline& timeline) : timeline_(timeline) {}
  void post(Clock c, Phase p, T what) {
    waiting_.emplace(std::pair(c, p), std::move(what));
    due_.notify(timeline_.until(waiting_.begin()->first.first, waiting_.begin()->first.second));
  }
  /// All that is due now, in the order of posting.
  std::vector<T> take() {
    std::vector<T> out;
    while (!waiting_.empty() &&
           timeline_.until(waiting_.begin()->first.first, waiting_.begin()->first.second) ==
               sc_core::SC_ZERO_TIME) {
      out.push_back(std::move(waiting_.begin()->second));
      waiting_.erase(waiting_.begin());
    }
    if (!waiting_.empty())
      due_.notify(timeline_.until(waiting_.begin()->first.first, waiting_.begin()->first.second));
    return out;
  }
  void clear() {
    waiting_.clear();
    due_.cancel();
  }
  const sc_core::sc_event& due() const { return due_; }

 private:
  const Timeline& timeline_;
  std::multimap<std::pair<Clock, Phase>, T> waiting_;
  sc_core::sc_event due_;
};

}  // namespace understudy::model
