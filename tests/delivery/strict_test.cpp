// SPDX-License-Identifier: Apache-2.0
// Strict mode: what is acknowledged to a client is held by the second. So the server may be struck
// in the middle of anything that a client says, and nobody waits here for the second to know.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "host/edge/repair/live_socket.hpp"
#include "host/edge/repair/probe_channel.hpp"
#include "protocol/limits.hpp"
#include "tests/delivery/strict_pair.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

class Strict : public StrictPair {
 protected:
  std::string rules(Place server) const {
    return pair.network().output(server, "nft list ruleset");
  }
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
  EXPECT_EQ(pair.number(Place::server_a, "handshakes"), 0u);
}

/// One port used again at once: the old connection's end must not touch the new one.
TEST_F(Strict, a_client_that_comes_back_with_its_port_is_held_again) {
  for (int i = 0; i < 20; ++i) {
    std::optional<Client> client;
    ASSERT_TRUE(eventually([&] {
      try {
        client.emplace(pair.network(), false, 80, 33'333);
      } catch (const std::exception&) {  // the earlier one's FIN is not acknowledged yet
      }
      return client.has_value();
    }));
    client->send(get("/small", "Connection: close\r\n"));
    EXPECT_EQ(client->take_object(0, Pair::small_size), "");
    EXPECT_TRUE(client->at_end());
  }
  EXPECT_EQ(pair.number(Place::server_a, "input_unheld"), 0u);
}

/// Nothing is known of its input by then: its FIN is for the kernel alone.
TEST(StrictPatience, a_client_that_is_let_go_can_still_say_its_end) {
  Pair pair({"--strict", "--idle-patience", "1"});
  {
    Client client(pair.network());
    client.send(get("/small"));
    EXPECT_EQ(client.take_object(0, Pair::small_size), "");
    EXPECT_TRUE(client.at_end());
    ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "connections") == 0; }));
  }
  EXPECT_TRUE(eventually(
      [&] { return pair.network().output(Place::client, "ss -Hnat state last-ack").empty(); }));
  EXPECT_EQ(pair.number(Place::server_a, "input_refused"), 0u);
}

/// Nothing that server a says reaches the second.
void deafen_the_second(const Network& network) {
  network.output(Place::server_a,
                 "nft add table ip deaf && nft add chain ip deaf out '{ type filter hook output "
                 "priority 0; }' && nft add rule ip deaf out tcp dport 7801 drop");
}

/// Server a does not hear that the second has anything.
void deafen_the_first(const Network& network) {
  network.output(Place::server_a,
                 "nft add table ip deaf && nft add chain ip deaf in '{ type filter hook input "
                 "priority 0; }' && nft add rule ip deaf in tcp sport 7801 drop");
}

/// The client would believe itself connected, and the second would know nothing of it.
TEST_F(Strict, a_handshake_that_the_second_did_not_get_is_not_answered) {
  deafen_the_second(pair.network());
  std::atomic<bool> connected = false;
  std::string wrong = "not connected";
  std::thread connects([&] {
    try {
      Client client(pair.network());
      connected = true;
      client.send(get("/small"));
      wrong = client.take_object(0, Pair::small_size);
    } catch (const std::exception& e) {
      wrong = e.what();
    }
  });
  EXPECT_TRUE(eventually([&] { return pair.number(Place::server_a, "handshakes") == 1; }));
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(connected);
  pair.take_over();
  connects.join();
  EXPECT_EQ(wrong, "");
}

/// The second is told nothing any more in the very moment in which the bytes arrive: they are not
/// acknowledged, and sent again to the other server.
TEST_F(Strict, what_the_second_did_not_get_is_not_acknowledged) {
  Client client(pair.network());
  const auto request = get("/small");
  client.send(request.substr(0, 7));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "records_sent") >= 2; }));
  deafen_the_second(pair.network());
  client.send(request.substr(7, 9));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "input_told") >= 2; }));
  pair.take_over();
  client.send(request.substr(16));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
}

