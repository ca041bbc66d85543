// SPDX-License-Identifier: Apache-2.0
// Strict mode: what is acknowledged to a client is held by the second. So the server may be struck
// in the middle of anything that a client says.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/delivery/pair.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

class Strict : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(pair.resets(), 0u) << "the client was reset";
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  Pair pair{{"--strict"}};
};

TEST_F(Strict, clients_are_served_and_the_second_holds_what_they_say) {
  for (const bool six : {false, true}) {
    Client client(pair.network(), six);
    for (int i = 0; i < 3; ++i) {
      client.send(get("/small"));
      EXPECT_EQ(client.take_object(0, Pair::small_size), "");
    }
  }
  EXPECT_TRUE(pair.is(Place::server_a, "strict_holds"));
  EXPECT_GE(pair.number(Place::server_a, "input_told"), 6u);
  EXPECT_EQ(pair.number(Place::server_a, "input_unheld"), 0u);
  EXPECT_EQ(pair.number(Place::server_a, "input_refused"), 0u);
}

TEST_F(Strict, half_a_request_sent_right_at_the_kill_is_finished) {
  for (const bool six : {false, true}) {
    Client client(pair.network(), six);
    const auto request = get("/small");
    client.send(request.substr(0, 10));
    if (!six) continue;
    pair.take_over();
    client.send(request.substr(10));
    EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  }
}

}  // namespace
}  // namespace understudy::network
