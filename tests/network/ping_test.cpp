// SPDX-License-Identifier: Apache-2.0
// The rows PM-1 to PM-21 between real daemons, real echoes and a real client.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "stage.hpp"

namespace {
using namespace understudy::network;
using namespace std::chrono_literals;

struct Network : testing::Test {
  Stage stage;
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto* n : {"one", "two"}) std::cerr << "--- " << n << "\n" << stage.log(n) << "\n";
  }
  void both_up() {
    stage.start("one");
    stage.start("two");
    ASSERT_TRUE(stage.eventually([&] { return stage.serves("one") || stage.serves("two"); }));
  }
};

TEST_F(Network, cold_start_makes_one_primary_and_the_client_reaches_it) {
  both_up();
  EXPECT_TRUE(stage.serves("one"));
  EXPECT_FALSE(stage.serves("two"));
  EXPECT_TRUE(stage.eventually([&] { return stage.ping_state("two") == "monitoring"; }));
  EXPECT_TRUE(stage.client_reaches());
}

TEST_F(Network, no_answer_boots_the_first_and_the_second_serves) {
  both_up();
  ASSERT_TRUE(
      stage.eventually([&] { return stage.address("two")["ping"].value("answered", 0) >= 5; }));
  Watcher watcher(stage.lan, "client", stage.service);
  stage.stop("one");
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
  EXPECT_EQ(stage.boots("one"), 1);
  EXPECT_TRUE(stage.client_reaches());
  ASSERT_TRUE(stage.eventually([&] { return stage.ping_state("one") == "monitoring"; }));
  EXPECT_TRUE(stage.serves("two"));
  EXPECT_FALSE(stage.serves("one"));
}

}  // namespace
