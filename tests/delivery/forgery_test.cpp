// SPDX-License-Identifier: Apache-2.0
// A stranger on the same network sends segments in a client's name, while its server serves and
// while the other one asks the client where it stands. The client gets every byte all the same.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <random>
#include <thread>
#include <vector>

#include "tests/delivery/forgery.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
constexpr uint64_t wanted = 30'000'000;

class Forgery : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(pair.resets(), 0u) << "the client was reset";
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  /// A client in the midst of a download, its window shut.
  Client downloading() {
    Client client(pair.network());
    const int small = 128 * 1024;
    ::setsockopt(client.number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client.send(get("/big", "Range: bytes=0-" + std::to_string(wanted - 1) + "\r\n"));
    EXPECT_TRUE(client.answered());
    return client;
  }
  static ForgedSegment like(const edge::HeardSegment& true_one) {
    const auto& a = true_one.answer;
    return {.client_port = true_one.client.endpoint.port,
            .sequence = a.sequence.value,
            .acknowledged = a.acknowledged.value,
            .timestamps = a.timestamps};
  }
  Pair pair;
};

TEST_F(Forgery, segments_out_of_the_window_do_nothing_to_the_server_that_serves) {
  auto client = downloading();
  ClientEar ear(pair.network(), client);
  const Forger forger(pair.network());
  client.take(300'000);
  const auto known = like(ear.last());
  std::mt19937 random(5);
  for (int i = 0; i < 2000; ++i) {
    auto s = known;
    // Far from the window, on either side, as data, as acknowledgement and as RST.
    s.sequence +=
        (random() & 1 ? 1u : ~0u) * (64'000'000 + static_cast<uint32_t>(random()) % 1'000'000'000);
    s.acknowledged = static_cast<uint32_t>(random());
    s.reset = i % 3 == 0;
    s.payload = i % 3 == 1 ? 100 : 0;
    forger.send(s);
  }
  auto never_sent = known;  // right but for an acknowledgement of what was never sent
  never_sent.acknowledged += 1'000'000'000;
  for (int i = 0; i < 100; ++i) forger.send(never_sent);
  pair.take_over();
  EXPECT_EQ(client.take(wanted - 300'000).size(), wanted - 300'000);
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
}

/// The worst luck: the stranger guessed the sequence number and a place between what the client has
/// and what it is to get. It does not know which byte the probe was.
TEST_F(Forgery, an_answer_to_a_probe_that_it_did_not_hear_is_not_believed) {
  auto client = downloading();
  ClientEar ear(pair.network(), client);
  const Forger forger(pair.network());
  ASSERT_TRUE(pair.held(1));
  const auto known = like(ear.last());
  pair.network().cable(Place::client, false);
  pair.take_over();
  for (uint32_t i = 0; i < 50; ++i) {
    auto ahead = known;
    ahead.acknowledged += 50'000 + i;
    forger.send(ahead);
    ahead.duplicate = known.acknowledged - 2 - i;
    forger.send(ahead);
    auto reset = known;
    reset.reset = true, reset.sequence += 1000 + i;
    forger.send(reset);
    auto far = known;
    far.acknowledged += 2'000'000'000 + i;
    forger.send(far);
  }
  EXPECT_EQ(pair.number(Place::server_b, "waiting"), 1u) << "it was taken over at a wrong byte";
  pair.network().cable(Place::client, true);
  EXPECT_EQ(client.take_object(0, wanted), "");
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
  EXPECT_EQ(pair.number(Place::server_b, "given_up"), 0u);
}

/// The same luck just after the takeover, when a client that fills a hole may have more than the
/// second server has sent, and is believed.
TEST_F(Forgery, a_restored_connection_is_not_moved_to_where_only_a_stranger_says) {
  auto named = downloading();
  pair.network().output(Place::client, "sysctl -qw net.ipv4.tcp_sack=0");
  auto plain = downloading();
  const Forger forger(pair.network());
  ASSERT_TRUE(pair.held(2));
  std::vector<ForgedSegment> known;
  for (const auto* client : {&named, &plain}) {
    ClientEar ear(pair.network(), *client);
    known.push_back(like(ear.last()));
  }
  pair.take_over();
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_b, "taken_over") == 2; }));
  for (uint32_t i = 0; i < 20; ++i) {
    for (auto ahead : known) {
      ahead.acknowledged += 5'000'000;
      forger.send(ahead);
      ahead.duplicate = ahead.acknowledged - 1;
      forger.send(ahead);
    }
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_EQ(named.take_object(0, wanted), "");
  EXPECT_EQ(plain.take_object(0, wanted), "");
  EXPECT_EQ(pair.number(Place::server_b, "restored_again"), 0u);
}

TEST_F(Forgery, clients_that_cannot_name_the_probe_are_taken_over_too) {
  pair.network().output(Place::client, "sysctl -qw net.ipv4.tcp_dsack=0");
  auto without_dsack = downloading();
  pair.network().output(Place::client, "sysctl -qw net.ipv4.tcp_sack=0");
  auto without_sack = downloading();
  ASSERT_TRUE(pair.held(2));
  pair.take_over();
  EXPECT_TRUE(eventually([&] { return pair.number(Place::server_b, "taken_over") >= 1; }, 5s));
  EXPECT_EQ(without_sack.take_object(0, wanted), "");
  EXPECT_EQ(without_dsack.take_object(0, wanted), "");
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 2u);
}

}  // namespace
}  // namespace understudy::network
