// SPDX-License-Identifier: Apache-2.0
// HTTP connections across the death of their server: real processes, real kernels' TCP, clients
// that know nothing of it. Server a's cable is pulled and its process killed; server b goes on.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/delivery/forgery.hpp"
#include "tests/delivery/pair.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

class HttpTakeover : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(pair.resets(), 0u) << "the client was reset";
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  Pair pair;
};

struct Download {
  std::string sum, facts;
};

/// curl's bytes go through sha256sum; its own count of connections comes with -w.
void curl_across(Pair& pair, const std::string& host, bool planned) {
  const auto sum = pair.path("sum"), facts = pair.path("facts");
  auto curl = pair.network().start(
      Place::client,
      {"bash", "-c",
       "set -o pipefail; curl -s --limit-rate 300M -w '%{stderr}%{http_code} %{num_connects} "
       "%{size_download}' http://" +
           host + "/big 2>" + facts + " | sha256sum >" + sum},
      pair.path("curl.log"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(200ms);
  planned ? pair.hand_over() : pair.take_over();
  const auto status = curl.wait(60s);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text_of(facts), "200 1 " + std::to_string(Pair::big_size));
  const auto wanted = pair.network().output(Place::bridge, "sha256sum <" + pair.path("root/big"));
  EXPECT_EQ(text_of(sum), wanted);
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
}

TEST_F(HttpTakeover, curl_downloads_through_a_kill_and_a_pulled_cable) {
  curl_across(pair, service_four, false);
}
TEST_F(HttpTakeover, curl_downloads_through_it_over_ipv6) {
  curl_across(pair, "[" + std::string(service_six) + "]", false);
}
TEST_F(HttpTakeover, curl_downloads_through_a_planned_handover) {
  curl_across(pair, service_four, true);
}

TEST_F(HttpTakeover, a_slow_reader_with_a_full_window_gets_every_byte) {
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-9999999\r\n"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(300ms);  // it reads nothing: its window is closed
  pair.take_over();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(client.take_object(0, 10'000'000), "");
}

/// What the kernel does not know it takes to be bad: 1 s until first segments that were lost come
/// again, 3 s until it asks after a window that was closed, and 536 bytes a segment.
TEST_F(HttpTakeover, a_restored_connection_knows_its_round_trip_and_its_segments) {
  Client idle(pair.network()), stopped(pair.network());
  stopped.send(get("/big"));
  ASSERT_TRUE(stopped.answered());  // and it reads nothing more: its window closes
  ASSERT_TRUE(pair.held(2));
  pair.take_over();
  std::string said;
  const auto known = [&] {
    said = pair.network().output(Place::server_b, "ss -Htin state established sport 80");
    std::istringstream words(said);
    int round_trips = 0, segments = 0;
    for (std::string word; words >> word;) {
      round_trips += word.starts_with("rto:") && std::stod(word.substr(4)) < 500;
      segments += word == "mss:1448";
    }
    return round_trips == 2 && segments == 2;
  };
  EXPECT_TRUE(eventually(known, 900ms)) << said;
}

TEST_F(HttpTakeover, an_idle_connection_is_used_again_afterwards) {
  Client never(pair.network()), used(pair.network());
  used.send(get("/small"));
  EXPECT_EQ(used.take_object(0, Pair::small_size), "");
  ASSERT_TRUE(pair.held(2));
  pair.take_over();
  for (auto* c : {&never, &used}) {
    c->send(get("/small"));
    EXPECT_EQ(c->take_object(0, Pair::small_size), "");
  }
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 2u);
}

TEST_F(HttpTakeover, pipelined_answers_go_on_in_their_order) {
  Client client(pair.network());
  std::string requests;
  for (int i = 0; i < 8; ++i)
    requests += get("/big", "Range: bytes=" + std::to_string(i * 1000) + "-" +
                                std::to_string(i * 1000 + 2'999'999) + "\r\n");
  client.send(requests);
  ASSERT_TRUE(pair.held(1));
  EXPECT_EQ(client.take_object(0, 3'000'000), "");
  pair.take_over();
  for (uint64_t i = 1; i < 8; ++i) EXPECT_EQ(client.take_object(i * 1000, 3'000'000), "") << i;
}

