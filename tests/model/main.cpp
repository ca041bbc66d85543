// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "tests/model/options.hpp"

namespace understudy::side {
Options& options() {
  static Options o;
  return o;
}
model::GateModel& the_model() {
  static model::GateModel m;
  return m;
}
}  // namespace understudy::side

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto& o = understudy::side::options();
  if (const char* v = std::getenv("UNDERSTUDY_SEED")) o.seed = std::strtoull(v, nullptr, 0);
  if (const char* v = std::getenv("UNDERSTUDY_FRAMES")) o.frames = std::strtoull(v, nullptr, 0);
  if (const char* v = std::getenv("UNDERSTUDY_LONG")) o.long_run = std::string_view(v) == "1";
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--seed")
      o.seed = std::strtoull(argv[i + 1], nullptr, 0);
    else if (name == "--frames")
      o.frames = std::strtoull(argv[i + 1], nullptr, 0);
  }
  return RUN_ALL_TESTS();
}
