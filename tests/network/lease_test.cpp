// SPDX-License-Identifier: Apache-2.0
// With an appliance as witness: the address follows the gate, and no packet leaves from it without
// a lease, whatever happens to the processes or the wires.
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <thread>

#include "stage.hpp"
#include "ticking_appliance.hpp"

namespace {
using namespace understudy::network;
using namespace std::chrono_literals;

const std::string nodes[] = {"one", "two"};

struct Witnessed : testing::TestWithParam<bool> {
  Stage stage{GetParam()};
  TickingAppliance appliance{stage.directory};
  void SetUp() override {
    for (int n = 0; n < 2; ++n)
      stage.appliance[n] = TickingAppliance::uri(stage.directory, nodes[n]);
    stage.boot = "device = \"none\"\n";
    stage.start("one");
    stage.start("two");
    ASSERT_TRUE(stage.eventually([&] { return stage.serves(nodes[appliance.on_air()]); }));
  }
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto& n : nodes) std::cerr << "--- " << n << "\n" << stage.log(n) << "\n";
  }
};

/// The gate decides who serves; the ping monitor beside it boots the dead.
TEST(WitnessedBoot, a_takeover_boots_the_other_which_comes_back_as_monitor) {
  Stage stage;
  TickingAppliance appliance{stage.directory};
  for (int n = 0; n < 2; ++n) stage.appliance[n] = TickingAppliance::uri(stage.directory, nodes[n]);
  stage.start("one");
  stage.start("two");
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("one"); }));
  ASSERT_TRUE(
      stage.eventually([&] { return stage.address("two")["ping"].value("answered", 0) >= 5; }));
  stage.stop("one");
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
  EXPECT_TRUE(stage.client_reaches());
  ASSERT_TRUE(stage.eventually([&] { return stage.boots("one") == 1; }));
  ASSERT_TRUE(stage.eventually([&] {
    return stage.ping_state("one") == "monitoring" &&
           stage.address("one")["ping"].value("answered", 0) >= 3;
  }));
  EXPECT_TRUE(stage.serves("two"));
  std::this_thread::sleep_for(700ms);
  EXPECT_EQ(stage.boots("one"), 1);
}

INSTANTIATE_TEST_SUITE_P(Family, Witnessed, testing::Values(false, true),
                         [](const auto& i) { return i.param ? "v6" : "v4"; });

TEST_P(Witnessed, a_planned_change_moves_the_address_and_the_client_goes_on) {
  ASSERT_TRUE(stage.client_reaches());
  const int first = appliance.on_air();
  Watcher watcher(stage.lan, "client", stage.service);
  std::this_thread::sleep_for(50ms);
  const auto before = Clock::now();
  appliance.put_on_air(1 - first);
  ASSERT_TRUE(stage.eventually([&] { return stage.serves(nodes[1 - first]); }));
  EXPECT_TRUE(stage.client_reaches());
  EXPECT_FALSE(stage.serves(nodes[first]));
  const auto seen = watcher.seen();
  const auto old = stage.mac(nodes[first]);
  Clock::time_point last{}, begins = Clock::time_point::max();
  for (const auto& s : seen)
    if (s.mac == old)
      last = std::max(last, s.at);
    else
      begins = std::min(begins, s.at);
  EXPECT_LT(last, begins);
  std::printf("planned: silent for %.1f ms, %.1f ms after the change was asked\n",
              std::chrono::duration<double, std::milli>(begins - last).count(),
              std::chrono::duration<double, std::milli>(begins - before).count());
}

