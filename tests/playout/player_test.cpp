// SPDX-License-Identifier: Apache-2.0
// The playout between an appliance and a daemon, both of them this test.
#include "host/edge/playout/player.hpp"

#include <sys/eventfd.h>

#include <optional>
#include <thread>

#include "host/edge/reference/reference_frames.hpp"
#include "host/edge/video_output/open_output.hpp"
#include "protocol/line_tag.hpp"
#include "tests/playout/fake_neighbours.hpp"
#include "tests/playout/support.hpp"

namespace understudy::playout {
namespace {

using test::application::Alive;
using test::application::Applied;
using test::application::Discard;
using test::application::Parameter;

class PlayerTest : public testing::Test {
 protected:
  void start(FrameMakerOptions making = {}, bool managed = true) {
    making.asset = test::default_clip();
    if (managed) daemon_.emplace(folder_ / "applications");
    player_ = std::thread([this, making, managed] { play(making, managed); });
    appliance_.welcome();
    if (managed) daemon_->accept();
  }
  void play(const FrameMakerOptions& making, bool managed) {
    const auto uri = "sim:unix:" + (folder_ / "video-a").string();
    auto output = video_output::open(uri, std::chrono::seconds(20));
    auto maker = FrameMaker::open(making, test::tiny);
    if (!output || !maker) return;
    std::optional<DaemonLink> link;
    if (managed) link.emplace(DaemonLinkOptions{folder_ / "applications", "playout", 100});
    Player player(*maker, link ? &*link : nullptr, stop_.get(), [](auto) {});
    ended_ = player.greet(std::chrono::seconds(20));
    if (!ended_) ended_ = player.run(**output);
  }
  void finish() {
    eventfd_write(stop_.get(), 1);
    if (player_.joinable()) player_.join();
  }
  void TearDown() override { finish(); }

  std::vector<uint8_t> expected(uint32_t k, const std::vector<render::Change>& changes = {}) {
    if (!reference_)
      reference_ =
          reference::ReferenceFrames::open({.asset = test::default_clip(), .raster = test::tiny})
              .value();
    reference_->parameters() = {};
    for (const auto& c : changes) EXPECT_TRUE(reference_->parameters().add(c));
    const auto f = reference_->frame(k);
    return {f->begin(), f->end()};
  }
  static std::vector<uint8_t> cleared(std::vector<uint8_t> frame) {
    for (size_t i = 0; i < frame.size(); ++i)
      if (i % test::tiny.line_bytes() < 120) frame[i] &= 0xFE;
    return frame;
  }
  static std::optional<protocol::LineTag> tag(const std::vector<uint8_t>& frame, size_t line) {
    if (frame.empty()) return std::nullopt;
    return protocol::read_tag(
        std::span(frame).subspan(line * test::tiny.line_bytes(), test::tiny.line_bytes()));
  }

