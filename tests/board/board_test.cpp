// SPDX-License-Identifier: Apache-2.0
// The hardware engineer's commands against a whole simulated board, from the words typed to the
// relays' pins.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <thread>

#include "tests/scenario/program.hpp"

namespace {
using namespace understudy;
using namespace understudy::scenario;

class Desk {
 public:
  explicit Desk(std::vector<std::string> on = {}) : on_(std::move(on)) { power(); }
  ~Desk() { board_->finish(patience); }

  /// Power goes, the flash stays.
  void power_cycle() {
    board_->finish(patience);
    power();
  }
  /// What is seen at the board's pins since power came.
  std::string pins() { return contents(folder_ / "pins"); }
  bool until(const std::string& text) {
    for (int i = 0; i < 1200 && !pins().contains(text); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return pins().contains(text);
  }
  Ended tool(std::vector<std::string> words, const std::string& link = "link-a") {
    words.insert(words.begin(), "understudy");
    words.insert(words.end(), {"--appliance", "sim:unix:" + path("board") + "/" + link});
    return run(folder_, words);
  }
  std::string path(const std::string& name) { return (folder_ / name).string(); }

 private:
  static constexpr auto patience = std::chrono::seconds(10);
  void power() {
    std::vector<std::string> words{program("understudy-board"), "--dir", path("board"), "--flash",
                                   path("flash")};
    for (const auto& server : on_) words.insert(words.end(), {"--on", server});
    fs::remove(folder_ / "pins");
    auto child = demo::Child::start({words[0], words, path("pins")});
    if (!child) throw std::runtime_error(child.error().text);
    board_.emplace(std::move(*child));
    EXPECT_TRUE(until("link-b"));
  }

  std::vector<std::string> on_;
  Folder folder_;
  std::optional<demo::Child> board_;
};

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++n;
  return n;
}

TEST(Board, boot_starts_a_dead_server_through_its_relays_and_the_one_on_air_is_never_cut) {
  Desk desk({"b"});
  const auto set = desk.tool({"config", "set", "untagged", "3"});
  ASSERT_EQ(set.status, 0) << set.said;
  ASSERT_TRUE(desk.until("on air b")) << desk.pins();
  const auto cycle = desk.tool({"boot", "a"}, "link-b");
  EXPECT_EQ(cycle.status, 0) << cycle.said;
  EXPECT_TRUE(cycle.said.contains("power held until it is off") && cycle.said.contains("it lives"))
      << cycle.said;
  EXPECT_TRUE(desk.until("server a sends heartbeats"));
  EXPECT_EQ(count(desk.pins(), "relay power a closed"), 2u) << desk.pins();  // held off, then on
  const auto refused = desk.tool({"boot", "b"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(refused.said.contains("refused: it is on air")) << refused.said;
  EXPECT_EQ(desk.tool({"power", "b", "off"}).status, 1);
  EXPECT_EQ(desk.tool({"power", "a", "reset"}).status, 0);
  EXPECT_TRUE(desk.until("relay reset a open")) << desk.pins();
  EXPECT_FALSE(desk.pins().contains("relay power b") || desk.pins().contains("relay reset b"))
      << desk.pins();
}

TEST(Board, a_server_that_does_not_come_is_told_and_one_boot_is_under_way_at_a_time) {
  Desk desk;
  for (const char* line : {"config life_s 8", "config attempts 1"})
    EXPECT_EQ(desk.tool({"console", line}).status, 0);
  EXPECT_EQ(desk.tool({"boot", "b", "reset", "--no-wait"}).status, 0);
  const auto second = desk.tool({"boot", "b", "on"});
  EXPECT_EQ(second.status, 1);
  EXPECT_TRUE(second.said.contains("refused: busy")) << second.said;
  EXPECT_TRUE(desk.until("relay reset b open"));
  for (int i = 0; i < 100 && desk.tool({"console", "progress"}).said.contains("boot b busy"); ++i) {
  }
  EXPECT_EQ(desk.tool({"console", "config life_s 1"}).status, 0);
  const auto dead = desk.tool({"boot", "b", "reset"});  // reset does not switch it on
  EXPECT_EQ(dead.status, 7) << dead.said;
  EXPECT_TRUE(dead.said.contains("no sign of life")) << dead.said;
}

TEST(Board, configuration_goes_there_and_back_and_over_a_power_cycle) {
  Desk desk;
  ASSERT_EQ(desk.tool({"config", "export", desk.path("one")}).status, 0);
  auto text = contents(desk.path("one"));
  const auto at = text.find("press_ms = 500");
  ASSERT_NE(at, text.npos) << text;
  text.replace(at, 14, "press_ms = 321");
  std::ofstream(desk.path("two")) << text;
  std::ofstream(desk.path("bad")) << text << "attempts = 11\n";
  const auto bad = desk.tool({"config", "import", desk.path("bad")});
  EXPECT_EQ(bad.status, 2);
  EXPECT_TRUE(bad.said.contains("attempts stands here for the second time")) << bad.said;
  EXPECT_EQ(desk.tool({"config", "get", "press_ms"}).said, "press_ms 500\n");
  EXPECT_EQ(desk.tool({"config", "import", desk.path("two")}).status, 0);
  desk.power_cycle();
  EXPECT_EQ(desk.tool({"config", "get", "press_ms"}).said, "press_ms 321\n");
  ASSERT_EQ(desk.tool({"config", "export", desk.path("three")}).status, 0);
  EXPECT_EQ(contents(desk.path("three")), text);
}

TEST(Board, a_slip_in_a_configuration_command_is_told_with_what_was_meant) {
  Desk desk;
  const auto wrong = [&](std::vector<std::string> words, const std::string& says) {
    words.insert(words.begin(), "config");
    const auto ended = desk.tool(words);
    EXPECT_EQ(ended.status, 2);
    EXPECT_TRUE(ended.said.contains(says)) << ended.said;
  };
  wrong({"get", "presms"}, "did you mean press_ms?");
  wrong({"set", "presms", "300"}, "did you mean press_ms?");
  wrong({"set", "press_ms"}, "a name and a value");
  wrong({"set", "press_ms=300", "300"}, "a name and a value");
  wrong({"import", desk.path("nothing")}, "No such file");
  EXPECT_EQ(desk.tool({"config", "set", "press_ms=300"}).status, 0);
  EXPECT_EQ(desk.tool({"config", "get", "press_ms"}).said, "press_ms 300\n");
  const auto bare = run(Folder(), {"understudy", "config"});
  EXPECT_TRUE(bare.said.contains("there are: get, set, export, import") &&
              bare.said.contains(program("understudy") + " config --help"))
      << bare.said;
}

TEST(Board, an_appliance_that_is_not_there_is_told_at_once_and_why) {
  Folder folder;
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& [uri, says] : {std::pair{"tty:/dev/ttyUSB99", "is it plugged in?"},
                                  {"usb:serial=NONE", "is it plugged in?"},
                                  {"sim:unix:/nowhere/link-a", "./dev board simulated"}}) {
    const auto ended = run(folder, {"understudy", "version", "--appliance", uri});
    EXPECT_EQ(ended.status, 3) << uri;
    EXPECT_TRUE(ended.said.contains(says)) << ended.said;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(Board, self_test_passes_without_servers_and_not_beside_one) {
  Desk desk;
  const auto passed = desk.tool({"selftest", "--json"});
  EXPECT_EQ(passed.status, 0) << passed.said;
  EXPECT_TRUE(passed.said.contains(R"("selftest":"passed")")) << passed.said;
  EXPECT_TRUE(desk.pins().contains("on air b")) << "it did not change over";
  EXPECT_EQ(desk.tool({"power", "b", "on"}).status, 0);
  ASSERT_TRUE(desk.until("server b sends heartbeats"));
  const auto beside = desk.tool({"selftest"});
  EXPECT_EQ(beside.status, 7);
  EXPECT_TRUE(beside.said.contains("stop understudyd on both")) << beside.said;
}

TEST(Board, an_appliance_without_a_core_is_said_to_be_one) {
  Folder folder;
  const auto directory = (folder / "gate").string();
  auto child = demo::Child::start(
      {"understudy-appliance",
       {program("understudy-appliance"), "--dir", directory, "--raster", "tiny", "--free-running"},
       (folder / "log").string()});
  ASSERT_TRUE(child);
  for (int i = 0; i < 200 && !contents(folder / "log").contains("sockets in"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto said =
      run(folder, {"understudy", "selftest", "--appliance", "sim:unix:" + directory + "/link-a"});
  EXPECT_EQ(said.status, 8) << said.said;
  EXPECT_TRUE(said.said.contains("soft core does not answer")) << said.said;
  child->kill();
}

/// As much of one as `understudy flash` looks at.
std::string image(const std::string& board, bool firmware) {
  if (firmware) return std::string("\x17\x01\x00\x10", 4) + std::string(20'000, 'c');
  const std::string sync = board == "ulx3s" ? "\xFF\xFF\xBD\xB3" : "\x7E\xAA\x99\x7E";
  const size_t bytes = board == "icebreaker" ? 104'090 : 135'100;
  return std::string("\xFF\0made by a test\0", 16) + sync + std::string(bytes - 20, '\0');
}

TEST(Board, flash_says_the_command_that_board_sh_has_and_why_it_cannot) {
  Folder folder;
  for (const char* board : {"hx8k", "icebreaker", "ulx3s"})
    for (const bool firmware : {false, true}) {
      std::vector<std::string> words{"understudy", "flash", board, (folder / "x.bit").string(),
                                     "--dry-run"};
      if (firmware) words.push_back("--firmware");
      std::ofstream(folder / "x.bit") << image(board, firmware);
      const auto said = run(folder, words);
      const auto wanted =
          run(folder, {"/bin/bash", "-c",
                       std::string("source boards/") + board + "/board.sh; echo ${" +
                           (firmware ? "firmware_with" : "flash_with") + "[*]} " +
                           (folder / "x.bit").string()});
      if (firmware && std::string(board) != "ulx3s")
        EXPECT_EQ(said.status, 1) << "it has no soft core";
      else
        EXPECT_EQ(said.said, wanted.said);
    }
  EXPECT_EQ(run(folder, {"understudy", "flash", "ulx3s", "/nowhere"}).status, 2);
}

TEST(Board, a_file_that_is_no_image_for_that_board_is_not_flashed) {
  Folder folder;
  const auto file = (folder / "x.bin").string();
  const auto refused = [&](const std::string& board, const std::string& bytes, bool firmware) {
    std::ofstream(file, std::ios::binary) << bytes;
    std::vector<std::string> words{"understudy", "flash", board, file, "--dry-run"};
    if (firmware) words.push_back("--firmware");
    return run(folder, words).status == 2;
  };
  EXPECT_TRUE(refused("hx8k", "", false));
  EXPECT_TRUE(refused("hx8k", std::string(135'100, 'x'), false)) << "no sync";
  EXPECT_TRUE(refused("hx8k", image("hx8k", false).substr(0, 70'000), false)) << "cut short";
  EXPECT_TRUE(refused("hx8k", image("icebreaker", false), false)) << "another board's";
  EXPECT_TRUE(refused("icebreaker", image("hx8k", false), false)) << "another board's";
  EXPECT_TRUE(refused("ulx3s", image("hx8k", false), true)) << "a bitstream";
  EXPECT_TRUE(refused("ulx3s", std::string(20'000, 'c').replace(0, 1, 1, '\0'), true));
  EXPECT_FALSE(refused("ulx3s", image("ulx3s", true), true));
}

}  // namespace
