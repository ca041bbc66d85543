// SPDX-License-Identifier: Apache-2.0
// Reads, ten times a second, the figures that the kernel has of this machine's load: how many
// threads want a processor (/proc/loadavg, averaged over a second, for the kernel tells only how
// many there are at the moment) and how long some wait for one (/proc/pressure/cpu, or a control
// group's cpu.pressure; the kernel's average over ten seconds).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/core/overburdening/burden.hpp"
#include "host/edge/daemon/configuration.hpp"
#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

/// Hundredths of a thread out of "0.41 0.66 1.45 3/89 14612": 300.
std::optional<int64_t> parse_run_queue(std::string_view text);
/// Hundredths of a percent out of "some avg10=1.25 avg60=... total=...": 125.
std::optional<int64_t> parse_cpu_pressure(std::string_view text);

class LoadGauge {
 public:
  using Told = std::function<void(core::Figure, int64_t)>;
  /// Errors: a figure with a threshold whose file is not there or is not understood.
  static Result<std::unique_ptr<LoadGauge>> open(boost::asio::io_context& io,
                                                 const OverburdeningConfiguration& configuration,
                                                 Told told);

 private:
  LoadGauge(boost::asio::io_context& io, const OverburdeningConfiguration& configuration, Told told)
      : configuration_(configuration), told_(std::move(told)), timer_(io) {}
  /// Nothing where there is no threshold.
  Result<std::optional<int64_t>> read(core::Figure f) const;
  void look();

  OverburdeningConfiguration configuration_;
  Told told_;
  boost::asio::steady_timer timer_;
  std::deque<int64_t> run_queue_;  // of the last second
  std::string trouble_;
};

}  // namespace understudy::edge
