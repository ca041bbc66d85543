// SPDX-License-Identifier: Apache-2.0
#include "host/core/render/parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/core/render/parameter_timeline.hpp"
#include "protocol/limits.hpp"

namespace understudy::render {
namespace {

TEST(Parameters, take_values_within_their_bounds) {
  Parameters p;
  EXPECT_TRUE(set(p, "caption", "größer \xE2\x82\xAC"));
  EXPECT_TRUE(set(p, "ticker", ""));
  EXPECT_TRUE(set(p, "ticker_speed", "64"));
  EXPECT_TRUE(set(p, "gain", "4000"));
  EXPECT_EQ(p, (Parameters{"größer \xE2\x82\xAC", "", 64, 4000}));
}

TEST(Parameters, refuse_what_is_out_of_bounds_and_stay_as_they_were) {
  const Parameters before{"caption", "ticker", 3, 900};
  const std::string longest(protocol::limits::parameter_bytes_max, 'x');
  const std::pair<const char*, std::string> wrong[] = {{"gain", "4001"},
                                                       {"gain", "-1"},
                                                       {"gain", "1.5"},
                                                       {"gain", "100 "},
                                                       {"gain", "99999999999999999999"},
                                                       {"ticker_speed", "65"},
                                                       {"caption", longest + "x"},
                                                       {"caption", "a\nb"},
                                                       {"caption", "\xFF"},
                                                       {"ticker", "\xC3"},
                                                       {"ticker", "\xC0\x80"},
                                                       {"ticker", "\xED\xA0\x80"},
                                                       {"ticker", "\xF4\x90\x80\x80"},
                                                       {"colour", "red"},
                                                       {"", "x"}};
  for (const auto& [key, value] : wrong) {
    auto p = before;
    EXPECT_FALSE(set(p, key, value)) << key << "=" << value;
    EXPECT_EQ(p, before);
  }
  Parameters p;
  EXPECT_TRUE(set(p, "caption", longest));
}

TEST(Parameters, an_empty_value_is_as_if_never_set) {
  Parameters p{"caption", "ticker", 3, 900};
  for (const char* key : {"caption", "ticker", "ticker_speed", "gain"})
    EXPECT_TRUE(set(p, key, ""));
  EXPECT_EQ(p, Parameters{});
}

TEST(Parameters, errors_name_the_key_and_what_is_allowed) {
  Parameters p;
  EXPECT_EQ(set(p, "gain", "x").error().text, "gain: is a number from 0 to 4000");
  EXPECT_NE(set(p, "colour", "x").error().text.find("caption, ticker"), std::string::npos);
}

TEST(Utf8, characters_are_taken_one_by_one) {
  std::string_view text = "a\xC3\xB6\xE2\x82\xAC\xF0\x9F\x98\x80\x80z";
  std::u32string taken;
  while (!text.empty()) taken += take_character(text);
  EXPECT_EQ(taken, U"a\u00F6\u20AC\U0001F600\uFFFDz");
}

TEST(ParameterTimeline, a_change_holds_from_its_frame_on) {
  ParameterTimeline t;
  ASSERT_TRUE(t.add({1, 0, "gain", "500"}));
  ASSERT_TRUE(t.add({2, 10, "gain", "700"}));
  ASSERT_TRUE(t.add({3, 10, "caption", "ten"}));
  EXPECT_EQ(t.at(9), (Parameters{.gain = 500}));
  EXPECT_EQ(t.at(10), (Parameters{.caption = "ten", .gain = 700}));
  EXPECT_EQ(t.at(9), (Parameters{.gain = 500}));
}

TEST(ParameterTimeline, of_two_for_one_frame_the_later_index_holds) {
  ParameterTimeline t;
  ASSERT_TRUE(t.add({5, 10, "gain", "5"}));
  ASSERT_TRUE(t.add({4, 10, "gain", "4"}));
  EXPECT_EQ(t.at(10).gain, 5u);
}

TEST(ParameterTimeline, a_later_index_outranks_a_later_frame) {
  ParameterTimeline t;
  ASSERT_TRUE(t.add({1, 100, "gain", "1"}));
  ASSERT_TRUE(t.add({2, 90, "gain", "2"}));
  EXPECT_EQ(t.at(95).gain, 2u);
  EXPECT_EQ(t.at(200).gain, 2u);
}

/// Straight from the definition, for comparison: all changes with frame <= k, in order of index.
Parameters folded(std::vector<Change> changes, uint64_t k) {
  std::sort(changes.begin(), changes.end(), [](auto& x, auto& y) { return x.index < y.index; });
  Parameters p;
  for (const auto& c : changes)
    if (c.frame <= k) {
      EXPECT_TRUE(set(p, c.key, c.value));
    }
  return p;
}

TEST(ParameterTimeline, equals_the_fold_of_the_log_in_any_order_of_arrival_also_when_it_forgets) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Change> log;
    for (uint64_t i = 1; i <= 30; ++i)
      log.push_back({i, uint32_t(random() % 60), random() % 2 ? "gain" : "ticker_speed",
                     std::to_string(random() % 65)});
    auto arrival = log;
    std::shuffle(arrival.begin(), arrival.end(), random);
    ParameterTimeline t;
    for (const auto& c : arrival) ASSERT_TRUE(t.add(c));
    for (uint64_t k = 0; k < 70; ++k) ASSERT_EQ(t.at(k), folded(log, k)) << seed << " " << k;
    for (uint64_t k = 0; k < 70; k += 1 + random() % 5) {
      t.forget_before(k);
      ASSERT_EQ(t.at(k), folded(log, k)) << seed << " " << k;
      ASSERT_EQ(t.at(k + 3), folded(log, k + 3)) << seed << " " << k;
    }
    EXPECT_LE(t.size(), 2u);
  }
}

