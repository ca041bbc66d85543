// SPDX-License-Identifier: Apache-2.0
// What a run was asked for on the command line or by the environment (UNDERSTUDY_SEED,
// UNDERSTUDY_FRAMES, UNDERSTUDY_LONG=1 for the campaigns), and the one model of a process.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/model/gate_model.hpp"

namespace understudy::side {

struct Options {
  uint64_t seed = 1;
  std::optional<uint64_t> frames;
  bool long_run = false;
};
Options& options();
model::GateModel& the_model();

}  // namespace understudy::side
