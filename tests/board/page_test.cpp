// SPDX-License-Identifier: Apache-2.0
// The board's page as somebody types it who has no board: alone on the machine, for a link's
// silence is counted in wall time, modelled or not.
#include <gtest/gtest.h>

#include "tests/scenario/program.hpp"

namespace {
using namespace understudy::scenario;

TEST(BoardPage, is_followed_to_its_end) {
  Folder folder;
  const auto page = run(folder, {"/usr/bin/env", "python3", "tests/board/page", "docs/board.md",
                                 UNDERSTUDY_PROGRAMS});
  EXPECT_EQ(page.status, 0) << page.said;
}

}  // namespace