TEST_F(Strict, a_request_that_drips_in_is_struck_anywhere) {
  std::atomic<bool> struck = false;
  std::vector<std::thread> all;
  std::vector<std::string> wrong(6);
  for (size_t i = 0; i < wrong.size(); ++i)
    all.emplace_back([&, i] {
      Client client(pair.network(), i % 2);
      for (int after = 0; after < 2;) {
        if (struck) ++after;
        const auto request = ranged(i, 5000);
        for (size_t at = 0; at < request.size(); at += 3) {
          client.send(request.substr(at, 3));
          std::this_thread::sleep_for(300us);
        }
        if (wrong[i] = client.take_object(i, 5000); !wrong[i].empty()) return;
      }
    });
  std::this_thread::sleep_for(77ms);
  pair.take_over();
  struck = true;
  for (auto& t : all) t.join();
  for (const auto& w : wrong) EXPECT_EQ(w, "");
}

TEST_F(Strict, pipelined_requests_come_during_answers_and_in_the_moment_of_the_kill) {
  Client client(pair.network());
  constexpr uint64_t requests = 400, length = 100'000;
  std::thread sends([&] {
    for (uint64_t i = 0; i < requests; ++i) client.send(ranged(i, length));
    client.half_close();
  });
  std::thread strikes([&] {
    std::this_thread::sleep_for(60ms);
    pair.take_over();
  });
  for (uint64_t i = 0; i < requests; ++i) {
    const auto wrong = client.take_object(i, length);
    EXPECT_EQ(wrong, "") << "answer " << i;
    if (!wrong.empty()) break;
  }
  EXPECT_TRUE(client.at_end());
  sends.join();
  strikes.join();
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
}

/// The link's acknowledgement does not come back: the second has the bytes, the client does not
/// know, and sends them again.
TEST_F(Strict, what_the_second_has_twice_is_read_once) {
  Client client(pair.network());
  client.send(get("/small"));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  deafen_the_first(pair.network());
  const auto told = pair.number(Place::server_a, "input_told");
  client.send(get("/small") + ranged(7, 1000));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "input_told") > told; }));
  std::this_thread::sleep_for(150ms);  // and the second has it
  pair.take_over();
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  EXPECT_EQ(client.take_object(7, 1000), "");
  client.send(ranged(8, 1000));
  client.half_close();
  EXPECT_EQ(client.take_object(8, 1000), "");
  EXPECT_TRUE(client.at_end());
}

TEST_F(Strict, clients_connect_in_the_moment_of_the_kill) {
  std::atomic<bool> struck = false;
  std::vector<std::thread> all;
  std::vector<std::string> wrong(8);
  for (size_t i = 0; i < wrong.size(); ++i)
    all.emplace_back([&, i] {
      for (int after = 0; after < 2;) {
        if (struck) ++after;
        try {
          Client client(pair.network(), i % 2);
          client.send(ranged(i, 2000));
          wrong[i] = client.take_object(i, 2000);
        } catch (const std::exception& e) {
          wrong[i] = e.what();
        }
        if (!wrong[i].empty()) return;
      }
    });
  std::this_thread::sleep_for(50ms);
  // The cable stays in: whatever the dead server's kernel would say is heard.
  pair.process(Place::server_a).kill();
  std::this_thread::sleep_for(30ms);
  pair.network().take_address(Place::server_a);
  pair.network().give_address(Place::server_b);
  pair.ask(Place::server_b, "serve 2");
  struck = true;
  for (auto& t : all) t.join();
  for (const auto& w : wrong) EXPECT_EQ(w, "");
}

TEST_F(Strict, a_fin_in_the_moment_of_the_kill_is_not_lost) {
  Client early(pair.network()), late(pair.network(), true);
  early.send(ranged(5, 3'000'000));
  early.half_close();
  pair.take_over();
  late.send(ranged(6, 3'000'000));
  late.half_close();
  EXPECT_EQ(early.take_object(5, 3'000'000), "");
  EXPECT_TRUE(early.at_end());
  EXPECT_EQ(late.take_object(6, 3'000'000), "");
  EXPECT_TRUE(late.at_end());
}

