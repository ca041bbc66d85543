// SPDX-License-Identifier: Apache-2.0
// The appliance's program behind its sockets: the pictures and links of good neighbours, and that
// odd, dead, silent and hostile ones are told so and disturb nobody.
#include <fcntl.h>

#include "socket_client.hpp"

namespace understudy::sim {
namespace {

struct Neighbours {
  explicit Neighbours(const Program& p, uint32_t delay_us = 0)
      : a(p, "video-a", delay_us),
        b(p, "video-b", delay_us),
        link_a(p, "link-a", delay_us),
        link_b(p, "link-b", delay_us) {}
  Playout a, b;
  Daemon link_a, link_b;
};
const std::vector<std::string> four{"video-a", "video-b", "link-a", "link-b"};

size_t count(const json& events, const char* kind) {
  return size_t(std::ranges::count_if(events, [&](const json& e) { return e["kind"] == kind; }));
}

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

class Hostile : public testing::Test {
 protected:
  Hostile() : control(program), n(program) {
    EXPECT_EQ(control.attached(four)["ok"], true);
    control.frames(12);
  }
  ~Hostile() override {  // nobody else has noticed
    EXPECT_EQ(control.frames(30)["ok"], true);
    const json events = control.events();
    EXPECT_EQ(count(events, "picture_bad") + count(events, "takeover") + count(events, "lost"), 0u);
  }
  std::string refused(const char* door, std::span<const uint8_t> packet) {
    Client c(program.path(door));
    c.send(packet);
    return c.refusal();
  }
  Program program;
  Control control;
  Neighbours n;
};

TEST_F(Hostile, WrongMagic) {
  Client c(program.path("video-out"));
  c.hello(0x12345678);
  EXPECT_EQ(c.refusal(), "the first message must be HELLO with the right magic");
}

TEST_F(Hostile, WrongVersion) {
  Client c(program.path("video-out"));
  c.hello(wire::magic, 9);
  EXPECT_EQ(c.refusal(), "version 9 is spoken there, 1 here");
}

TEST_F(Hostile, SecondConnection) {
  for (const char* door : {"video-a", "link-b"}) {
    Client c(program.path(door));
    c.hello();
    EXPECT_NE(c.refusal().find("is taken by process " + std::to_string(::getpid())),
              std::string::npos);
  }
}

TEST_F(Hostile, GarbageInsteadOfHello) {
  const std::vector<uint8_t> long_one(65'000, 0xA5), truncated{1, 0x55}, one{0};
  for (const auto& packet : {long_one, truncated, one}) EXPECT_NE(refused("video-out", packet), "");
}

TEST_F(Hostile, NothingInsteadOfHello) {
  Client c(program.path("video-out"));
  EXPECT_EQ(c.refusal(), "no HELLO");
}

TEST_F(Hostile, ManyThatSayNothing) {
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 40; ++i) crowd.push_back(std::make_unique<Client>(program.path("video-out")));
  EXPECT_EQ(control.frames(13)["ok"], true);
}

TEST_F(Hostile, OutputThatReturnsWhatItDoesNotHave) {
  Client c(program.path("video-out"));
  c.hello();
  ASSERT_TRUE(wire::decode_welcome(c.receive()));
  std::array<uint8_t, 32> out{};
  c.send(std::span(out).first(encode(wire::Type::done_with, wire::FrameMessage{3, 99, 0}, out)));
  EXPECT_EQ(c.refusal(), "slot 99 does not hold frame 3");
}

TEST_F(Hostile, OutputThatNeverReturnsASlot) {
  control.ask({{"do", "status"}});
  Client c(program.path("video-out"));
  c.hello();
  ASSERT_TRUE(wire::decode_welcome(c.receive()));
  control.say({{"do", "go"}, {"frames", 24}});
  for (int k = 0; k < 4; ++k) EXPECT_EQ(wire::type_of(c.receive()), wire::Type::frame);
  EXPECT_EQ(control.receive(200), std::vector<uint8_t>{0xFF});  // time waits
  ::shutdown(c.socket(), SHUT_RDWR);
  EXPECT_EQ(control.answer()["ok"], true);
}

TEST_F(Hostile, MemoryThatSomebodyTriesToShrink) {
  EXPECT_NE(::ftruncate(n.a.client.descriptor.get(), 0), 0);
}

TEST_F(Hostile, OddRequestsOnTheControlSocket) {
  for (const char* text :
       {"", "{", "[]", "{\"do\":7}", "{\"do\":\"dance\"}", "{\"do\":\"go\"}",
        "{\"do\":\"go\",\"until\":3}", "{\"do\":\"go\",\"until\":{\"line\":16}}",
        "{\"do\":\"go\",\"frames\":-1}", "{\"do\":\"go\",\"frames\":1}",
        "{\"do\":\"fault\",\"name\":\"cable\"}",
        "{\"do\":\"fault\",\"name\":\"fire\",\"source\":\"A\"}",
        "{\"do\":\"heed\",\"source\":\"A\",\"what\":\"hat\",\"on\":true}",
        "{\"do\":\"heed\",\"source\":\"A\",\"what\":\"link\"}",
        "{\"do\":\"register\",\"address\":3}", "{\"do\":\"record\",\"frame\":99,\"line\":16}",
        "{\"do\":\"recording\"}", "{\"do\":\"await\",\"neighbours\":[\"tea\"]}", "\xFF\xFE"}) {
    if (!*text) continue;
    control.send({reinterpret_cast<const uint8_t*>(text), std::strlen(text)});
    const json answer = control.answer();
    EXPECT_EQ(answer["ok"], false) << text;
    EXPECT_TRUE(answer["error"].is_string()) << text;
  }
}

TEST(Station, APlayoutThatBreaksTheRulesIsClosed) {
  struct {
    wire::FrameMessage answer;
    const char* why;
  } cases[] = {{{0, 1, 0}, "frame 0 belongs into slot 0, not 1"},
               {{77, 1, 0}, "frame 77 was not asked for, or is answered already"}};
  for (const auto& c : cases) {
    Program program;
    Control control(program);
    Playout good(program, "video-b");
    Client bad(program.path("video-a"));
    bad.hello();
    ASSERT_TRUE(wire::decode_welcome(bad.receive()));
    std::array<uint8_t, 32> out{};
    bad.send(std::span(out).first(encode(wire::Type::frame, c.answer, out)));
    EXPECT_EQ(bad.refusal(), c.why);
    EXPECT_EQ(control.frames(5)["ok"], true);
  }
}

TEST(Station, ADaemonThatBreaksTheRulesIsClosed) {
  Program program;
  Control control(program);
  Client unasked(program.path("link-a"));
  unasked.hello();
  ASSERT_TRUE(wire::decode_welcome(unasked.receive()));
  std::vector<uint8_t> out(65'536), noise(40'000, 7);
  const size_t n = encode(wire::Done{wire::never, 0, noise}, out);
  unasked.send(std::span(out).first(n));
  EXPECT_EQ(unasked.refusal(), "DONE without a SYNC");

  Client flood(program.path("link-b"));
  flood.hello();
  ASSERT_TRUE(wire::decode_welcome(flood.receive()));
  control.say({{"do", "go"}, {"frames", 5}});
  for (int i = 0; i < 2; ++i) {  // the link holds 64 KiB and takes a byte every four clocks
    const auto sync = flood.receive();
    if (wire::type_of(sync) != wire::Type::sync) break;
    flood.send(std::span(out).first(n));
  }
  EXPECT_EQ(flood.refusal(), "more bytes than the link can hold");
  EXPECT_EQ(control.answer()["ok"], true);
}

TEST(Station, WritesARecordingAndAWaveform) {
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

TEST(Station, RealTimeIsNotFasterThanTheClock) {
  Program program({"--raster", "tiny", "--real-time"});
  Control control(program);
  const auto begin = std::chrono::steady_clock::now();
  control.frames(30);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took.count(), 0.48);
}

TEST(Station, SetsRegistersByNameAndByAddress) {
  Program program({"--raster", "tiny", "--set", "beats=0x402", "--set", "0x38=5"});
  Control control(program);
  EXPECT_EQ(control.ask({{"do", "register"}, {"address", 0x14}})["value"], 0x402);
  EXPECT_EQ(control.ask({{"do", "register"}, {"address", 0x38}})["value"], 5);
}

TEST(Station, RefusesOptionsThatItCannotUse) {
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

TEST(Station, ASecondApplianceInTheSameFolderEndsAndADeadOnesNamesAreReplaced) {
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

TEST(Station, TermAndQuitTakeTheSocketsAway) {
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

TEST(Station, TermEndsARunThatIsUnderWay) {
  Program program;
  Control control(program);
  control.say({{"do", "go"}, {"frames", 4'000'000}});
  EXPECT_EQ(program.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace understudy::sim
