// SPDX-License-Identifier: Apache-2.0
// Whether a server carries too much (TC-20): figures with a threshold each, how long a figure must
// stay there before it counts, and how long all must be low before it no longer does. It says
// nothing of the other server: when a burdened one may hand over is the daemon's to decide.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/core/time.hpp"

namespace understudy::core {

/// What is measured. The unit of a value: hundredths of a thread, hundredths of a percent,
/// microseconds, bytes.
enum class Figure : uint8_t { run_queue, cpu_pressure, lateness, backlog };
inline constexpr size_t figures = 4;
constexpr std::string_view to_text(Figure f) {
  constexpr std::string_view names[figures] = {"run queue", "cpu pressure", "lateness", "backlog"};
  return names[static_cast<uint8_t>(f)];
}
/// With its unit: "12.00", "61.50 %", "25.0 ms", "4096 KiB".
std::string to_text(Figure f, int64_t value);

struct BurdenOptions {
  std::array<int64_t, figures> thresholds{};  // 0: this figure is not looked at
  Duration hold = std::chrono::seconds(2);    // at or over its threshold for so long: burdened
  uint32_t low_percent = 70;                  // below this part of its threshold a figure is low
  Duration rest = std::chrono::seconds(10);   // all low for so long: no longer burdened
  Duration serve = std::chrono::seconds(60);  // the least time on air before handing over by itself
  bool looks() const { return thresholds != std::array<int64_t, figures>{}; }
};

/// A figure that stayed at or over its threshold for long enough.
struct Overload {
  Figure figure = Figure::run_queue;
  int64_t value = 0, threshold = 0;
  Duration lasted{};
  std::string text() const;  // "run queue 12.00 at or over 8.00 for 2.0 s"
};

class Burden {
 public:
  explicit Burden(BurdenOptions options) : options_(options) {}

  /// Later values of a figure take the place of earlier ones; without a new one within
  /// burden_age_ms it is not known.
  void measured(Figure f, int64_t value, Instant now);
  /// Nobody measures it any more.
  void forget(Figure f) { gauges_[static_cast<size_t>(f)] = {}; }
  /// Now and then, and before the questions below.
  void advance(Instant now);

  /// Per mille of the threshold that is nearest, or the farthest below; nothing: nothing is known.
  std::optional<uint16_t> load(Instant now) const;
  /// The worst of those that have lasted.
  std::optional<Overload> overload(Instant now) const;
  /// Since an overload, and until all figures have been low for the time of rest.
  bool burdened() const { return burdened_; }
  const BurdenOptions& options() const { return options_; }

 private:
  struct Gauge {
    int64_t value = 0;
    std::optional<Instant> at, over_since;
  };
  bool known(const Gauge& g, Instant now) const;
  bool all_low(Instant now) const;
  uint16_t share(size_t figure) const;

  BurdenOptions options_;
  std::array<Gauge, figures> gauges_;
  bool burdened_ = false;
  std::optional<Instant> low_since_;
};

}  // namespace understudy::core
