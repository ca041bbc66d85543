// SPDX-License-Identifier: Apache-2.0
// The appliance's program as such: options, signals, real time, two in one folder.
#include "four_neighbours.hpp"

namespace understudy::sim {
namespace {

TEST(ApplianceProgram, RealTimeIsNotFasterThanTheClock) {
  Program program({"--raster", "tiny", "--real-time"});
  Control control(program);
  const auto begin = std::chrono::steady_clock::now();
  control.frames(30);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took.count(), 0.48);
}

TEST(ApplianceProgram, SetsRegistersByNameAndByAddress) {
  Program program({"--raster", "tiny", "--set", "beats=0x402", "--set", "0x38=5"});
  Control control(program);
  EXPECT_EQ(control.ask({{"do", "register"}, {"address", 0x14}})["value"], 0x402);
  EXPECT_EQ(control.ask({{"do", "register"}, {"address", 0x38}})["value"], 5);
}

TEST(ApplianceProgram, RefusesOptionsThatItCannotUse) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--raster", "8k"},
                                                  {"--set", "tea=1"},
                                                  {"--set", "beats"},
                                                  {"--set", "beats=-1"},
                                                  {"--set", "0x2=1"},
                                                  {"--silence", "-1"},
                                                  {"--what"}}) {
    Program program(options);
    EXPECT_FALSE(program.started);
    EXPECT_EQ(WEXITSTATUS(program.ended()), 2);
  }
}

TEST(ApplianceProgram, ASecondApplianceInTheSameFolderEndsAndADeadOnesNamesAreReplaced) {
  Program program;
  {
    Program second;
    second.stop(SIGKILL);
    std::filesystem::remove_all(second.directory);
    second.directory = program.directory;
    second.start({"--raster", "tiny"});
    EXPECT_EQ(WEXITSTATUS(second.ended()), 1);
    second.directory = "/tmp/understudy-sim-none";
  }
  EXPECT_EQ(Control(program).frames(2)["ok"], true);
  program.stop(SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(program.path("control")));
  program.started = false;
  program.start({"--raster", "tiny"});
  EXPECT_TRUE(program.started);
  EXPECT_EQ(Control(program).frames(2)["ok"], true);
}

TEST(ApplianceProgram, TermAndQuitTakeTheSocketsAway) {
  for (const bool by_signal : {true, false}) {
    Program program;
    Control control(program);
    Playout a(program, "video-a");
    if (!by_signal) {
      EXPECT_EQ(control.ask({{"do", "quit"}})["ok"], true);
    }
    const int status = by_signal ? program.stop(SIGTERM) : program.ended();
    EXPECT_EQ(status, 0) << by_signal;
    EXPECT_TRUE(std::filesystem::is_empty(program.directory));
  }
}

TEST(ApplianceProgram, TermEndsARunThatIsUnderWay) {
  Program program;
  Control control(program);
  control.say({{"do", "go"}, {"frames", 4'000'000}});
  EXPECT_EQ(program.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace understudy::sim
