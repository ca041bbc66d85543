// SPDX-License-Identifier: Apache-2.0
// HTTP clients that mean no good, while a good one downloads: what they hold is bounded in memory
// and time, the good one gets every byte, also when its server falls in the midst of it.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "host/edge/repair/address.hpp"
#include "tests/delivery/forgery.hpp"
#include "tests/delivery/good_client.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Hostile : public testing::Test {
 protected:
  void start(std::vector<std::string> options) { pair.emplace(std::move(options)); }
  void TearDown() override {
    if (HasFailure() && pair)
      std::printf("--- a\n%s--- b\n%s", pair->log(Place::server_a).c_str(),
                  pair->log(Place::server_b).c_str());
  }
  /// So many, besides those of the good client (at most two).
  bool few_left(Place server) const {
    return eventually([&] { return pair->number(server, "connections") <= 2; });
  }
  /// Sockets with something in them that the kernel has there: also those without a process.
  size_t sockets(Place server) const {
    return std::stoul(
        pair->network().output(server, "ss -tanH '( sport = :80 )' | grep -v TIME-WAIT | wc -l"));
  }
  std::optional<Pair> pair;
};

TEST_F(Hostile, slow_loris_is_told_and_let_go_in_time) {
  start({"--request-patience", "3", "--idle-patience", "5"});
  GoodClient good(pair->network());
  const auto began = Clock::now();
  std::vector<Client> silent, dripping, idle;
  for (int i = 0; i < 100; ++i) {
    silent.emplace_back(pair->network());
    dripping.emplace_back(pair->network());
    dripping.back().send("GET /small HTTP/1.1\r\nHost: x\r\nX: ");
    idle.emplace_back(pair->network());
    idle.back().send(get("/small"));
  }
  for (auto& c : idle) ASSERT_EQ(c.take_object(0, Pair::small_size), "");
  ASSERT_TRUE(eventually([&] { return pair->number(Place::server_a, "connections") >= 300; }))
      << "none was let go before its time";
  // One byte now and then: it must not help.
  while (Clock::now() - began < 2700ms) {
    for (auto& c : dripping) ::send(c.number(), "x", 1, MSG_NOSIGNAL);
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_TRUE(few_left(Place::server_a));
  EXPECT_GE(Clock::now() - began, 5s);
  for (auto& c : silent) EXPECT_TRUE(c.at_end());
  for (auto& c : idle) EXPECT_TRUE(c.at_end());
  EXPECT_TRUE(dripping.front().take_head().starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(good.goes_on());
  // Those of the first server's last moment are the second one's first.
  Client last(pair->network());
  last.send("GET /sm");
  ASSERT_TRUE(eventually([&] { return pair->number(Place::server_b, "held") >= 2; }));
  pair->take_over();
  EXPECT_TRUE(last.take_head().starts_with("HTTP/1.1 408"));
  EXPECT_EQ(good.finish(), "");
}

TEST_F(Hostile, who_takes_nothing_is_let_go_and_leaves_nothing_in_the_kernel) {
  start({"--taking-patience", "2"});
  GoodClient good(pair->network());
  const auto greedy = [&](std::vector<Client>& all) {
    for (int i = 0; i < 50; ++i) {
      all.emplace_back(pair->network());
      const int small = 4096;
      ::setsockopt(all.back().number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
      std::string text;
      for (int k = 0; k < 20; ++k) text += get("/big");
      all.back().send(i % 2 ? text : get("/small", "Connection: close\r\n"));
    }
  };
  std::vector<Client> first, second;
  greedy(first);
  ASSERT_TRUE(eventually([&] { return pair->number(Place::server_a, "connections") >= 50; }));
  // What waits in the kernel for one of them: bytes of the files, shared with all who read them.
  const auto queued = pair->network().output(
      Place::server_a, "ss -tnH '( sport = :80 )' | awk '{ if ($3 > m) m = $3 } END { print m }'");
  EXPECT_LE(std::stoul(queued), 8u << 20);
  EXPECT_LE(pair->memory(Place::server_a), 64u << 20);
  EXPECT_TRUE(few_left(Place::server_a));
  EXPECT_TRUE(eventually([&] { return sockets(Place::server_a) <= 12; }))
      << pair->network().output(Place::server_a, "ss -tan");
  EXPECT_TRUE(good.goes_on());
  greedy(second);
  ASSERT_TRUE(eventually([&] { return pair->number(Place::server_b, "held") >= 50; }));
  pair->take_over();
  EXPECT_TRUE(good.goes_on());
  EXPECT_TRUE(few_left(Place::server_b)) << pair->ask(Place::server_b, "status")
                                         << pair->network().output(Place::server_b, "ss -tano");
  EXPECT_EQ(good.finish(), "");
}

/// Connects from an address of the client's; what it hears within a moment when it asks for a file.
class Crowd {
 public:
  explicit Crowd(const Network& network) : network_(network) {}
  /// False: the kernel let no more in.
  bool add(const std::string& from) {
    const auto to = edge::to_kernel(*edge::parse_socket_address(std::string(service_four) + ":80"));
    const auto source = edge::to_kernel(*edge::parse_socket_address(from + ":0"));
    edge::Descriptor socket;
    network_.in(Place::client, [&] {
      socket = edge::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    });
    const int on = 1;
    ::setsockopt(socket.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (!socket || ::bind(socket.number(), source.get(), source.size) != 0 ||
        ::connect(socket.number(), to.get(), to.size) != 0)
      return false;
    all.push_back(std::move(socket));
    return true;
  }
  static std::string ask(const edge::Descriptor& socket) {
    const auto text = get("/small", "Range: bytes=0-3\r\n");
    ::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL);
    const timeval patience{5, 0};
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string out(12, ' ');
    const auto n = ::recv(socket.number(), out.data(), out.size(), MSG_WAITALL);
    return n < 0 ? "nothing" : out.substr(0, static_cast<size_t>(n));
  }
  std::vector<edge::Descriptor> all;

 private:
  const Network& network_;
};

TEST_F(Hostile, one_address_cannot_shut_the_others_out) {
  start({"--clients", "60", "--clients-per-address", "40"});
  const auto& network = pair->network();
  network.ip(Place::client, "addr add 10.9.0.10/24 dev eth0");
  network.ip(Place::client, "addr add 10.9.0.11/24 dev eth0");
  Crowd crowd(network);
  for (int i = 0; i < 41; ++i) ASSERT_TRUE(crowd.add("10.9.0.10"));
  EXPECT_EQ(Crowd::ask(crowd.all[39]), "HTTP/1.1 206");
  EXPECT_EQ(Crowd::ask(crowd.all[40]), "HTTP/1.1 503") << "the 41st from one address";
  for (int i = 0; i < 21; ++i) ASSERT_TRUE(crowd.add("10.9.0.11"));
  EXPECT_EQ(Crowd::ask(crowd.all[60]), "HTTP/1.1 206") << "another address";
  EXPECT_EQ(Crowd::ask(crowd.all[61]), "HTTP/1.1 503") << "the 61st in all";
  crowd.all.erase(crowd.all.begin());
  ASSERT_TRUE(eventually([&] { return pair->number(Place::server_a, "connections") == 59; }));
  ASSERT_TRUE(crowd.add("10.9.0.11"));
  EXPECT_EQ(Crowd::ask(crowd.all.back()), "HTTP/1.1 206") << "there is room again";
  // The second counts those that it takes over.
  ASSERT_TRUE(pair->held(60));
  pair->take_over();
  EXPECT_EQ(pair->number(Place::server_b, "taken_over"), 60u);
  ASSERT_TRUE(crowd.add("10.9.0.11"));
  EXPECT_EQ(Crowd::ask(crowd.all.back()), "HTTP/1.1 503");
  const auto log = pair->log(Place::server_a);
  EXPECT_NE(log.find("too many clients from 10.9.0.10"), std::string::npos);
  EXPECT_NE(log.find("60 clients are here, which is the limit"), std::string::npos);
}

/// Their answers wait for the second; when they are let out there is nobody to write to any more,
/// for many at once.
TEST_F(Hostile, clients_that_hang_up_while_the_second_is_awaited_are_let_go) {
  start({"--commit-wait", "700"});
  auto& second = pair->process(Place::server_b);
  for (const bool comes_back : {true, false}) {
    second.hang();
    const auto sent = pair->number(Place::server_a, "records_sent");
    std::vector<Client> all;
    for (int i = 0; i < 30; ++i) {
      all.emplace_back(pair->network());
      all.back().send(get("/big"));
      all.back().half_close();  // so that nothing more is read of it
    }
    ASSERT_TRUE(
        eventually([&] { return pair->number(Place::server_a, "records_sent") >= sent + 30; }));
    std::this_thread::sleep_for(100ms);  // the ends are read
    for (auto& c : all) {
      const linger at_once{1, 0};
      ::setsockopt(c.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    all.clear();
    if (!comes_back) second.kill();
    EXPECT_TRUE(eventually([&] { return pair->number(Place::server_a, "connections") == 0; }));
    if (comes_back) {
      ::kill(second.process(), SIGCONT);
      EXPECT_TRUE(eventually([&] { return pair->is(Place::server_a, "second_holds"); }));
    }
    Client next(pair->network());
    next.send(get("/small"));
    EXPECT_EQ(next.take_object(0, Pair::small_size), "");
  }
}

/// A stranger who says that the client has more than it was sent, and no way to that client: the
/// connection cannot be restored at that byte.
TEST_F(Hostile, a_client_lost_in_its_second_restore_leaves_its_place_to_others) {
  start({"--clients", "2"});
  const auto& network = pair->network();
  Client client(network), silent(network, true);
  const int small = 16 * 1024;
  for (auto* c : {&client, &silent}) {
    ::setsockopt(c->number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    c->send(get("/big"));
    ASSERT_TRUE(c->answered());
  }
  ASSERT_TRUE(pair->held(2));
  const auto known = ClientEar(network, client).last();
  // The second goes on to listen for it, and so to what strangers say in the other's name.
  network.output(Place::client,
                 "nft 'table ip6 mute { chain out { type filter hook output priority 0; tcp dport "
                 "80 drop; }; }'");
  pair->take_over();
  ASSERT_TRUE(eventually([&] { return pair->number(Place::server_b, "taken_over") == 1; }));
  network.ip(Place::server_b, "route add unreachable 10.9.0.9/32");
  const Forger forger(network);
  const ForgedSegment ahead{.client_port = known.client.endpoint.port,
                            .sequence = known.answer.sequence.value,
                            .acknowledged = known.answer.acknowledged.value + 10'000'000,
                            .timestamps = known.answer.timestamps};
  EXPECT_TRUE(eventually([&] {
    forger.send(ahead);
    return pair->number(Place::server_b, "given_up") == 1;
  }));
  EXPECT_EQ(pair->number(Place::server_b, "restored_again"), 0u);
  EXPECT_EQ(pair->number(Place::server_b, "connections"), 0u);
  network.ip(Place::server_b, "route del unreachable 10.9.0.9/32");
  Client others[] = {Client(network), Client(network)};
  for (auto& other : others) {
    other.send(get("/small"));
    EXPECT_EQ(other.take_object(0, Pair::small_size), "");
  }
}

TEST_F(Hostile, without_descriptors_clients_hear_an_end_and_nothing_spins) {
  start({});
  GoodClient good(pair->network());
  auto& a = pair->process(Place::server_a);
  const auto id = std::to_string(a.process());
  const auto open = pair->network().output(Place::bridge, "ls /proc/" + id + "/fd | wc -l");
  pair->network().output(Place::bridge,
                         "prlimit --pid " + id + " --nofile=" + std::to_string(std::stoul(open)));
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(pair->network());
  EXPECT_TRUE(eventually([&] {
    return pair->log(Place::server_a).find("raise the limit on open files") != std::string::npos;
  }));
  size_t heard = 0;
  for (auto& c : clients) heard += c.take(12, 2s) == "HTTP/1.1 503";
  EXPECT_GE(heard, 50u);
  const auto ticks = [&] {
    std::ifstream in("/proc/" + id + "/stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    std::istringstream words(text.substr(text.rfind(')') + 2));
    std::string word;
    uint64_t user = 0, kernel = 0;
    for (int i = 0; i < 11; ++i) words >> word;
    words >> user >> kernel;
    return user + kernel;
  };
  const auto before = ticks();
  const auto until = Clock::now() + 500ms;
  while (Clock::now() < until) pair->number(Place::server_b, "held");
  EXPECT_LE(ticks() - before, 35u) << "hundredths of a second of half a second";
  EXPECT_EQ(good.finish(), "");
}

}  // namespace
}  // namespace understudy::network
