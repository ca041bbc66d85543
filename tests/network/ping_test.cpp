// SPDX-License-Identifier: Apache-2.0
// The rows PM-1 to PM-21 between real daemons, real echoes and a real client, without an appliance.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "host/edge/daemon/control_client.hpp"
#include "stage.hpp"

namespace {
using namespace understudy::network;
using namespace std::chrono_literals;

const std::string nodes[] = {"one", "two"};

struct Ping : testing::TestWithParam<bool> {
  Stage stage{GetParam()};
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto& n : nodes) std::cerr << "--- " << n << "\n" << stage.log(n) << "\n";
  }
  int answered(const std::string& node) {
    const auto a = stage.address(node);
    return a.contains("ping") ? a["ping"].value("answered", 0) : 0;
  }
  /// "one" serves, "two" monitors and has been answered.
  void both_up() {
    stage.start("one");
    stage.start("two");
    ASSERT_TRUE(stage.eventually([&] { return stage.serves("one"); }));
    ASSERT_TRUE(stage.eventually([&] { return answered("two") >= 5; }));
  }
  void expect_one_speaker_at_a_time(const Watcher& watcher) {
    const auto seen = watcher.seen();
    for (size_t i = 1; i < seen.size(); ++i)
      if (seen[i].mac != seen[i - 1].mac) {
        EXPECT_GT(seen[i].at - seen[i - 1].at, 200us) << "two speak at once";
      }
  }
};

INSTANTIATE_TEST_SUITE_P(Family, Ping, testing::Values(false, true),
                         [](const auto& i) { return i.param ? "v6" : "v4"; });

TEST_P(Ping, cold_start_makes_one_primary_and_the_client_reaches_it) {  // PM-4, 7, 17, 19
  both_up();
  EXPECT_FALSE(stage.serves("two"));
  EXPECT_EQ(stage.ping_state("two"), "monitoring");
  EXPECT_TRUE(stage.address("two")["monitor"].value("held", false));
  EXPECT_TRUE(stage.client_reaches());
}

TEST_P(Ping, the_backup_asks_again_and_again_while_the_primary_answers) {  // PM-1, 8, 9, 18
  both_up();
  const int before = answered("two");
  ASSERT_TRUE(stage.eventually([&] { return answered("two") >= before + 20; }));
  EXPECT_EQ(stage.boots("one"), 0);
  EXPECT_TRUE(stage.serves("one"));
}

// PM-1b, 3, 5, 6, 12, 15, 16, 20
TEST_P(Ping, no_answer_boots_the_first_and_the_second_serves) {
  both_up();
  Watcher watcher(stage.lan, "client", stage.service);
  stage.stop("one");
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
  EXPECT_EQ(stage.boots("one"), 1);
  EXPECT_TRUE(stage.client_reaches());
  // The booted one finds no monitor: the other has taken over, so it becomes the monitor.
  ASSERT_TRUE(stage.eventually([&] { return stage.ping_state("one") == "monitoring"; }));
  EXPECT_TRUE(stage.serves("two"));
  EXPECT_FALSE(stage.serves("one"));
  ASSERT_TRUE(stage.eventually([&] { return answered("one") >= 3; }));
  expect_one_speaker_at_a_time(watcher);
}

TEST_P(Ping, the_roles_change_again_and_again) {
  both_up();
  for (int round = 0; round < 3; ++round) {
    const auto& dies = nodes[round % 2];
    const auto& stays = nodes[1 - round % 2];
    ASSERT_TRUE(stage.eventually([&] { return answered(stays) >= 3; })) << round;
    std::this_thread::sleep_for(600ms);  // boot.hold_ms
    stage.stop(dies);
    ASSERT_TRUE(stage.eventually([&] { return stage.serves(stays); })) << round;
    ASSERT_TRUE(stage.eventually([&] { return stage.ping_state(dies) == "monitoring"; })) << round;
    EXPECT_TRUE(stage.client_reaches());
  }
}

// PM-1c, 11: it is back before the other has missed it; the monitor address answers.
TEST_P(Ping, a_booted_server_whose_monitor_answers_serves) {
  stage.ping = "period_ms = 20\ntimeout_ms = 20\nmisses = 100\nsecond_period_ms = 400\n";
  both_up();
  stage.stop("one");
  stage.start("one");
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("one"); }));
  EXPECT_EQ(stage.boots("one"), 0);
  EXPECT_EQ(stage.ping_state("two"), "monitoring");
  EXPECT_NE(stage.events("one").find("\"on\":\"monitor_answered\""), std::string::npos)
      << stage.events("one");
}

TEST_P(Ping, without_proof_the_second_does_not_serve_and_says_why) {
  both_up();
  stage.power_works = false;
  Watcher watcher(stage.lan, "client", stage.service);
  stage.stop("one");
  ASSERT_TRUE(stage.eventually([&] { return stage.ping_state("two") == "held"; }));
  std::this_thread::sleep_for(700ms);
  EXPECT_FALSE(stage.serves("two"));
  const auto ping = stage.address("two")["ping"];
  EXPECT_NE(ping.value("blocked", "").find("ended with 1"), std::string::npos) << ping;
  EXPECT_EQ(watcher.count_after({}, stage.mac("two")), 0u);
  stage.power_works = true;  // tried again by itself
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
}

