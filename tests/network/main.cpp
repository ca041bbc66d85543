// SPDX-License-Identifier: Apache-2.0
// Each test program of this folder runs in namespaces of its own.
#include <gtest/gtest.h>

#include <iostream>

#include "sim/network/lan.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  if (const auto why = understudy::network::Lan::enter(); !why.empty()) {
    std::cerr << "no network of its own: " << why << "\n";
    return 1;
  }
  return RUN_ALL_TESTS();
}
