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

}  // namespace
}  // namespace understudy::network