TEST_F(Strict, a_planned_handover_in_mid_request_loses_nothing) {
  std::atomic<bool> struck = false;
  std::vector<std::thread> all;
  std::vector<std::string> wrong(6);
  for (size_t i = 0; i < wrong.size(); ++i)
    all.emplace_back([&, i] {
      Client client(pair.network(), i % 2);
      for (int after = 0; after < 2;) {
        if (struck) ++after;
        const auto request = ranged(i, 50'000) + ranged(i + 1, 50'000);
        for (size_t at = 0; at < request.size(); at += 20) client.send(request.substr(at, 20));
        for (const auto first : {i, i + 1})
          if (wrong[i].empty()) wrong[i] = client.take_object(first, 50'000);
        if (!wrong[i].empty()) return;
      }
    });
  std::this_thread::sleep_for(50ms);
  pair.hand_over();
  struck = true;
  for (auto& t : all) t.join();
  for (const auto& w : wrong) EXPECT_EQ(w, "");
}

TEST(StrictRtsp, a_request_is_struck_in_its_middle) {
  Pair pair({"--strict", "--rtsp", std::string(service_four) + ":554"});
  Client client(pair.network(), false, 554);
  const std::string first = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
                    second = "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n";
  client.send(first + second.substr(0, 12));
  EXPECT_NE(client.take_head().find("CSeq: 1\r\n"), std::string::npos);
  deafen_the_first(pair.network());
  const auto told = pair.number(Place::server_a, "input_told");
  client.send(second.substr(12, 5));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "input_told") > told; }));
  std::this_thread::sleep_for(150ms);  // and the second has it
  pair.take_over();
  client.send(second.substr(17));
  const auto head = client.take_head();
  EXPECT_TRUE(head.starts_with("RTSP/1.0 200")) << head;
  EXPECT_NE(head.find("CSeq: 2\r\n"), std::string::npos) << head;
  EXPECT_EQ(pair.resets(), 0u);
}

TEST_F(Strict, rules_go_with_an_orderly_end_and_with_the_next_start) {
  EXPECT_NE(rules(Place::server_a).find("understudy_hold"), std::string::npos);
  pair.process(Place::server_b).finish(5s);
  EXPECT_EQ(rules(Place::server_b), "");
  pair.process(Place::server_a).kill();
  EXPECT_NE(rules(Place::server_a).find("understudy_hold"), std::string::npos)
      << "a dead one's kernel acknowledges nothing";
  pair.start(Place::server_a, {});
  EXPECT_EQ(rules(Place::server_a).find("understudy_hold"), std::string::npos);
}

TEST_F(Strict, rules_go_when_the_next_start_names_an_interface) {
  pair.process(Place::server_a).kill();
  pair.start(Place::server_a, {"--interface", "eth0"});
  EXPECT_EQ(rules(Place::server_a).find("understudy_hold"), std::string::npos);
  EXPECT_EQ(rules(Place::server_a).find("understudy_guard "), std::string::npos);
  EXPECT_NE(rules(Place::server_a).find("understudy_guard_eth0"), std::string::npos);
}

/// One byte from the client's address to the service, as the next of its stream; `change` spoils
/// it.
void forge(const Network& network, const edge::ConnectionOrigin& origin,
           const std::function<void(edge::ProbeSegment&)>& change, bool damaged) {
  edge::ProbeSegment s{
      origin.service, origin.client, origin.initial_send + 1, origin.initial_receive + 1, {}};
  change(s);
  auto packet = edge::to_packet(s);
  if (damaged) packet.back() ^= 1;
  network.in(Place::client, [&] {
    const edge::Descriptor raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    auto to = origin.client;
    to.endpoint.port = 0;
    const auto address = edge::to_kernel(to);
    ASSERT_EQ(::sendto(raw.number(), packet.data(), packet.size(), 0, address.get(), address.size),
              static_cast<ssize_t>(packet.size()));
  });
}

