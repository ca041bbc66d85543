// SPDX-License-Identifier: Apache-2.0
// Many short random scenarios: gate and model must agree on every line, event and tick, and the
// weather must have been bad enough for every kind of event, reason and answer to have come up.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/model/options.hpp"
#include "tests/model/scenario.hpp"

namespace understudy::side {
namespace {
constexpr uint32_t scenario_frames = 60;

TEST(GateAgainstModel, agree_on_every_line_event_and_tick_of_random_frames) {
  const auto gate = make_gate();
  const uint64_t wanted = options().frames.value_or(options().long_run ? 100'000 : 12'000);
  Compared all;
  for (uint64_t seed = options().seed; all.frames < wanted; ++seed) {
    const auto outcome = run_random(*gate, the_model(), seed, scenario_frames);
    all += outcome.compared;
    ASSERT_FALSE(outcome.difference) << "seed " << seed << " differs " << *outcome.difference
                                     << "\nagain: bin/model_compare_tiny --only " << seed
                                     << " --scenario-frames " << scenario_frames;
  }
  fmt::print("{}\n", to_text(all));
  if (wanted < 10'000) return;
  for (size_t s = 0; s < 3; ++s) EXPECT_GT(all.chosen[s], 0u) << "no line from " << s;
  for (size_t k = 1; k < all.kinds.size(); ++k)
    if (protocol::EventKind(k) != protocol::EventKind::events_lost) {
      EXPECT_GT(all.kinds[k], 0u) << protocol::to_text(protocol::EventKind(k)) << " never came up";
    }
  for (size_t r = 1; r < all.takeovers.size(); ++r) {
    EXPECT_GT(all.takeovers[r], 0u)
        << "no takeover because of " << protocol::to_text(protocol::Reason(r));
  }
  for (size_t r = 0; r < all.answers.size(); ++r)
    EXPECT_GT(all.answers[r], 0u) << "no request answered " << r;
  EXPECT_GT(all.flap_holds, 0u);
}

}  // namespace
}  // namespace understudy::side