TEST_F(HttpTakeover, half_a_request_is_finished_at_the_other_server) {
  Client client(pair.network());
  const auto request = get("/small");
  client.send(request.substr(0, 10));
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_b, "records_taken") >= 2; }));
  pair.take_over();
  client.send(request.substr(10));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
}

TEST_F(HttpTakeover, a_client_that_has_closed_its_side_gets_the_rest_and_the_end) {
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-19999999\r\n"));
  client.half_close();
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(200ms);
  pair.take_over();
  EXPECT_EQ(client.take_object(0, 20'000'000), "");
  EXPECT_TRUE(client.at_end());
  // The kernel there has never seen the client's FIN.
  EXPECT_TRUE(eventually(
      [&] { return pair.network().output(Place::server_b, "ss -Hnat state fin-wait-2").empty(); }));
}

TEST_F(HttpTakeover, the_server_closes_after_the_last_answer_as_it_was_asked) {
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-19999999\r\nConnection: close\r\n"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(200ms);
  pair.take_over();
  EXPECT_EQ(client.take_object(0, 20'000'000), "");
  EXPECT_TRUE(client.at_end());
}

/// A client that has all of an answer but its first bytes. The second server sends these; then the
/// client acknowledges what this server has never sent.
class HttpTakeoverWithAHole : public HttpTakeover {
 protected:
  static constexpr uint64_t first = 7, size = 40'000, hole = 2000;
  static std::string request(const std::string& fields = {}) {
    return get("/big", "Range: bytes=" + std::to_string(first) + "-" +
                           std::to_string(first + size - 1) + "\r\n" + fields);
  }
  /// What servers send does not arrive, unless it is an answer to a request of a byte.
  void shut_out() {
    const auto stranger =
        pair.network().output(Place::stranger, "ip -o link show dev eth0 | sed 's/.*ether //'");
    pair.network().output(Place::client,
                          "nft 'table inet hole { chain in { type filter hook prerouting priority "
                          "0; tcp sport 80 meta length > 120 ether saddr != " +
                              stranger.substr(0, 17) + " drop; }; }'");
  }
  void let_in() { pair.network().output(Place::client, "nft delete table inet hole"); }
  /// The client gets the end of the first answer only, and the FIN with it or not.
  void make_hole(const std::string& requests, bool fin) {
    size_t head = 0;
    {
      Client other(pair.network());
      other.send(request(fin ? "Connection: close\r\n" : ""));
      head = other.take_head().size();
      EXPECT_EQ(other.take(size).size(), size);
    }
    ASSERT_TRUE(pair.held(0));
    shut_out();
    client.emplace(pair.network());
    ASSERT_TRUE(pair.held(1));
    ClientEar ear(pair.network(), *client);
    client->send(requests);
    const auto asked = ear.last();
    ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "records_sent") >= 4; }));
    ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "second_holds"); }));
    const Forger forger(pair.network());
    constexpr uint64_t most = 1400;
    for (uint64_t at = hole; at < size; at += most) {
      const auto bytes = object_bytes(first + at, std::min(most, size - at));
      const auto& a = asked.answer;
      forger.send({.client_port = asked.client.endpoint.port,
                   .sequence = a.acknowledged.value + static_cast<uint32_t>(head + at),
                   .acknowledged = a.sequence.value + a.payload,
                   .timestamps = {{a.timestamps->echo + 1000, a.timestamps->value}},
                   .from_service = true,
                   .fin = fin && at + bytes.size() == size,
                   .bytes = bytes});
    }
    const auto& beyond = ear.last().answer.beyond;
    ASSERT_TRUE(beyond);
    EXPECT_EQ(*beyond - asked.answer.acknowledged, static_cast<int32_t>(head + size + fin));
    pair.take_over();
    ASSERT_TRUE(eventually([&] { return pair.number(Place::server_b, "taken_over") == 1; }));
  }
  void expect_ended() {
    EXPECT_TRUE(client->at_end());
    EXPECT_TRUE(eventually([&] { return pair.number(Place::server_b, "restored_again") >= 1; }));
    client.reset();
    EXPECT_TRUE(eventually([&] { return pair.number(Place::server_b, "connections") == 0; }));
    std::string left;
    EXPECT_TRUE(eventually([&] {
      left =
          pair.network().output(Place::server_b, "ss -Hnat sport 80 | grep -v -e LISTEN -e TIME");
      return left.empty();
    })) << left;
    EXPECT_EQ(pair.network().output(Place::client, "ss -Hnat dport 80 | grep -v TIME-WAIT"), "");
  }
  std::optional<Client> client;
};