/// A segment that the kernel's TCP would not take does not reach the second either.
TEST_F(Strict, forged_segments_do_not_reach_the_second) {
  Client client(pair.network());
  const auto origin = edge::read_origin(client.number());  // from the client's side
  ASSERT_TRUE(origin) << origin.error().text;
  const auto told = [&] { return pair.number(Place::server_a, "input_told"); };
  const auto refused = [&] { return pair.number(Place::server_a, "input_refused"); };
  const auto before = told();
  enum What { damaged, beyond_window, never_sent, right };
  for (const auto what : {damaged, beyond_window, never_sent, right}) {
    const auto refused_before = refused();
    forge(
        pair.network(), *origin,
        [&](edge::ProbeSegment& s) {
          if (what == beyond_window) s.sequence += 100'000'000;
          if (what == never_sent) s.acknowledge += 100'000;
        },
        what == damaged);
    if (what != right) {
      EXPECT_TRUE(eventually([&] { return refused() == refused_before + 1; })) << what;
      EXPECT_EQ(told(), before) << what;
    } else {
      EXPECT_TRUE(eventually([&] { return told() == before + 1; })) << "the test sees nothing";
    }
  }
}

/// Clients of every kind, struck at any moment, and nobody waits for anything.
TEST_F(Strict, random_clients_are_struck_at_random_moments) {
  const char* seed_text = std::getenv("UNDERSTUDY_SEED");
  const uint32_t first = seed_text ? uint32_t(std::atoi(seed_text)) : 1;
  const uint32_t runs = seed_text ? 1 : std::getenv("UNDERSTUDY_LONG") ? 100 : 4;
  for (uint32_t seed = first; seed < first + runs; ++seed) {
    SCOPED_TRACE("UNDERSTUDY_SEED=" + std::to_string(seed));
    Pair fresh({"--strict"});
    std::atomic<bool> struck = false;
    std::vector<std::string> wrong(12);
    std::vector<std::thread> all;
    for (uint32_t i = 0; i < wrong.size(); ++i)
      all.emplace_back([&, i] {
        std::mt19937 random(seed * 100 + i);
        const auto up_to = [&](uint64_t n) {
          return std::uniform_int_distribution<uint64_t>(0, n)(random);
        };
        try {
          for (int after = 0; after < 2;) {
            Client client(fresh.network(), up_to(2) == 0);
            for (uint64_t rounds = up_to(20) + 1; rounds > 0 && after < 2; --rounds) {
              if (struck) ++after;
              std::vector<std::pair<uint64_t, uint64_t>> asked;
              std::string text;
              for (uint64_t n = up_to(5) + 1; n > 0; --n) {
                asked.emplace_back(up_to(1'000'000), 1 + up_to(up_to(1) ? 300'000 : 500));
                text += ranged(asked.back().first, asked.back().second);
              }
              for (size_t at = 0; at < text.size();) {
                const size_t piece = 1 + up_to(200);
                client.send(std::string_view(text).substr(at, piece));
                at += piece;
                if (up_to(3) == 0)
                  std::this_thread::sleep_for(std::chrono::microseconds(up_to(900)));
              }
              const bool last = up_to(9) == 0;
              if (last) client.half_close();
              for (const auto& [at, length] : asked)
                if (wrong[i] = client.take_object(at, length); !wrong[i].empty()) return;
              if (last && !client.at_end()) wrong[i] = "no end";
              if (last) break;
            }
          }
        } catch (const std::exception& e) {
          wrong[i] = e.what();
        }
      });
    std::mt19937 random(seed);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 120'000));
    random() % 4 ? fresh.take_over() : fresh.hand_over();
    struck = true;
    for (auto& t : all) t.join();
    for (const auto& w : wrong) EXPECT_EQ(w, "");
    EXPECT_EQ(fresh.resets(), 0u);
    if (HasFailure()) {
      std::printf("%s%s", fresh.log(Place::server_a).c_str(), fresh.log(Place::server_b).c_str());
      break;
    }
  }
}

}  // namespace
}  // namespace understudy::network
