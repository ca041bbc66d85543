// SPDX-License-Identifier: Apache-2.0
// What an appliance may get wrong when it welcomes a playout.
#include <thread>

#include "host/edge/video_output/open_output.hpp"
#include "tests/playout/fake_neighbours.hpp"
#include "tests/playout/support.hpp"

namespace understudy::video_output {
namespace {

using test::sim::Welcome;

constexpr Welcome right{.width = 48, .height = 16, .slots = 4, .slot_bytes = 48 * 16 * 3};

/// What open() says when it is answered with `answer` and memory of `memory_bytes` (0: none).
std::string answered(std::span<const uint8_t> answer, size_t memory_bytes) {
  test::TemporaryFolder folder;
  test::Listener listener(folder / "v");
  std::thread appliance([&] {
    listener.accept();
    listener.receive();
    const Descriptor memory(memfd_create("m", MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(memory.get(), off_t(memory_bytes)), 0);
    listener.send(answer, memory_bytes ? memory.get() : -1);
  });
  const auto output = open("sim:unix:" + (folder / "v").string(), std::chrono::seconds(20));
  appliance.join();
  return output ? "opened" : output.error().text;
}

std::string welcomed(const Welcome& w, size_t memory_bytes) {
  std::array<uint8_t, 64> packet{};
  return answered(std::span(packet).first(test::sim::encode(w, packet)), memory_bytes);
}

void expect_says(const std::string& text, const char* part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(VideoOutput, opens_when_all_is_right) {
  EXPECT_EQ(welcomed(right, 4 * 48 * 16 * 3), "opened");
}

TEST(VideoOutput, a_wrong_welcome_is_a_clear_error) {
  expect_says(welcomed(right, 0), "brings no memory");
  expect_says(welcomed(right, 4 * 48 * 16 * 3 - 1), "smaller than it should be");
  auto w = right;
  w.width = 39;
  expect_says(welcomed(w, 100000), "cannot be served: 39x16");
  w = right;
  w.slot_bytes -= 1;
  expect_says(welcomed(w, 100000), "does not hold frames");
  w = right;
  w.slots = 0;
  expect_says(welcomed(w, 100000), "does not hold frames");
  w = right;
  w.fps_numerator = 0;
  expect_says(welcomed(w, 100000), "cannot be served");
}

TEST(VideoOutput, a_refusal_and_garbage_are_told) {
  const std::vector<uint8_t> refused{3, 'b', 'u', 's', 'y'}, garbage{2, 0, 1};
  expect_says(answered(refused, 0), "refused: busy");
  expect_says(answered(garbage, 0), "something else than a welcome");
}

TEST(VideoOutput, nobody_there_and_unknown_addresses_are_told) {
  test::TemporaryFolder folder;
  const auto none = open("sim:unix:" + (folder / "none").string(), std::chrono::milliseconds(0));
  ASSERT_FALSE(none);
  expect_says(none.error().text, "No such file");
  for (const char* uri : {"", "sim:unix:", "decklink:0", "/tmp/x"}) {
    const auto output = open(uri, std::chrono::milliseconds(0));
    ASSERT_FALSE(output);
    expect_says(output.error().text, "sim:unix:PATH");
  }
  const auto longest = open("sim:unix:/" + std::string(200, 'x'), std::chrono::milliseconds(0));
  ASSERT_FALSE(longest);
  expect_says(longest.error().text, "longer than");
}

TEST(VideoOutput, waits_for_an_output_that_is_still_starting) {
  test::TemporaryFolder folder;
  std::expected<std::unique_ptr<ports::VideoOutput>, Error> output = error("not yet");
  std::thread opening(
      [&] { output = open("sim:unix:" + (folder / "v").string(), std::chrono::seconds(20)); });
  test::FakeAppliance appliance(folder / "v", test::tiny);
  appliance.welcome();
  opening.join();
  ASSERT_TRUE(output) << output.error().text;
  EXPECT_EQ((*output)->raster(), test::tiny);
}

TEST(VideoOutput, a_request_for_a_slot_that_is_not_there_is_an_error) {
  test::TemporaryFolder folder;
  test::FakeAppliance appliance(folder / "v", test::tiny);
  std::thread welcoming([&] { appliance.welcome(); });
  auto output = open("sim:unix:" + (folder / "v").string(), std::chrono::seconds(20));
  welcoming.join();
  ASSERT_TRUE(output);
  std::array<uint8_t, 64> packet{};
  const auto size =
      test::sim::encode(test::sim::Type::genlock, test::sim::FrameMessage{0, 4, 0}, packet);
  appliance.listener().send(std::span(packet).first(size));
  EXPECT_FALSE((*output)->request());
}

}  // namespace
}  // namespace understudy::video_output