  test::TemporaryFolder folder_;
  test::FakeAppliance appliance_{folder_ / "video-a", test::tiny};
  std::optional<test::FakeDaemon> daemon_;
  Descriptor stop_{eventfd(0, EFD_CLOEXEC)};
  std::thread player_;
  std::optional<Ended> ended_;
  std::optional<reference::ReferenceFrames> reference_;
};

TEST_F(PlayerTest, unmanaged_it_sends_the_frames_that_are_asked_for_tagged) {
  start({}, false);
  appliance_.genlock(0);
  appliance_.genlock(1);
  appliance_.genlock(2);
  for (uint32_t k = 0; k < 20; ++k) {
    const auto frame = appliance_.frame(k);
    ASSERT_EQ(cleared(frame), expected(k)) << k;
    for (size_t y = 0; y < test::tiny.height; ++y) {
      const auto t = tag(frame, y);
      ASSERT_TRUE(t) << k << ":" << y;
      EXPECT_EQ(t->frame, k);
      EXPECT_EQ(t->line, y);
      EXPECT_FALSE(t->discard());
    }
    appliance_.genlock(k + 3);
  }
}

TEST_F(PlayerTest, joins_at_any_frame) {
  start({}, false);
  EXPECT_EQ(cleared(appliance_.ask(1234567)), expected(1234567));
  EXPECT_EQ(cleared(appliance_.ask(1234568)), expected(1234568));
}

TEST_F(PlayerTest, registers_with_name_deadline_and_the_wish_for_parameters) {
  start();
  const auto hello = daemon_->hello();
  EXPECT_EQ(hello.name, "playout");
  EXPECT_EQ(hello.deadline_ms, 100u);
  EXPECT_EQ(hello.flags, test::application::wants_parameters);
}

TEST_F(PlayerTest, alive_with_the_genlocks_time_is_there_before_the_frame) {
  start();
  for (uint32_t k = 0; k < 10; ++k) {
    ASSERT_FALSE(appliance_.ask(k).empty());
    const auto alive = test::application::decode_alive(daemon_->listener().receive(0));
    ASSERT_TRUE(alive) << k;
    EXPECT_EQ(alive->time, test::FakeAppliance::time_of(k));
  }
}

TEST_F(PlayerTest, a_parameter_said_before_the_genlock_is_in_that_frame_and_answered) {
  start();
  std::vector<render::Change> changes;
  for (uint32_t k = 0; k < 30; ++k) {
    const auto value = std::to_string(500 + k);
    daemon_->say(Parameter{k + 1, k, "gain", value});
    changes.push_back({k + 1, k, "gain", value});
    ASSERT_EQ(cleared(appliance_.ask(k)), expected(k, changes)) << k;
    const auto applied = test::application::decode_applied(daemon_->listener().receive(0));
    ASSERT_TRUE(applied) << k;
    EXPECT_EQ(applied->index, k + 1);
    ASSERT_TRUE(test::application::decode_alive(daemon_->listener().receive(0)));
  }
}

TEST_F(PlayerTest, a_parameter_is_answered_also_while_no_frame_is_asked_for) {
  start();
  daemon_->say(Parameter{7, 100, "caption", "later"});
  const auto applied = test::application::decode_applied(daemon_->listener().receive());
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->index, 7u);
}

TEST_F(PlayerTest, a_change_lands_on_its_stamped_frame_and_not_before) {
  start();
  daemon_->say(Parameter{1, 12, "gain", "300"});
  for (uint32_t k = 8; k < 16; ++k)
    ASSERT_EQ(cleared(appliance_.ask(k)), expected(k, {{1, 12, "gain", "300"}})) << k;
  EXPECT_NE(expected(12), expected(12, {{1, 12, "gain", "300"}}));
}

TEST_F(PlayerTest, a_value_out_of_range_is_answered_and_passed_over) {
  start();
  daemon_->say(Parameter{1, 0, "gain", "bright"});
  daemon_->say(Parameter{2, 0, "unknown", "x"});
  EXPECT_EQ(cleared(appliance_.ask(3)), expected(3));
  EXPECT_TRUE(test::application::decode_applied(daemon_->listener().receive()));
}

TEST_F(PlayerTest, discard_is_marked_as_told) {
  start();
  for (uint32_t k = 0; k < 8; ++k) {
    const bool on = k / 2 % 2 == 0;
    if (k % 2 == 0) {
      daemon_->say(Discard{on});
      for (;;) {  // after the signs of life of the frames before
        const auto packet = daemon_->listener().receive();
        ASSERT_FALSE(packet.empty());
        if (const auto back = test::application::decode_discard(packet)) {
          EXPECT_EQ(back->on, on);
          break;
        }
      }
    }
    const auto t = tag(appliance_.ask(k), 15);
    ASSERT_TRUE(t);
    EXPECT_EQ(t->discard(), on) << k;
  }
}

TEST_F(PlayerTest, a_mark_is_for_frames_asked_for_after_it) {
  start();
  ASSERT_FALSE(appliance_.ask(0).empty());
  for (uint32_t k = 1; k < 9; k += 2) {
    const bool on = k / 2 % 2 == 0;
    appliance_.genlock(k);
    appliance_.genlock(k + 1);
    daemon_->say(Discard{on});
    for (uint32_t i = k; i < k + 2; ++i) {
      const auto t = tag(appliance_.frame(i), 3);
      ASSERT_TRUE(t);
      EXPECT_EQ(t->discard(), !on && k > 1) << i;
    }
    while (!test::application::decode_discard(
        daemon_->listener().receive()));  // signs of life before it
  }
}

TEST_F(PlayerTest, plays_on_without_its_daemon_and_registers_at_the_next_one) {
  start();
  std::vector<render::Change> now{{40, 0, "gain", "700"}};
  daemon_->say(Parameter{40, 0, "gain", "700"});
  ASSERT_EQ(cleared(appliance_.ask(0)), expected(0, now));
  daemon_->listener().hang_up();
  daemon_.reset();
  for (uint32_t k = 1; k < 6; ++k) ASSERT_EQ(cleared(appliance_.ask(k)), expected(k, now)) << k;
  daemon_.emplace(folder_ / "applications");
  daemon_->accept();
  daemon_->say(Parameter{1, 9, "gain", "200"});
  for (uint32_t k = 6; k < 12; ++k) {
    now[0].value = k < 9 ? "700" : "200";
    ASSERT_EQ(cleared(appliance_.ask(k)), expected(k, now)) << k;
  }
}

TEST_F(PlayerTest, what_a_log_begun_anew_does_not_know_goes_with_the_lead_of_the_log) {
  start();
  const std::vector<render::Change> old{{40, 0, "caption", "old"}, {41, 0, "gain", "700"}},
      kept{{1, 0, "gain", "700"}};
  daemon_->say(Parameter{40, 0, "caption", "old"});
  daemon_->say(Parameter{41, 0, "gain", "700"});
  ASSERT_EQ(cleared(appliance_.ask(0)), expected(0, old));
  const std::array<uint8_t, 1> accepted{uint8_t(test::application::Type::accepted)};
  daemon_->listener().send(accepted);
  daemon_->say(Parameter{1, 0, "gain", "700"});
  const uint32_t lead = protocol::limits::log_lead_frames;
  for (uint32_t k = 1; k < lead + 5; ++k)
    ASSERT_EQ(cleared(appliance_.ask(k)), expected(k, k < 1 + lead ? old : kept)) << k;
}

TEST_F(PlayerTest, a_daemon_that_reads_nothing_does_not_stop_the_picture) {
  start();
  for (uint32_t k = 0; k < 2000; ++k) ASSERT_FALSE(appliance_.ask(k).empty()) << k;
}

TEST_F(PlayerTest, garbage_from_the_daemon_is_passed_over) {
  start();
  for (const std::vector<uint8_t>& packet : {std::vector<uint8_t>{5},
                                             {5, 1, 2, 3},
                                             {0},
                                             {99, 1},
                                             {7, 2},
                                             std::vector<uint8_t>(60000, 5)})
    daemon_->listener().send(packet);
  EXPECT_EQ(cleared(appliance_.ask(4)), expected(4));
}

TEST_F(PlayerTest, diverges_at_the_line_it_is_told_to_with_right_tags) {
  start({.diverge_at = Divergence{5, 7}}, false);
  for (uint32_t k = 3; k < 8; ++k) {
    const auto frame = appliance_.ask(k);
    const auto plain = expected(k);
    const auto mine = cleared(frame);
    for (size_t y = 0; y < test::tiny.height; ++y) {
      const auto at = ptrdiff_t(y * test::tiny.line_bytes());
      const bool same =
          std::equal(mine.begin() + at, mine.begin() + at + ptrdiff_t(test::tiny.line_bytes()),
                     plain.begin() + at);
      EXPECT_EQ(same, k < 5 || (k == 5 && y < 7)) << k << ":" << y;
      const auto t = tag(frame, y);
      ASSERT_TRUE(t);
      EXPECT_EQ(t->picture_crc, protocol::picture_crc(
                                    std::span(frame).subspan(size_t(at), test::tiny.line_bytes())));
    }
  }
}

TEST_F(PlayerTest, without_tags_the_picture_goes_out_untouched) {
  start({.tags = false}, false);
  const auto frame = appliance_.ask(9);
  EXPECT_EQ(cleared(frame), expected(9));
  EXPECT_FALSE(tag(frame, 0));
}

TEST_F(PlayerTest, ends_when_the_video_output_closes_and_says_goodbye) {
  start();
  ASSERT_FALSE(appliance_.ask(0).empty());
  appliance_.listener().hang_up();
  player_.join();
  ASSERT_TRUE(ended_);
  EXPECT_EQ(ended_->end, End::output_ended);
  EXPECT_NE(ended_->why.find("closed"), std::string::npos) << ended_->why;
  EXPECT_TRUE(test::application::decode_alive(daemon_->listener().receive()));
  EXPECT_EQ(daemon_->listener().receive(), std::vector<uint8_t>{8});
}

TEST_F(PlayerTest, ends_with_the_reason_when_the_video_output_refuses_it) {
  start({}, false);
  ASSERT_FALSE(appliance_.ask(0).empty());
  appliance_.listener().send(std::vector<uint8_t>{3, 'w', 'h', 'y'});
  player_.join();
  ASSERT_TRUE(ended_);
  EXPECT_EQ(ended_->why, "the video output refused: why");
}

TEST_F(PlayerTest, told_to_stop_before_the_daemon_has_answered_it_says_goodbye) {
  daemon_.emplace(folder_ / "applications");
  player_ = std::thread([this] { play({.asset = test::default_clip()}, true); });
  appliance_.welcome();
  daemon_->listener().accept();
  ASSERT_TRUE(test::application::decode_hello(daemon_->listener().receive()));
  finish();
  EXPECT_EQ(daemon_->listener().receive(), std::vector<uint8_t>{8});
}

TEST_F(PlayerTest, told_to_stop_it_says_goodbye) {
  start();
  finish();
  ASSERT_TRUE(ended_);
  EXPECT_EQ(ended_->end, End::stopped);
  EXPECT_EQ(daemon_->listener().receive(), std::vector<uint8_t>{8});
}

TEST_F(PlayerTest, a_daemon_that_refuses_ends_it_with_its_reason) {
  daemon_.emplace(folder_ / "applications");
  player_ = std::thread([this] { play({.asset = test::default_clip()}, true); });
  appliance_.welcome();
  daemon_->listener().accept();
  daemon_->listener().receive();
  std::vector<uint8_t> refused{3};
  for (char c : std::string("that name is taken")) refused.push_back(uint8_t(c));
  daemon_->listener().send(refused);
  player_.join();
  ASSERT_TRUE(ended_);
  EXPECT_EQ(ended_->end, End::refused);
  EXPECT_NE(ended_->why.find("that name is taken"), std::string::npos);
}

}  // namespace
}  // namespace understudy::playout
