// SPDX-License-Identifier: Apache-2.0
// The appliance's program behind its sockets: the pictures and links of good neighbours; dead,
// silent and late ones; what it records.
#include "four_neighbours.hpp"

namespace understudy::sim {
namespace {

TEST(Station, RunsTwoServersAndHandsOutTheirPicture) {
  Program program;
  ASSERT_TRUE(program.started);
  Control control(program);
  Neighbours n(program);
  Client output(program.path("video-out"));
  output.hello();
  const auto welcome = wire::decode_welcome(output.receive());
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->slots, protocol::limits::video_slots);
  auto* memory = static_cast<uint8_t*>(::mmap(nullptr, size_t{welcome->slot_bytes} * welcome->slots,
                                              PROT_READ, MAP_SHARED, output.descriptor.get(), 0));
  ASSERT_EQ(control.attached(four)["ok"], true);
  control.say({{"do", "go"}, {"frames", 30}});
  const PatternSource reference(rasters[0]);
  for (uint32_t k = 0; k < 30; ++k) {  // eight times as many as there are slots: it waits for us
    const auto m = wire::decode_frame(wire::Type::frame, output.receive());
    ASSERT_TRUE(m);
    EXPECT_EQ(m->frame, k);
    EXPECT_EQ(std::vector<uint8_t>(memory + m->slot * welcome->slot_bytes,
                                   memory + (m->slot + 1) * welcome->slot_bytes),
              reference.expected(k));
    std::array<uint8_t, 32> out{};
    output.send(std::span(out).first(encode(wire::Type::done_with, *m, out)));
  }
  const json at = control.answer();
  EXPECT_EQ(at["ok"], true);
  EXPECT_EQ(at["at"]["frames_out"], 30);
  EXPECT_EQ(count(control.events(), "protected_on"), 1u);
  ::munmap(memory, size_t{welcome->slot_bytes} * welcome->slots);
}

TEST(Station, StopsExactlyThereAndAllThatIsOwedIsAnswered) {
  Program program;
  Control control(program);
  Neighbours n(program, 500);
  ASSERT_EQ(control.attached(four)["ok"], true);
  const json at = control.until(9, 5, 31)["at"];
  EXPECT_EQ(at["frame"], 9);
  EXPECT_EQ(at["line"], 5);
  EXPECT_EQ(at["pixel"], 31);
  EXPECT_EQ(at["clock"], rasters[0].source_clock(9, 5, 31));
  EXPECT_EQ(control.until(9, 5, 30)["ok"], false);  // passed
}

TEST(Station, SlowNeighboursChangeNothing) {
  const auto story = [](uint32_t delay_us) {
    Program program({"--raster", "tiny", "--seed", "5"});
    Control control(program);
    Neighbours n(program, delay_us);
    control.attached(four);
    control.until(20, 3, 7);
    control.ask({{"do", "fault"}, {"name", "corrupt"}, {"source", "A"}, {"lines", 5}});
    control.until(24, 1, 0);
    control.ask({{"do", "fault"}, {"name", "cable"}, {"source", "B"}});
    control.frames(40);
    return control.events();
  };
  const json first = story(0);
  EXPECT_EQ(count(first, "takeover"), 2u);
  EXPECT_EQ(first, story(0));
  EXPECT_EQ(first, story(1500));
}

TEST(Station, ADeadNeighbourIsNotWaitedForAndANewOneJoinsLate) {
  Program program;
  Control control(program);
  auto n = std::make_unique<Neighbours>(program);
  ASSERT_EQ(control.attached(four)["ok"], true);
  control.until(15, 4, 4);
  n.reset();  // all four at once
  EXPECT_EQ(control.frames(25)["ok"], true);
  EXPECT_EQ(control.ask({{"do", "status"}})["neighbours"]["video-a"]["presence"], "gone");
  EXPECT_GE(count(control.events(), "lost"), 1u);
  Neighbours again(program);
  ASSERT_EQ(control.attached(four)["ok"], true);
  EXPECT_EQ(control.frames(60)["ok"], true);
  EXPECT_EQ(count(control.events(), "protected_on"), 1u);
}

TEST(Station, ASilentOneIsGivenUpAndTakenBack) {
  Program program({"--raster", "tiny", "--silence", "0.3"});
  Control control(program);
  Neighbours n(program);
  ASSERT_EQ(control.attached(four)["ok"], true);
  control.frames(15);
  n.b.silent_from(25);
  EXPECT_EQ(control.frames(40)["ok"], true);
  const json status = control.ask({{"do", "status"}});
  EXPECT_EQ(status["neighbours"]["video-b"]["presence"], "given_up");
  EXPECT_NE(status["messages"].dump().find("video-b"), std::string::npos);
  EXPECT_EQ(status["neighbours"]["video-a"]["presence"], "attached");
  EXPECT_EQ(control.frames(45)["ok"], true);
}

TEST(Station, HeedOffDoesNotWaitAndHeedOnWaitsAgain) {
  Program program;
  Control control(program);
  Neighbours n(program);
  ASSERT_EQ(control.attached(four)["ok"], true);
  control.frames(15);
  n.b.silent_from(0);
  control.ask({{"do", "heed"}, {"source", "B"}, {"what", "video"}, {"on", false}});
  EXPECT_EQ(control.frames(30)["ok"], true);
  EXPECT_EQ(control.ask({{"do", "status"}})["neighbours"]["video-b"]["presence"], "hangs");
  EXPECT_EQ(count(control.events(), "picture_bad"), 1u);
  n.b.silent_from(~0u);
  control.ask({{"do", "heed"}, {"source", "B"}, {"what", "video"}, {"on", true}});
  EXPECT_EQ(control.frames(40)["ok"], true);
  EXPECT_EQ(count(control.events(), "picture_good"), 1u);
  control.ask({{"do", "heed"}, {"source", "A"}, {"what", "link"}, {"on", false}});
  EXPECT_EQ(control.frames(60)["ok"], true);
  EXPECT_EQ(count(control.events(), "beats_lost"), 1u);
  control.ask({{"do", "heed"}, {"source", "A"}, {"what", "link"}, {"on", true}});
  EXPECT_EQ(control.frames(80)["ok"], true);
  EXPECT_EQ(count(control.events(), "beats_back"), 1u);
}

TEST(Station, UsbClosesTheLinkUntilItIsHealed) {
  Program program;
  Control control(program);
  Neighbours n(program);
  ASSERT_EQ(control.attached(four)["ok"], true);
  control.frames(12);
  control.ask({{"do", "fault"}, {"name", "usb"}, {"source", "A"}});
  Client refused(program.path("link-a"));
  refused.hello();
  EXPECT_EQ(refused.refusal(), "the link is cut");
  EXPECT_EQ(control.frames(20)["ok"], true);
  control.ask({{"do", "fault"}, {"name", "heal"}, {"source", "A"}});
  Daemon again(program, "link-a");
  EXPECT_EQ(control.attached({"link-a"})["ok"], true);
}

TEST(Recording, AWaveformThatCannotBeWrittenIsRefusedWithTheReason) {
  Program program;
  Control control(program);
  const auto refused = [&](const std::string& wave) {
    const json answer = control.ask({{"do", "record"}, {"frame", 16}, {"line", 4}, {"wave", wave}});
    EXPECT_EQ(answer["ok"], false) << wave;
    return answer.value("error", "");
  };
  EXPECT_EQ(refused("/nowhere/x.fst"), "/nowhere/x.fst: No such file or directory");
  EXPECT_EQ(refused(program.directory), program.directory + ": Is a directory");
  const std::string good = program.path("x.fst");
  std::filesystem::create_directory(good + ".gtkw");
  EXPECT_EQ(refused(good), good + ".gtkw: Is a directory");
  EXPECT_FALSE(std::filesystem::exists(good));  // asking leaves nothing behind
  EXPECT_EQ(control.ask({{"do", "recording"}})["error"], "nothing was asked to be recorded");
}

TEST(Recording, WritesARecordingAndAWaveform) {
  Program program;
  Control control(program);
  Neighbours n(program);
  ASSERT_EQ(control.attached(four)["ok"], true);
  const std::string wave = program.path("window.fst");
  EXPECT_EQ(control.ask({{"do", "record"}, {"frame", 16}, {"line", 4}, {"wave", wave}})["ok"],
            true);
  control.until(16, 4, 9);
  control.ask({{"do", "fault"}, {"name", "cable"}, {"source", "A"}});
  control.frames(20);
  const json answer = control.ask({{"do", "recording"}});
  const json& r = answer["recording"];
  EXPECT_EQ(r["lines"]["a"][2]["pixels"], 9);
  EXPECT_EQ(r["lines"]["output"][2]["rgb"].get<std::string>().size(),
            rasters[0].line_bytes() / 3 * 4);
  EXPECT_GT(r["choices"].size(), 100u);
  const std::string file = program.path("recording.json");
  EXPECT_EQ(control.ask({{"do", "recording"}, {"path", file}})["ok"], true);
  EXPECT_GT(std::filesystem::file_size(file), 1000u);
  EXPECT_EQ(control.ask({{"do", "recording"}, {"path", "/nowhere/x"}})["ok"], false);
  EXPECT_GT(std::filesystem::file_size(wave), 1000u);
  EXPECT_GT(std::filesystem::file_size(wave + ".gtkw"), 500u);
  EXPECT_EQ(control.ask({{"do", "record"}, {"frame", 30}, {"line", 4}, {"wave", wave}})["ok"],
            true);
}

}  // namespace
}  // namespace understudy::sim
