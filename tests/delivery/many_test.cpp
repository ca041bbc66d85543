// SPDX-License-Identifier: Apache-2.0
// Very many: connections of several client processes, as many as one delivery may hold and more,
// and requests on one connection. A good client downloads meanwhile, memory stays within bounds,
// and all of it goes on at the second server.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "protocol/limits.hpp"
#include "tests/delivery/good_client.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// As many as a delivery here may hold: 512 descriptors are for other things (README of delivery).
size_t room() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::min<size_t>(protocol::limits::connections_max, limit.rlim_max - 512);
}

/// Bytes of the kernel's buffers of all TCP sockets on this machine.
uint64_t tcp_memory() {
  std::ifstream in("/proc/net/sockstat");
  for (std::string word; in >> word;)
    if (word == "mem") return in >> word, std::stoull(word) * 4096;
  return 0;
}

/// Processes `crowd`, which see tests/delivery/crowd.cpp.
class Crowds {
 public:
  struct Heard {
    size_t right = 0, turned_away = 0, other = 0;
  };
  Crowds(const Pair& pair, size_t processes, size_t each) {
    for (size_t i = 0; i < processes; ++i) {
      const auto address = "10.9.0.1" + std::to_string(i);
      pair.network().ip(Place::client, "addr add " + address + "/24 dev eth0");
      logs_.push_back(pair.path("crowd-" + std::to_string(i)));
      all_.push_back(pair.network().start(
          Place::client,
          {std::string(UNDERSTUDY_PROGRAMS) + "/crowd", address, std::to_string(each)},
          logs_.back()));
    }
  }
  void ask_again() {
    for (auto& c : all_) ::kill(c.process(), SIGUSR1);
  }
  /// What they all have heard in a round, the first being 0. Nothing: it is not over in time.
  std::optional<Heard> heard(size_t round) const {
    Heard out;
    for (const auto& name : logs_) {
      std::string line;
      if (!eventually([&] { return !(line = this->line(name, round)).empty(); }, 100s))
        return std::nullopt;
      size_t right = 0, away = 0, other = 0;
      if (std::sscanf(line.c_str(), "%zu right, %zu turned away, %zu other", &right, &away,
                      &other) != 3)
        return std::nullopt;
      if (other) ADD_FAILURE() << line;
      out.right += right, out.turned_away += away, out.other += other;
    }
    return out;
  }

 private:
  static std::string line(const std::string& file, size_t number) {
    std::ifstream in(file);
    std::string out;
    for (size_t i = 0; i <= number; ++i)
      if (!std::getline(in, out) || in.eof()) return {};
    return out;
  }
  std::vector<demo::Child> all_;
  std::vector<std::string> logs_;
};

class Many : public testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure() && pair)
      std::printf("--- a\n%s--- b\n%s", pair->log(Place::server_a).c_str(),
                  pair->log(Place::server_b).c_str());
  }
  std::optional<Pair> pair;
};

TEST_F(Many, twenty_thousand_connections_of_several_processes_go_on_at_the_second) {
  const size_t most = room();
  pair.emplace(std::vector<std::string>{"--request-patience", "300", "--idle-patience", "300"});
  const auto before_a = pair->memory(Place::server_a), before_b = pair->memory(Place::server_b);
  const auto kernel_before = tcp_memory();
  GoodClient good(pair->network(), 256u << 20);
  const auto began = Clock::now();
  // The good client has a connection, and now and then another.
  Crowds crowds(*pair, 4, (most + 512) / 4 + 100);
  EXPECT_TRUE(good.goes_on());
  const auto first = crowds.heard(0);
  ASSERT_TRUE(first);
  const std::chrono::duration<double> filling = Clock::now() - began;
  EXPECT_LE(first->right, most - 1);
  EXPECT_GE(first->right, most - 10);
  EXPECT_GE(first->turned_away, 300u);
  EXPECT_EQ(first->other, 0u);
  EXPECT_GE(pair->number(Place::server_a, "turned_away"), first->turned_away);
  EXPECT_NE(pair->log(Place::server_a).find("clients are here, which is the limit"),
            std::string::npos);
  EXPECT_TRUE(good.bytes_go_on());
  EXPECT_TRUE(
      eventually([&] { return pair->number(Place::server_b, "held") >= first->right; }, 60s));
  EXPECT_TRUE(eventually([&] { return pair->is(Place::server_a, "second_holds"); }, 60s));
  const auto at_a = pair->memory(Place::server_a) - before_a,
             at_b = pair->memory(Place::server_b) - before_b;
  const auto kernel = int64_t(tcp_memory()) - int64_t(kernel_before);
  EXPECT_LE(at_a, 8'000 * most);
  EXPECT_LE(at_b, 8'000 * most);
  EXPECT_LE(kernel, 256 << 20);

  const auto struck = Clock::now();
  pair->take_over();
  EXPECT_TRUE(
      eventually([&] { return pair->number(Place::server_b, "taken_over") >= first->right; }, 60s));
  EXPECT_TRUE(good.bytes_go_on());
  const std::chrono::duration<double> moving = Clock::now() - struck;
  crowds.ask_again();
  const auto second = crowds.heard(1);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->right, first->right);
  EXPECT_EQ(second->turned_away + second->other, 0u);
  EXPECT_EQ(good.finish(), "");
  EXPECT_EQ(pair->resets(), 0u);
  std::printf(
      "%zu connections held, %zu turned away, in %.1f s; %zu bytes each at the first, %zu at the "
      "second; TCP buffers of the kernel %+lld KiB; the download goes on %.2f s after the blow, "
      "its "
      "longest silence was %.2f s\n",
      first->right, first->turned_away, filling.count(), at_a / first->right, at_b / first->right,
      static_cast<long long>(kernel / 1024), moving.count(), good.longest_silence().count());
}

/// Small answers, so that many fit into one window; struck in the midst of them.
TEST_F(Many, ten_thousand_pipelined_requests_are_answered_in_order_by_two_servers) {
  constexpr uint64_t requests = 10'000, before_the_blow = 3'000, length = 4;
  const auto place = [](uint64_t i) { return 10'000 + i * 8; };  // all of five digits
  pair.emplace(std::vector<std::string>{"--strict"});
  const auto bound_a = pair->memory(Place::server_a) + (16u << 20),
             bound_b = pair->memory(Place::server_b) + (16u << 20);
  Client client(pair->network());
  std::thread sends([&] {
    for (uint64_t i = 0; i < requests; ++i)
      client.send(get("/small", "Range: bytes=" + std::to_string(place(i)) + "-" +
                                    std::to_string(place(i) + length - 1) + "\r\n"));
    client.half_close();
  });
  size_t size = 0;
  uint64_t right = 0;
  for (uint64_t i = 0; i < requests; ++i) {
    std::string head = size ? client.take(size) : client.take_head();
    size = head.size();
    const auto body = client.take(length);
    if (!head.starts_with("HTTP/1.1 206") || !head.ends_with("\r\n\r\n") ||
        body != object_bytes(place(i), length))
      break;
    if (++right == before_the_blow) {
      EXPECT_LE(pair->memory(Place::server_a), bound_a);
      pair->take_over();
    }
  }
  EXPECT_EQ(right, requests);
  EXPECT_TRUE(client.at_end());
  sends.join();
  EXPECT_EQ(pair->number(Place::server_b, "taken_over"), 1u);
  EXPECT_LE(pair->memory(Place::server_b), bound_b);
  EXPECT_EQ(pair->resets(), 0u);
}

}  // namespace
}  // namespace understudy::network