TEST_P(Witnessed, a_stopped_primary_falls_silent_and_never_speaks_again_when_it_goes_on) {
  const int first = appliance.on_air();
  ASSERT_TRUE(stage.client_reaches());
  Watcher watcher(stage.lan, "client", stage.service);
  std::this_thread::sleep_for(100ms);
  const auto old = stage.mac(nodes[first]);
  EXPECT_GT(watcher.count_after({}, old), 5u);
  const auto stopped = Clock::now();
  stage.daemon(nodes[first]).signal(SIGSTOP);
  ASSERT_TRUE(stage.eventually([&] { return stage.serves(nodes[1 - first]); }));
  std::this_thread::sleep_for(300ms);
  const auto seen = watcher.seen();
  Clock::time_point last{}, begins = Clock::time_point::max();
  for (const auto& s : seen)
    if (s.mac == old)
      last = std::max(last, s.at);
    else
      begins = std::min(begins, s.at);
  EXPECT_LT(last, begins);
  const auto ms = [](auto d) { return std::chrono::duration<double, std::milli>(d).count(); };
  std::printf("stopped: spoke for %.1f ms more, the other began at %.1f ms\n", ms(last - stopped),
              ms(begins - stopped));
  const auto goes_on = Clock::now();
  stage.daemon(nodes[first]).signal(SIGCONT);
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(watcher.count_after(goes_on, old), 0u);
  EXPECT_TRUE(stage.serves(nodes[1 - first]));
  EXPECT_FALSE(stage.serves(nodes[first]));
}

TEST_P(Witnessed, a_killed_daemon_leaves_a_fence_that_holds_and_the_next_start_replaces_it) {
  const int first = appliance.on_air();
  const auto& node = nodes[first];
  stage.daemon(node).signal(SIGKILL);
  std::this_thread::sleep_for(150ms);
  std::string rules, addresses;
  stage.lan.run(node, "nft list tables", &rules);
  stage.lan.run(node, "ip -o address", &addresses);
  EXPECT_NE(rules.find("netdev understudy_fence"), std::string::npos) << rules;
  EXPECT_NE(addresses.find(stage.service + "/"), std::string::npos) << addresses;
  Watcher watcher(stage.lan, "client", stage.service);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(watcher.count_after({}, stage.mac(node)), 0u);
  stage.start(node);
  ASSERT_TRUE(stage.eventually([&] { return !stage.address(node).empty(); }));
  addresses.clear();
  stage.lan.run(node, "ip -o address", &addresses);
  EXPECT_EQ(addresses.find(stage.service + "/"), std::string::npos) << addresses;
  stage.daemon(node).signal(SIGTERM);
  EXPECT_EQ(stage.daemon(node).wait(5000), 0);
  rules.clear();
  stage.lan.run(node, "nft list ruleset", &rules);
  EXPECT_EQ(rules, "");
}

TEST_P(Witnessed, never_two_holders_in_random_partitions_and_stops) {
  const char* given = std::getenv("UNDERSTUDY_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("UNDERSTUDY_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const int rounds = std::getenv("UNDERSTUDY_LONG") ? 200 : 10;
  Watcher watcher(stage.lan, "client", stage.service);
  const auto pause = [&](uint64_t most) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % most));
  };
  for (int round = 0; round < rounds; ++round) {
    const int s = static_cast<int>(random() % 2);
    switch (random() % 4) {
      case 0:
        stage.lan.part({"one", "two"}, true);
        if (random() % 2) appliance.put_on_air(s);
        pause(300);
        stage.lan.part({"one", "two"}, false);
        break;
      case 1:
        stage.daemon(nodes[s]).signal(SIGSTOP);
        pause(300);
        stage.daemon(nodes[s]).signal(SIGCONT);
        break;
      case 2:
        appliance.put_on_air(s);
        pause(120);
        appliance.put_on_air(1 - s);
        break;
      default:
        stage.lan.part({"one", "two"}, true);
        stage.daemon(nodes[s]).signal(SIGSTOP);
        pause(250);
        stage.lan.part({"one", "two"}, false);
        pause(100);
        stage.daemon(nodes[s]).signal(SIGCONT);
    }
    pause(200);
  }
  // A server that has begun to speak is the only one until the gate says otherwise: the old one's
  // voice may come back only in a later term.
  const auto seen = watcher.seen();
  size_t changes = 0;
  for (size_t i = 1; i < seen.size(); ++i)
    if (seen[i].mac != seen[i - 1].mac) {
      ++changes;
      EXPECT_GT(seen[i].at - seen[i - 1].at, 200us) << "two speak at once";
    }
  EXPECT_LE(changes, appliance.term());
  std::printf("%d rounds, %u terms, %zu changes of the speaker, %zu packets\n", rounds,
              appliance.term(), changes, seen.size());
  EXPECT_TRUE(stage.eventually([&] { return stage.serves(nodes[appliance.on_air()]); }));
}

}  // namespace