TEST_F(HttpTakeoverWithAHole, a_client_that_had_the_end_too_gets_it_in_good_order) {
  make_hole(request("Connection: close\r\n"), true);
  std::this_thread::sleep_for(2500ms);  // longer than the ear is there for those that lack nothing
  let_in();
  EXPECT_EQ(client->take_object(first, size), "");
  expect_ended();
}

TEST_F(HttpTakeoverWithAHole, a_client_that_cannot_name_the_probe_goes_on_half_a_second_later) {
  pair.network().output(Place::client, "sysctl -qw net.ipv4.tcp_dsack=0");
  make_hole(request("Connection: close\r\n"), true);
  let_in();
  EXPECT_EQ(client->take_object(first, size), "");
  expect_ended();
}

TEST_F(HttpTakeoverWithAHole, what_the_client_has_asked_meanwhile_is_answered) {
  make_hole(request(), false);
  std::string more;
  constexpr int requests = 600;
  for (int i = 0; i < requests; ++i) more += get("/big", "Range: bytes=5-5004\r\n");
  client->send(more);  // more than is read ahead: the kernel keeps the rest
  client->half_close();
  std::string said;
  ASSERT_TRUE(eventually([&] {
    said = pair.network().output(Place::server_b, "ss -Hnt sport 80");
    std::istringstream words(said);
    std::string state;
    uint64_t unread = 0;
    words >> state >> unread;
    return state == "CLOSE-WAIT" && unread > 5000;
  })) << said;
  let_in();
  EXPECT_EQ(client->take_object(first, size), "");
  for (int i = 0; i < requests; ++i) ASSERT_EQ(client->take_object(5, 5000), "") << i;
  expect_ended();
}

TEST_F(HttpTakeover, a_killed_process_with_its_cable_in_says_nothing_to_its_clients) {
  Client client(pair.network());
  ASSERT_TRUE(pair.held(1));
  pair.process(Place::server_a).kill();
  std::this_thread::sleep_for(300ms);
  pair.network().take_address(Place::server_a);
  pair.network().give_address(Place::server_b);
  pair.ask(Place::server_b, "serve 2");
  client.send(get("/small"));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  const auto rules = pair.network().output(Place::server_a, "nft list ruleset");
  EXPECT_NE(rules.find("understudy_guard"), std::string::npos) << rules;
}

