// SPDX-License-Identifier: Apache-2.0
// The comparison as a program, for any gate that it is linked with: exit 0 when gate and model
// agree over all frames, 1 with both sides and the command to repeat it when not.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "tests/model/scenario.hpp"

namespace side = understudy::side;

int main(int argc, char** argv) {
  uint64_t seed = 1, frames = 10'000, each = 60, only = 0;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const uint64_t value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 0) : 0;
    if (i + 1 < argc && name == "--seed")
      seed = value;
    else if (i + 1 < argc && name == "--frames")
      frames = value;
    else if (i + 1 < argc && name == "--scenario-frames" && value > 0)
      each = value;
    else if (i + 1 < argc && name == "--only")
      only = value;
    else {
      fmt::print(
          stderr,
          "usage: {} [--seed FIRST] [--frames IN_ALL] [--scenario-frames EACH] [--only SEED]\n",
          argv[0]);
      return 2;
    }
  }
  if (only) seed = only, frames = each;
  const auto gate = side::make_gate();
  understudy::model::GateModel model;
  side::Compared all;
  for (; all.frames < frames; ++seed) {
    const auto outcome = side::run_random(*gate, model, seed, static_cast<uint32_t>(each));
    all += outcome.compared;
    if (!outcome.difference) continue;
    fmt::print("seed {} differs {}\nagain: {} --only {} --scenario-frames {}\n", seed,
               *outcome.difference, argv[0], seed, each);
    return 1;
  }
  fmt::print("{}\n", side::to_text(all));
  return 0;
}
