// SPDX-License-Identifier: Apache-2.0
// The fence in a real kernel: what opens it, what does not, and that it shuts by itself.
#include "host/edge/fence/fence.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "host/edge/address/interface.hpp"
#include "stage.hpp"

namespace {
using namespace understudy::network;
using namespace understudy::edge;
using namespace std::chrono_literals;

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

/// This thread lives in a node's network until it ends.
struct Inside {
  explicit Inside(int network) : home(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
    ::setns(network, CLONE_NEWNET);
    ::close(network);
  }
  ~Inside() {
    ::setns(home, CLONE_NEWNET);
    ::close(home);
  }
  int home;
};

struct FenceTest : testing::TestWithParam<bool> {
  Lan lan;
  const char* service = GetParam() ? "fd00::100" : "10.0.0.100";
  Mac mac{};
  std::unique_ptr<Watcher> watcher;
  std::unique_ptr<Inside> inside;
  std::unique_ptr<Fence> fence;
  std::unique_ptr<Interface> interface;
  FenceOptions options{.interface = "eth0",
                       .service = {address("10.0.0.100"), address("fd00::100")},
                       .monitor = {address("10.0.0.101"), address("fd00::101")},
                       .lease = 40ms,
                       .guarded_ports = {8080}};

  void SetUp() override {
    lan.add("one", {"10.0.0.1/24", "fd00::1/64"});
    lan.add("client", {"10.0.0.9/24", "fd00::9/64"});
    watcher = std::make_unique<Watcher>(lan, "client", service);
    inside = std::make_unique<Inside>(lan.network_of("one"));
    auto opened = Fence::open(options);
    ASSERT_TRUE(opened) << opened.error().text;
    fence = std::move(*opened);
    interface = *Interface::open("eth0");
    ASSERT_TRUE(interface->add(address("10.0.0.100/32")));
    ASSERT_TRUE(interface->add(address("fd00::100/128")));
  }
  void TearDown() override { inside.reset(); }
  /// Under leases that are renewed, for as long as a slow machine takes.
  bool is_open() {
    const auto before = watcher->seen().size();
    for (int i = 0; i < 400 && watcher->seen().size() == before; ++i) {
      EXPECT_TRUE(fence->grant(Role::service) && fence->renew(Role::service));
      std::this_thread::sleep_for(5ms);
    }
    return watcher->seen().size() > before;
  }
  size_t heard_within(std::chrono::milliseconds time) {
    const auto from = Clock::now();
    std::this_thread::sleep_for(time);
    size_t n = 0;
    for (const auto& s : watcher->seen()) n += s.at > from;
    return n;
  }
};

INSTANTIATE_TEST_SUITE_P(Family, FenceTest, testing::Values(false, true),
                         [](const auto& i) { return i.param ? "v6" : "v4"; });

/// The kernel gives an IPv6 address some milliseconds after it has said so, if it is busy.
TEST(InterfaceTest, an_ipv6_address_is_in_force_when_it_is_added) {
  Lan lan;
  lan.add("one", {"10.0.0.1/24", "fd00::1/64"});
  const Inside inside(lan.network_of("one"));
  const auto interface = *Interface::open("eth0");
  const Descriptor socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 to{.sin6_family = AF_INET6, .sin6_port = htons(7777)};
  const auto* at = reinterpret_cast<const sockaddr*>(&to);
  ASSERT_EQ(::bind(socket.number(), at, sizeof to), 0);
  ASSERT_EQ(::inet_pton(AF_INET6, "fd00::100", &to.sin6_addr), 1);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(interface->add(address("fd00::100/128")));
    ASSERT_EQ(::sendto(socket.number(), "x", 1, 0, at, sizeof to), 1);
    pollfd comes{socket.number(), POLLIN, 0};
    char byte = 0;
    ASSERT_EQ(::poll(&comes, 1, 2000), 1) << "lost, at the address's round " << i;
    ASSERT_EQ(::recv(socket.number(), &byte, 1, 0), 1);
    ASSERT_TRUE(interface->remove(address("fd00::100/128")));
  }
}

TEST_P(FenceTest, stands_shut_and_neither_half_opens_it_alone) {
  EXPECT_EQ(heard_within(100ms), 0u);
  ASSERT_TRUE(fence->grant(Role::service));
  EXPECT_EQ(heard_within(100ms), 0u);  // and the grant is over
  ASSERT_TRUE(fence->renew(Role::service));
  EXPECT_EQ(heard_within(100ms), 0u);
  ASSERT_TRUE(fence->grant(Role::monitor));  // another address's
  ASSERT_TRUE(fence->renew(Role::service));
  ASSERT_TRUE(fence->renew(Role::monitor));
  EXPECT_EQ(heard_within(100ms), 0u);
}

TEST_P(FenceTest, opens_under_a_lease_and_shuts_by_itself) {
  ASSERT_TRUE(fence->grant(Role::service));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(fence->renew(Role::service));
    std::this_thread::sleep_for(10ms);
  }
  const auto last_renewal = Clock::now() - 10ms;
  EXPECT_GT(watcher->seen().size(), 10u);
  std::this_thread::sleep_for(150ms);
  const auto open = watcher->seen().back().at - last_renewal;
  EXPECT_LT(open, 58ms);
  std::printf("open for %.1f ms after the last renewal of 40 ms\n",
              std::chrono::duration<double, std::milli>(open).count());
  const auto measured = Clock::now();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(fence->renew(Role::service));
  std::printf("a renewal takes %.2f us\n",
              std::chrono::duration<double, std::micro>(Clock::now() - measured).count() / 1000);
  ASSERT_TRUE(fence->renew(Role::service));  // too late: it is not alive
  EXPECT_EQ(heard_within(100ms), 0u);
}

