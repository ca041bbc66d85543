// SPDX-License-Identifier: Apache-2.0
// An appliance that hangs, dies, or has given our output up: the demo says which, and never calls
// it a loss of frames.
#include "sim/demo/appliance_client.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <thread>

#include "tests/scenario/program.hpp"

namespace understudy::scenario {
namespace {

using demo::ApplianceClient;
using demo::Child;
using demo::Failure;
using std::chrono::milliseconds;

struct Rig {
  explicit Rig(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"understudy-appliance", "--dir", folder / "gate", "--raster",
                                   "tiny"};
    words.insert(words.end(), more.begin(), more.end());
    appliance.push_back(begin(folder, std::move(words)));
    for (int i = 0; i < 500 && client.empty(); ++i) {
      if (auto made = ApplianceClient::connect(folder / "gate"))
        client.push_back(std::move(*made));
      else
        std::this_thread::sleep_for(milliseconds(20));
    }
  }
  Folder folder;
  std::vector<Child> appliance;
  std::vector<ApplianceClient> client;
};

TEST(ApplianceClient, that_did_not_read_for_long_is_told_from_a_gate_that_lost_frames) {
  Rig rig({"--silence", "0.2"});
  ASSERT_EQ(rig.client.size(), 1u);
  // Somebody else lets time go on while we read nothing: as if we had been stopped.
  auto other = PacketSocket::connect(rig.folder / "gate/control");
  ASSERT_TRUE(other);
  const std::string_view go = R"({"do":"go","frames":20})";
  ASSERT_TRUE(other->send({reinterpret_cast<const uint8_t*>(go.data()), go.size()}));
  ASSERT_TRUE(other->wait_readable(std::chrono::seconds(20)));
  const auto went = rig.client[0].go_frames(30);
  ASSERT_FALSE(went);
  EXPECT_EQ(went.error().code, demo::exit_no_verdict);
  EXPECT_NE(went.error().text.find("demo was stopped"), std::string::npos) << went.error().text;
}

TEST(ApplianceClient, a_playout_that_time_did_not_wait_for_leaves_no_verdict) {
  Rig rig({"--silence", "0.2"});
  ASSERT_EQ(rig.client.size(), 1u);
  ASSERT_TRUE(rig.client[0].go_frames(2));
  EXPECT_TRUE(rig.client[0].check_neighbours());
  auto playout = PacketSocket::connect(rig.folder / "gate/video-a");
  ASSERT_TRUE(playout);
  std::array<uint8_t, 64> hello{};
  const size_t size = protocol::sim::encode(protocol::sim::Hello{}, hello);
  ASSERT_TRUE(playout->send(std::span(hello).first(size)));  // and never a frame
  ASSERT_TRUE(rig.client[0].ask({{"do", "await"}, {"neighbours", {"video-a"}}}));
  ASSERT_TRUE(rig.client[0].go_frames(12));
  const auto all = rig.client[0].check_neighbours();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, demo::exit_no_verdict);
  EXPECT_NE(all.error().text.find("video-a (process "), std::string::npos) << all.error().text;
}

TEST(ApplianceClient, an_appliance_that_hangs_is_given_up_and_named) {
  Rig rig;
  ASSERT_EQ(rig.client.size(), 1u);
  rig.client[0].set_patience({3, milliseconds(100)});
  ASSERT_TRUE(rig.client[0].go_frames(2));
  rig.appliance[0].hang();
  const auto went = rig.client[0].go_frames(4);
  ASSERT_FALSE(went);
  EXPECT_EQ(went.error().code, demo::exit_could_not_run);
  EXPECT_NE(went.error().text.find("kill -CONT"), std::string::npos) << went.error().text;
}

TEST(ApplianceClient, one_that_only_computes_for_long_is_not_given_up) {
  Rig rig;
  ASSERT_EQ(rig.client.size(), 1u);
  rig.client[0].set_patience({5, milliseconds(100)});
  // Nothing comes for a second but its answers to our questions.
  const auto went =
      rig.client[0].ask({{"do", "await"}, {"neighbours", {"link-a"}}, {"seconds", 1}});
  ASSERT_FALSE(went);
  EXPECT_NE(went.error().text.find("has not come"), std::string::npos) << went.error().text;
}

TEST(ApplianceClient, the_end_of_the_appliance_is_the_cause_and_not_what_broke_by_it) {
  Rig rig;
  ASSERT_EQ(rig.client.size(), 1u);
  // Another process that ended because of it is seen at the same time, and is not blamed.
  auto follower = begin(rig.folder, {"/bin/true"});
  const auto gone = [](Child& child) {
    pollfd end{child.ended_descriptor(), POLLIN, 0};
    return ::poll(&end, 1, 5000) == 1;
  };
  rig.client[0].set_alarms(
      {{follower.ended_descriptor(), [] { return Failure{demo::exit_could_not_run, "follower"}; }},
       {rig.appliance[0].ended_descriptor(),
        [] { return Failure{demo::exit_could_not_run, "appliance"}; }, true}});
  ASSERT_TRUE(gone(follower));
  ::kill(rig.appliance[0].process(), SIGKILL);
  const auto went = rig.client[0].go_frames(1000000);
  ASSERT_FALSE(went);
  EXPECT_EQ(went.error().text, "appliance");
}

}  // namespace
}  // namespace understudy::scenario