TEST_P(Ping, an_operator_who_has_looked_is_proof) {
  stage.boot = "device = \"none\"\n";
  both_up();
  stage.stop("one");
  ASSERT_TRUE(stage.eventually([&] { return stage.ping_state("two") == "held"; }));
  EXPECT_FALSE(stage.serves("two"));
  auto client = understudy::edge::ControlClient::open(stage.directory + "/two");
  ASSERT_TRUE(client.has_value());
  (void)client->ask({{"do", "serve"}, {"other_is_off", true}}, 2000ms);
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
}

TEST_P(Ping, a_server_that_goes_offline_hands_over_without_a_boot) {
  both_up();
  auto client = understudy::edge::ControlClient::open(stage.directory + "/one");
  ASSERT_TRUE(client.has_value());
  (void)client->ask({{"do", "offline"}, {"force", true}}, 2000ms);
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
  EXPECT_FALSE(stage.serves("one"));
  EXPECT_EQ(stage.boots("one"), 0);
  EXPECT_TRUE(stage.client_reaches());
}

TEST_P(Ping, after_so_many_answers_the_state_is_copied_then_again) {  // PM-14, 21
  both_up();
  auto client = understudy::edge::ControlClient::open(stage.directory + "/one");
  ASSERT_TRUE(client.has_value());
  const auto copies = [&] { return stage.address("two")["ping"].value("copies", 0); };
  ASSERT_TRUE(stage.eventually([&] { return copies() >= 2; }));
  const auto asked = stage.address("two")["ping"];
  EXPECT_EQ(asked.value("answered", 0) / 10, asked.value("copies", 0));  // copy_every = 10
  const auto set = client->ask({{"do", "set"}, {"key", "caption"}, {"value", "copied"}}, 3000ms);
  ASSERT_TRUE(set && set->value("ok", false)) << (set ? set->dump() : "no answer");
  const int before = copies();
  ASSERT_TRUE(stage.eventually([&] { return copies() >= before + 3; }));
  auto other = understudy::edge::ControlClient::open(stage.directory + "/two");
  ASSERT_TRUE(other.has_value());
  const auto here = client->ask({{"do", "parameters"}}, 2000ms);
  const auto there = other->ask({{"do", "parameters"}}, 2000ms);
  ASSERT_TRUE(here && there);
  EXPECT_EQ((*here)["parameters"], (*there)["parameters"]);
  EXPECT_EQ((*there)["parameters"].value("caption", ""), "copied");
  // One copy brought the one change, those after it nothing: the cost follows change.
  int with_change = 0, without = 0;
  std::istringstream lines(stage.events("two"));
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, false);
    if (record.value("kind", "") != "copy") continue;
    const int changes = record.contains("changes") ? record["changes"].get<int>() : -1;
    (changes == 1 ? with_change : without) += 1;
    EXPECT_LE(changes, 1);
  }
  EXPECT_EQ(with_change, 1);
  EXPECT_GE(without, 2);
}

TEST_P(Ping, a_stopped_primary_is_silent_when_it_goes_on_and_asks_first) {
  both_up();
  stage.power_works = false;  // the boot button is broken: an operator decides
  Watcher watcher(stage.lan, "client", stage.service);
  stage.daemon("one").signal(SIGSTOP);
  ASSERT_TRUE(stage.eventually([&] { return stage.ping_state("two") == "held"; }));
  auto client = understudy::edge::ControlClient::open(stage.directory + "/two");
  (void)client->ask({{"do", "serve"}, {"other_is_off", true}}, 2000ms);
  ASSERT_TRUE(stage.eventually([&] { return stage.serves("two"); }));
  const auto goes_on = Clock::now();
  stage.daemon("one").signal(SIGCONT);
  ASSERT_TRUE(stage.eventually([&] { return stage.ping_state("one") == "monitoring"; }));
  EXPECT_EQ(watcher.count_after(goes_on, stage.mac("one")), 0u);
  EXPECT_TRUE(stage.serves("two"));
  expect_one_speaker_at_a_time(watcher);
}

TEST_P(Ping, never_two_holders_in_random_partitions) {
  const char* given = std::getenv("UNDERSTUDY_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("UNDERSTUDY_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  both_up();
  Watcher watcher(stage.lan, "client", stage.service);
  const int rounds = std::getenv("UNDERSTUDY_LONG") ? 200 : 10;
  for (int round = 0; round < rounds; ++round) {
    stage.power_works = random() % 3 != 0;
    const auto& node = nodes[random() % 2];
    const bool stops = random() % 4 == 0;
    stage.lan.part({"one", "two"}, true);
    if (stops) stage.daemon(node).signal(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 400));
    stage.lan.part({"one", "two"}, false);
    if (stops) stage.daemon(node).signal(SIGCONT);
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 300));
  }
  stage.power_works = true;
  expect_one_speaker_at_a_time(watcher);
  EXPECT_TRUE(stage.eventually([&] { return stage.serves("one") != stage.serves("two"); }, 10'000));
  std::printf("%d rounds, %d and %d boots, %zu packets\n", rounds, stage.boots("one"),
              stage.boots("two"), watcher.seen().size());
}

}  // namespace
