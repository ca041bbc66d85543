// SPDX-License-Identifier: Apache-2.0
// Strict mode when the second server goes, comes back or joins: it is given all that was
// acknowledged to clients, whoever has read it.
#include <gtest/gtest.h>

#include <thread>

#include "protocol/limits.hpp"
#include "tests/delivery/strict_pair.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

class StrictSecond : public StrictPair {};

TEST_F(StrictSecond, half_a_second_without_the_second_is_waited_for) {
  Client client(pair.network());
  const auto request = get("/small");
  client.send(request.substr(0, 10));
  pair.network().cable(Place::server_b, false);
  client.send(request.substr(10));
  std::this_thread::sleep_for(400ms);
  pair.network().cable(Place::server_b, true);
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  EXPECT_EQ(pair.number(Place::server_a, "input_unheld"), 0u);
  EXPECT_TRUE(eventually([&] { return pair.is(Place::server_a, "strict_holds"); }));
  client.send(request.substr(0, 10));
  pair.take_over();
  client.send(request.substr(10));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
}

TEST_F(StrictSecond, without_a_second_it_serves_and_says_that_it_does_not_hold) {
  Client client(pair.network());
  pair.process(Place::server_b).kill();
  ASSERT_TRUE(eventually([&] { return !pair.is(Place::server_a, "strict_holds"); }));
  EXPECT_NE(pair.ask(Place::server_a, "status").find("there is no second server"),
            std::string::npos);
  client.send(get("/small").substr(0, 9));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "input_unheld") >= 1; }));
  pair.start(Place::server_b);  // and it gets what is unread, too
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "strict_holds"); }));
  pair.take_over();
  client.send(get("/small").substr(9));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
}

/// Requests beyond what is read ahead lie in the kernel, acknowledged, and nobody has read them.
TEST_F(StrictSecond, a_second_that_joins_gets_what_the_kernel_has_and_nobody_has_read) {
  Client client(pair.network());
  constexpr uint64_t requests = 600, length = 20'000;
  pair.process(Place::server_b).kill();
  std::string text;
  for (uint64_t i = 0; i < requests; ++i) text += ranged(i, length);
  ASSERT_GT(text.size(), 2 * protocol::limits::request_bytes_max);
  client.send(text);
  EXPECT_TRUE(client.answered());
  pair.start(Place::server_b);
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "strict_holds"); }));
  pair.take_over();
  for (uint64_t i = 0; i < requests; ++i) {
    const auto wrong = client.take_object(i, length);
    ASSERT_EQ(wrong, "") << "answer " << i;
  }
}

/// Restored when another second is there already: it must be told of it.
TEST_F(StrictSecond, a_client_that_answers_late_is_held_by_the_second_that_joined_meanwhile) {
  Client client(pair.network());
  const auto request = get("/small");
  client.send(request.substr(0, 7));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "records_sent") >= 2; }));
  pair.network().output(Place::client,
                        std::string("nft 'table ip deaf { chain in { type filter hook input "
                                    "priority 0; ip saddr ") +
                            service_four + " drop; }; }'");
  pair.take_over();
  pair.network().take_address(Place::server_a);
  pair.network().cable(Place::server_a, true);
  pair.start(Place::server_a);
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_b, "strict_holds"); }));
  EXPECT_EQ(pair.number(Place::server_b, "connections"), 0u);
  pair.network().output(Place::client, "nft delete table ip deaf");
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_b, "connections") == 1; }));
  EXPECT_TRUE(eventually([&] { return pair.number(Place::server_a, "held") == 1; }));
  client.send(request.substr(7, 9));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_b, "input_told") >= 1; }));
  pair.network().cable(Place::server_b, false);
  pair.process(Place::server_b).kill();
  pair.network().give_address(Place::server_a);
  pair.ask(Place::server_a, "serve 3");
  client.send(request.substr(16));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
}

/// What the client said beyond its record goes on to a third server's process, though the second
/// has no socket for it yet: two servers die before the client can answer either.
TEST_F(StrictSecond, what_nobody_has_read_survives_two_takeovers_that_the_client_does_not_hear_of) {
  Client client(pair.network());
  constexpr uint64_t requests = 600, length = 20'000;
  std::string text;
  for (uint64_t i = 0; i < requests; ++i) text += ranged(i, length);
  ASSERT_GT(text.size(), 2 * protocol::limits::request_bytes_max);
  client.send(text);
  EXPECT_TRUE(client.answered());
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "strict_holds"); }));
  ASSERT_TRUE(pair.held(1));
  pair.network().cable(Place::client, false);
  pair.take_over();
  pair.network().take_address(Place::server_a);
  pair.network().cable(Place::server_a, true);
  pair.start(Place::server_a);
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "held") == 1; }));
  EXPECT_EQ(pair.number(Place::server_b, "waiting"), 1u);
  pair.network().cable(Place::server_b, false);
  pair.process(Place::server_b).kill();
  pair.network().give_address(Place::server_a);
  pair.ask(Place::server_a, "serve 3");
  pair.network().cable(Place::client, true);
  for (uint64_t i = 0; i < requests; ++i) {
    const auto wrong = client.take_object(i, length);
    ASSERT_EQ(wrong, "") << "answer " << i;
  }
}

}  // namespace
}  // namespace understudy::network