TEST(ParameterTimeline, a_wrong_value_is_an_error_and_changes_nothing) {
  ParameterTimeline t;
  ASSERT_TRUE(t.add({1, 0, "gain", "500"}));
  EXPECT_FALSE(t.add({2, 0, "gain", "bright"}));
  EXPECT_FALSE(t.add({3, 0, "no such key", "1"}));
  EXPECT_EQ(t.at(1), (Parameters{.gain = 500}));
  EXPECT_EQ(t.size(), 1u);
}

TEST(ParameterTimeline, a_log_opened_anew_outranks_higher_indices_of_the_old_one) {
  ParameterTimeline t;
  ASSERT_TRUE(t.add({40, 0, "gain", "400"}));
  ASSERT_TRUE(t.add({41, 0, "caption", "kept"}));
  t.begin_session();
  EXPECT_EQ(t.at(50), (Parameters{.caption = "kept", .gain = 400}));
  ASSERT_TRUE(t.add({1, 60, "gain", "100"}));
  EXPECT_EQ(t.at(59).gain, 400u);
  EXPECT_EQ(t.at(60), (Parameters{.caption = "kept", .gain = 100}));
  t.end_older_sessions();
  EXPECT_EQ(t.at(59), (Parameters{}));
  EXPECT_EQ(t.at(60), (Parameters{.gain = 100}));
  EXPECT_EQ(t.size(), 1u);
}

TEST(ParameterTimeline, is_bounded_and_forgetting_makes_room) {
  ParameterTimeline t;
  for (uint64_t i = 0; i < protocol::limits::log_entries_max; ++i)
    ASSERT_TRUE(t.add({i, uint32_t(i), "gain", "1"}));
  EXPECT_FALSE(t.add({5000, 5000, "gain", "2"}));
  EXPECT_TRUE(t.add({7, 7, "gain", "2"})) << "one that is there already needs no room";
  t.forget_before(100);
  EXPECT_TRUE(t.add({5000, 5000, "gain", "2"}));
}

}  // namespace
}  // namespace understudy::render
