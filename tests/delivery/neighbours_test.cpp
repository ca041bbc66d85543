// SPDX-License-Identifier: Apache-2.0
// The second server knows the way to every client before it has to speak to it.
#include <gtest/gtest.h>

#include "tests/delivery/pair.hpp"

namespace understudy::network {
namespace {

std::string entry(const Pair& pair, const std::string& client) {
  return pair.network().output(Place::server_b, "ip neigh show " + client);
}

TEST(Neighbours, of_held_connections_are_resolved_ahead_of_the_takeover) {
  Pair pair;
  EXPECT_EQ(entry(pair, "10.9.0.9").find("lladdr"), std::string::npos);
  Client four(pair.network()), six(pair.network(), true);
  ASSERT_TRUE(pair.held(2));
  for (const char* client : {"10.9.0.9", "fd00:9::9"})
    EXPECT_TRUE(eventually([&] { return entry(pair, client).find("lladdr") != std::string::npos; }))
        << entry(pair, client);
  pair.take_over();
  for (auto* c : {&four, &six}) {
    c->send(get("/small"));
    EXPECT_EQ(c->take_object(0, Pair::small_size), "");
  }
}

TEST(Steps, of_a_takeover_are_told_in_their_order) {
  Pair pair;
  Client one(pair.network()), two(pair.network());
  ASSERT_TRUE(pair.held(2));
  pair.take_over();
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_b, "taken_over") == 2; }));
  ASSERT_TRUE(
      eventually([&] { return pair.number(Place::server_b, "settled_us") != ~uint64_t{0}; }));
  uint64_t before = 0;
  for (const char* step : {"first_probe_us", "first_answer_us", "first_restored_us",
                           "last_restored_us", "settled_us"}) {
    const auto at = pair.number(Place::server_b, step);
    EXPECT_LE(before, at) << step;
    EXPECT_LT(at, 10'000'000u) << step;
    before = at;
  }
}

}  // namespace
}  // namespace understudy::network
