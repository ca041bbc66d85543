// SPDX-License-Identifier: Apache-2.0
// Odd, silent and hostile neighbours of the appliance's program are told so and disturb nobody.
#include "four_neighbours.hpp"

namespace understudy::sim {
namespace {

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
  EXPECT_EQ(c.refusal(), "version 9 is spoken there, " + std::to_string(wire::version) + " here");
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

TEST(RuleBreaker, APlayoutThatBreaksTheRulesIsClosed) {
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
    Playout better(program, "video-a");  // takes the place; what was said is not said again
    ASSERT_EQ(control.attached({"video-a"})["ok"], true);
    EXPECT_EQ(control.ask({{"do", "status"}})["messages"],
              json::array({std::string("video-a is closed: ") + c.why}));
  }
}

TEST(RuleBreaker, ADaemonThatBreaksTheRulesIsClosed) {
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

}  // namespace
}  // namespace understudy::sim
