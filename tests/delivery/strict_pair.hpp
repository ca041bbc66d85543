// SPDX-License-Identifier: Apache-2.0
// What tests of strict mode share: a pair that runs so, and never resets its clients.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/delivery/pair.hpp"

namespace understudy::network {

class StrictPair : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(pair.resets(), 0u) << "the client was reset";
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  Pair pair{{"--strict"}};
};

/// A request for so many bytes of the big object.
inline std::string ranged(uint64_t at, uint64_t length) {
  return get("/big",
             "Range: bytes=" + std::to_string(at) + "-" + std::to_string(at + length - 1) + "\r\n");
}

}  // namespace understudy::network
