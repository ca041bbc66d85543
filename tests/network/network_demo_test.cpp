// SPDX-License-Identifier: Apache-2.0
// The network demo: its verdict by itself, and one whole run of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/network/lan.hpp"
#include "sim/network/outcome.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

constexpr Mac first{2, 0, 0, 0, 0, 1}, second{2, 0, 0, 0, 0, 2};

Heard segment(std::chrono::nanoseconds at, Mac from, uint32_t sequence, uint32_t bytes) {
  return {.at = WallTime(at), .from = from, .sequence = sequence, .bytes = bytes};
}

/// The sequence number wraps in it, and the second server probes and sends 100 bytes again.
std::vector<Heard> right_download() {
  std::vector<Heard> out{segment(0ms, first, 0xFFFFFF00, 0)};
  out[0].opens = true;
  out.push_back(segment(1ms, first, 0xFFFFFF01, 200));
  out.push_back(segment(4ms, first, 0xFFFFFFC9, 200));
  out.push_back(segment(50ms, second, 0x90, 1));
  out.push_back(segment(51ms, second, 0x2D, 200));
  out.push_back(segment(53ms, second, 0xF5, 200));
  return out;
}

Outcome right_outcome() {
  Outcome o{.fault = "cable", .fault_words = "x", .object_bytes = 700, .bytes_at_fault = 400};
  o.curl_exit = 0, o.connections = 1, o.http_code = 200;
  o.hash_wanted = o.hash_got = "0123456789abcdef0123";
  o.before = {"A", 1}, o.after = {"B", 2};
  o.mac_before = first, o.mac_after = second;
  o.struck = WallTime(3ms);
  o.stream = stream_of(right_download());
  return o;
}

TEST(NetworkOutcome, silences_are_between_new_bytes) {
  const auto s = stream_of(right_download());
  EXPECT_EQ(s.speakers, (std::vector{first, second}));
  ASSERT_TRUE(s.over_change && s.longest_else && s.longest);
  EXPECT_DOUBLE_EQ(s.over_change->milliseconds(), 47);
  EXPECT_DOUBLE_EQ(s.longest->milliseconds(), 47);
  EXPECT_DOUBLE_EQ(s.longest_else->milliseconds(), 3);
  EXPECT_EQ(s.announced, WallTime(50ms));
  EXPECT_EQ(s.resets, 0u);
  EXPECT_TRUE(right_outcome().complaints().empty());
}

TEST(NetworkOutcome, what_is_wrong_is_said) {
  const auto wrong = [](auto change) {
    auto o = right_outcome();
    change(o);
    const auto lines = summary(o);
    return o.complaints().size() == 1 && lines.at(lines.size() - 2).starts_with("WRONG");
  };
  EXPECT_TRUE(wrong([](Outcome& o) { o.curl_exit = 18; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.hash_got = "other"; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.connections = 2; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.http_code = 206; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.bytes_at_fault = o.object_bytes; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.after.term = 1; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.after.server = "A"; }));
  EXPECT_TRUE(wrong([](Outcome& o) { o.packets_missed = 1; }));
  EXPECT_TRUE(wrong([](Outcome& o) {  // a server that goes on after the other has begun
    auto heard = right_download();
    heard.push_back(segment(54ms, first, 0x1BD, 200));
    o.stream = stream_of(heard);
  }));
  EXPECT_TRUE(wrong([](Outcome& o) {
    auto heard = right_download();
    heard[3].reset = true;
    o.stream = stream_of(heard);
  }));
}

TEST(NetworkDemo, a_download_outlives_its_servers_cable) {
  const std::string programs = UNDERSTUDY_PROGRAMS;
  std::string folder = "/tmp/understudy-demo-test-" + std::string(6, 'X');
  ASSERT_TRUE(::mkdtemp(folder.data()));
  std::string said;
  EXPECT_EQ(
      shell(programs + "/understudy-network-demo --size 32 --rate 32 --report " + folder, &said), 0)
      << said;
  const auto report = nlohmann::json::parse(std::ifstream(folder + "/report.json"), nullptr, false);
  ASSERT_TRUE(report.is_object()) << said;
  EXPECT_TRUE(report["right"]) << report.dump(2);
  EXPECT_EQ(report["resets"], 0);
  EXPECT_EQ(report["speakers"].size(), 2u);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace
}  // namespace understudy::network
