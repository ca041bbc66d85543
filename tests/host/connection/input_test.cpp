// SPDX-License-Identifier: Apache-2.0
// What is told of a client's segments and what the second makes of it, without a network.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/core/connection/input.hpp"

namespace understudy::core {
namespace {

namespace limits = protocol::limits;
using Fate = InputTold::Fate;

const Stream stream{{0xFFFFFF00}};  // its numbers go round after 255 bytes

std::span<const uint8_t> as_bytes(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}
InputTold::Segment segment(uint64_t offset, uint32_t bytes, bool fin = false) {
  return {stream.at({offset}), bytes, fin};
}

TEST(Input, new_bytes_are_told_once) {
  InputTold told;
  auto d = told.take(stream, segment(0, 100));
  EXPECT_EQ(d.fate, Fate::tell);
  EXPECT_EQ(d.from, StreamOffset{0});
  EXPECT_EQ(told.take(stream, segment(0, 100)).fate, Fate::known) << "sent again";
  EXPECT_EQ(told.take(stream, segment(20, 50)).fate, Fate::known);
  d = told.take(stream, segment(90, 30));
  EXPECT_EQ(d.fate, Fate::tell);
  EXPECT_EQ(d.from, StreamOffset{100});
  EXPECT_EQ(d.skip, 10u);
  EXPECT_EQ(told.take(stream, {stream.at({0}) - 1, 1}).fate, Fate::known) << "a keep-alive probe";
}

TEST(Input, the_fin_counts_as_one) {
  InputTold told;
  EXPECT_EQ(told.take(stream, segment(0, 10, true)).fate, Fate::tell);
  EXPECT_EQ(told.take(stream, segment(10, 0, true)).fate, Fate::known);
  InputTold other;
  other.taken({10}, false);
  EXPECT_EQ(other.take(stream, segment(10, 0, true)).fate, Fate::tell);
  other.taken({10}, true);
  EXPECT_EQ(other.take(stream, segment(10, 0, true)).fate, Fate::known);
}

TEST(Input, what_there_is_no_room_for_is_refused) {
  InputTold told;
  EXPECT_EQ(told.take(stream, segment(limits::input_held_max - 9, 10)).fate, Fate::refuse);
  EXPECT_EQ(told.take(stream, segment(limits::input_held_max - 10, 10)).fate, Fate::tell);
  told.taken({1}, false);
  EXPECT_EQ(told.take(stream, segment(limits::input_held_max, 1)).fate, Fate::tell);
  InputTold pieces;
  for (uint32_t i = 0; i < limits::input_stretches_max; ++i)
    EXPECT_EQ(pieces.take(stream, segment(1 + 2 * i, 1)).fate, Fate::tell);
  EXPECT_EQ(pieces.take(stream, segment(100'001, 1)).fate, Fate::refuse);
  EXPECT_EQ(pieces.take(stream, segment(0, 1)).fate, Fate::tell) << "what closes a hole always may";
  for (const uint32_t far : {1u << 29, 1u << 30, 1u << 31, 3u << 30})
    EXPECT_NE(pieces.take(stream, {stream.at({0}) + far, 1}).fate, Fate::tell) << "out of window";
}

TEST(Input, a_record_takes_what_was_held) {
  InputHeld held;
  EXPECT_TRUE(held.add({0}, as_bytes("abcdef"), false));
  EXPECT_EQ(held.bytes({0}), "abcdef");
  held.taken({4});
  EXPECT_EQ(held.bytes({4}), "ef");
  held.taken({9});  // the record knows more than was told
  EXPECT_EQ(held.end(), StreamOffset{9});
  EXPECT_EQ(held.bytes({9}), "");
  EXPECT_TRUE(held.add({7}, as_bytes("hijk"), true));
  EXPECT_EQ(held.bytes({9}), "jk");
  EXPECT_TRUE(held.closed());
  EXPECT_EQ(held.end(), StreamOffset{11}) << "the FIN is no byte";
}

TEST(Input, bytes_behind_a_hole_wait_for_it) {
  InputHeld held;
  EXPECT_TRUE(held.add({3}, as_bytes("def"), true));
  EXPECT_EQ(held.bytes({0}), "");
  EXPECT_FALSE(held.closed());
  EXPECT_TRUE(held.add({0}, as_bytes("abc"), false));
  EXPECT_EQ(held.bytes({0}), "abcdef");
  EXPECT_TRUE(held.closed());
  EXPECT_FALSE(held.add({limits::input_held_max}, as_bytes("x"), false));
}

/// A stream cut, repeated, overlapping and out of order; records come now and then. When all that
/// was not refused is told, the second has every byte that is whole, and the same bytes.
TEST(Input, any_order_of_segments_gives_the_same_stream) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto up_to = [&](uint64_t n) {
      return std::uniform_int_distribution<uint64_t>(0, n)(random);
    };
    std::string all(2000, 0);
    for (auto& c : all) c = static_cast<char>(random());
    InputTold told;
    InputHeld held;
    StreamOffset recorded;
    while (!held.closed()) {
      const uint64_t lowest = up_to(4) ? recorded.value : 0;
      const uint64_t at = std::min<uint64_t>(lowest + up_to(300), all.size());
      const auto n = static_cast<uint32_t>(std::min(up_to(120), all.size() - at));
      const bool fin = at + n == all.size();
      if (n == 0 && !fin) continue;
      const auto d = told.take(stream, segment(at, n, fin));
      if (d.fate == Fate::tell) {
        const auto skip = std::min(d.skip, n);
        ASSERT_TRUE(held.add(d.from, as_bytes(all.substr(at + skip, n - skip)), fin));
      }
      ASSERT_EQ(held.bytes(recorded), all.substr(recorded.value, held.end() - recorded));
      if (up_to(9) == 0) {
        recorded = recorded + up_to(held.end() - recorded);
        told.taken(recorded, false);
        held.taken(recorded);
      }
    }
    EXPECT_EQ(held.end(), StreamOffset{all.size()});
    EXPECT_EQ(told.kept(), all.size() + 1 - recorded.value);
  }
}

}  // namespace
}  // namespace understudy::core