TEST_P(FenceTest, shut_is_at_once) {
  EXPECT_TRUE(is_open());
  ASSERT_TRUE(fence->renew(Role::service));
  ASSERT_TRUE(fence->shut(Role::service));
  std::this_thread::sleep_for(2ms);  // what was on the wire
  EXPECT_EQ(heard_within(60ms), 0u);
  ASSERT_TRUE(fence->renew(Role::service));
  EXPECT_EQ(heard_within(60ms), 0u);
}

TEST_P(FenceTest, another_start_replaces_it_shut_and_clean_leaves_nothing) {
  ASSERT_TRUE(fence->grant(Role::service));
  ASSERT_TRUE(fence->renew(Role::service));
  auto again = Fence::open(options);
  ASSERT_TRUE(again);
  std::this_thread::sleep_for(2ms);
  EXPECT_EQ(heard_within(60ms), 0u);
  ASSERT_TRUE(Fence::clean("eth0"));
  ASSERT_TRUE(Fence::clean("eth0"));  // nothing there is no error
  std::string rules;
  shell("nft list ruleset", &rules);
  EXPECT_EQ(rules, "");
}

/// A second server on this host, on a network card of its own.
TEST_P(FenceTest, two_servers_on_one_host_have_a_lease_and_an_end_each) {
  inside.reset();
  lan.card("one", "bravo0", {"10.0.0.2/24", "fd00::2/64"});
  inside = std::make_unique<Inside>(lan.network_of("one"));
  auto other_options = options;
  other_options.interface = "bravo0";
  auto other = Fence::open(other_options);
  ASSERT_TRUE(other) << other.error().text;
  ASSERT_TRUE((*other)->grant(Role::service));
  ASSERT_TRUE((*other)->renew(Role::service));
  EXPECT_EQ(heard_within(60ms), 0u);  // a lease of bravo0's says nothing of eth0
  EXPECT_TRUE(is_open());             // nor does its fence hold eth0 back
  ASSERT_TRUE((*other)->shut(Role::service));
  EXPECT_TRUE(is_open());
  ASSERT_TRUE(Fence::clean("bravo0"));
  std::string rules;
  shell("nft list ruleset", &rules);
  EXPECT_EQ(rules.find("bravo0"), std::string::npos) << rules;
  EXPECT_NE(rules.find("netdev understudy_fence_eth0"), std::string::npos) << rules;
  EXPECT_NE(rules.find("table inet understudy_fence"), std::string::npos) << rules;
  ASSERT_TRUE(Fence::clean("eth0"));
  rules.clear();
  shell("nft list ruleset", &rules);
  EXPECT_EQ(rules, "");
}

TEST_P(FenceTest, an_operator_sees_what_it_is) {
  std::string rules;
  shell("nft list ruleset", &rules);
  for (const char* said : {"table netdev understudy_fence", "table inet understudy_fence",
                           "understudyd --clean removes this", "a dying process"})
    EXPECT_NE(rules.find(said), std::string::npos) << said << "\n" << rules;
}

TEST_P(FenceTest, a_guarded_port_closes_only_with_the_mark) {
  const bool v6 = GetParam();
  for (const bool marked : {false, true}) {
    const int listener = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    const int one = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in6 six{.sin6_family = AF_INET6, .sin6_port = htons(8080)};
    sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(8080)};
    ASSERT_EQ(::bind(listener,
                     v6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four),
                     v6 ? sizeof six : sizeof four),
              0);
    ::listen(listener, 4);
    std::atomic<bool> renewing = true;
    ASSERT_TRUE(fence->grant(Role::service));
    std::thread renewal([&] {
      while (renewing) {
        (void)fence->renew(Role::service);
        std::this_thread::sleep_for(5ms);
      }
    });
    const std::string output = "/tmp/understudy-fence-" + std::to_string(::getpid());
    auto client = lan.start("client",
                            {"timeout", "1", "bash", "-c",
                             std::string("exec 3<>/dev/tcp/") + service + "/8080; cat <&3"},
                            output);
    pollfd p{listener, POLLIN, 0};
    ASSERT_EQ(::poll(&p, 1, 3000), 1);
    const int connection = ::accept(listener, nullptr, nullptr);
    const uint32_t m = mark::orderly_close;
    if (marked) ::setsockopt(connection, SOL_SOCKET, SO_MARK, &m, sizeof m);
    ::close(connection);
    const int status = client.wait(3000);
    EXPECT_EQ(status, marked ? 0 : 124) << "124: it heard no end";
    renewing = false;
    renewal.join();
    ::close(listener);
    ::unlink(output.c_str());
    if (!marked) {  // the half-closed socket is in the way of the second round
      inside.reset();
      lan.run("one", "ss -K state all sport = 8080");
      inside = std::make_unique<Inside>(lan.network_of("one"));
    }
  }
}

}  // namespace