TEST_F(HttpTakeover, a_thousand_connections_at_once) {
  std::vector<Client> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.emplace_back(pair.network());
    clients.back().send(get(
        "/big", "Range: bytes=" + std::to_string(i) + "-" + std::to_string(i + 99'999) + "\r\n"));
  }
  for (auto& c : clients) ASSERT_TRUE(c.answered());
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "second_holds"); }));
  pair.take_over();
  for (uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(clients[i].take_object(i, 100'000), "") << i;
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1000u);
}

/// An object of 4.3 GiB, empty but for a mark at each MiB that says where it stands.
TEST_F(HttpTakeover, sequence_numbers_go_round_before_and_after_it) {
  constexpr uint64_t mib = 1 << 20, size = 4400 * mib;
  {
    std::fstream file(pair.path("root/huge"), std::ios::out | std::ios::binary);
    for (uint64_t at = 0; at < size; at += mib)
      file.seekp(static_cast<std::streamoff>(at)).write(reinterpret_cast<const char*>(&at), 8);
    file.seekp(static_cast<std::streamoff>(size - 1)).put(0);
  }
  Client client(pair.network());
  client.send(get("/huge"));
  EXPECT_TRUE(client.take_head().starts_with("HTTP/1.1 200"));
  for (uint64_t at = 0; at < size; at += mib) {
    if (at == 4200 * mib) pair.take_over();
    const auto block = client.take(mib);
    ASSERT_EQ(block.size(), mib) << "at " << at;
    uint64_t mark = 0;
    std::memcpy(&mark, block.data(), 8);
    ASSERT_EQ(mark, at);
    ASSERT_EQ(block.find_first_not_of('\0', 8), std::string::npos) << "at " << at;
  }
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
}

TEST_F(HttpTakeover, an_answer_waits_for_the_second_a_bounded_time) {
  Client client(pair.network());
  client.send(get("/small"));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  EXPECT_EQ(pair.number(Place::server_a, "unprotected"), 0u);
  pair.process(Place::server_b).hang();
  const auto begin = std::chrono::steady_clock::now();
  client.send(get("/small"));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  const auto waited = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(waited, 50ms) << "it left before the second held its request";
  EXPECT_LE(waited, 500ms);
  EXPECT_GE(pair.number(Place::server_a, "unprotected"), 1u);
  EXPECT_FALSE(pair.is(Place::server_a, "second_holds"));
}

TEST_F(HttpTakeover, a_server_alone_tells_its_clients_that_it_ends) {
  pair.process(Place::server_b).kill();
  ASSERT_TRUE(eventually([&] { return !pair.is(Place::server_a, "second_holds"); }));
  Client client(pair.network());
  client.send(get("/small"));
  EXPECT_EQ(client.take_object(0, Pair::small_size), "");
  pair.process(Place::server_a).finish(5s);
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpTakeover, there_and_back_again) {
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-49999999\r\n"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(50ms);
  pair.take_over();
  pair.network().take_address(Place::server_a);
  pair.network().cable(Place::server_a, true);
  pair.start(Place::server_a);
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "held") == 1; }));
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_b, "second_holds"); }));
  pair.network().cable(Place::server_b, false);
  pair.process(Place::server_b).kill();
  pair.network().give_address(Place::server_a);
  pair.ask(Place::server_a, "serve 3");
  EXPECT_EQ(client.take_object(0, 50'000'000), "");
}

/// The client cannot answer the second before that one hands over too.
TEST_F(HttpTakeover, back_again_before_the_client_has_answered) {
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-49999999\r\n"));
  ASSERT_TRUE(pair.held(1));
  ASSERT_NE(client.take_head(), "");
  pair.network().cable(Place::client, false);
  pair.hand_over();
  ASSERT_TRUE(eventually([&] { return pair.number(Place::server_a, "held") == 1; }));
  EXPECT_EQ(pair.number(Place::server_b, "waiting"), 1u);
  pair.ask(Place::server_b, "stop");
  pair.network().take_address(Place::server_b);
  pair.network().give_address(Place::server_a);
  pair.ask(Place::server_a, "serve 3");
  pair.network().cable(Place::client, true);
  EXPECT_EQ(client.take(50'000'000), object_bytes(0, 50'000'000));
  EXPECT_EQ(pair.resets(), 0u);
}

TEST_F(HttpTakeover, nothing_is_left_after_an_orderly_end) {
  {
    Client client(pair.network());
  }
  for (const auto server : {Place::server_a, Place::server_b}) {
    pair.process(server).finish(5s);
    EXPECT_EQ(pair.network().output(server, "nft list ruleset"), "");
  }
}

}  // namespace
}  // namespace understudy::network
