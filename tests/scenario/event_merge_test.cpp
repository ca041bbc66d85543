// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/event_merge.hpp"

#include <gtest/gtest.h>

namespace understudy::demo {
namespace {

using protocol::Event;
using protocol::EventKind;
using protocol::Server;

TEST(EventMerge, by_virtual_time_and_at_one_time_gate_then_a_then_b) {
  const std::vector<Event> gate{{1, EventKind::start, 2, 0, 0, 0, 1, 0},
                                {2, EventKind::takeover, 1, 5, 524, 25'200'000, 2, 4}};
  auto a = daemon_records("{\"time\":1000000000,\"kind\":\"state\"}\n", Server::a);
  auto b = daemon_records("{\"time\":5,\"kind\":\"x\"}\n{\"time\":1000000000,\"kind\":\"y\"}\n",
                          Server::b);
  ASSERT_TRUE(a && b);
  const auto all = merge({gate_records(gate, 25'200'000), *a, *b});
  std::string order;
  for (const auto& r : all) order += r.record["who"].get<std::string>() + " ";
  EXPECT_EQ(order, "gate B gate A B ");
  EXPECT_EQ(all[2].record["reason"], "picture_bad");
}

TEST(EventMerge, what_differs_between_two_runs_is_left_out) {
  const auto one =
      daemon_records("{\"time\":1,\"kind\":\"k\",\"pid\":17,\"boot_id\":3}\n", Server::a);
  const auto two =
      daemon_records("{\"time\":1,\"kind\":\"k\",\"pid\":99,\"boot_id\":4}\n", Server::a);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(as_lines(*one), as_lines(*two));
  EXPECT_EQ(as_lines(*one), "{\"time\":1,\"who\":\"A\",\"kind\":\"k\"}\n");
}

TEST(EventMerge, what_a_daemon_writes_by_its_own_clock_is_no_part_of_the_run) {
  const auto all = daemon_records(
      "{\"time\":1,\"clock\":\"virtual\",\"kind\":\"k\"}\n"
      "{\"time\":2,\"clock\":\"monotonic\",\"kind\":\"k\"}\n",
      Server::a);
  ASSERT_TRUE(all);
  EXPECT_EQ(as_lines(*all), "{\"time\":1,\"who\":\"A\",\"kind\":\"k\"}\n");
}

TEST(EventMerge, a_record_cut_short_by_a_kill_is_passed_over_but_garbage_inside_is_an_error) {
  const auto cut = daemon_records("{\"time\":1,\"kind\":\"k\"}\n{\"time\":2,\"ki", Server::a);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->size(), 1u);
  const auto garbage = daemon_records("{\"time\":1}\nnonsense\n{\"time\":3}\n", Server::b);
  ASSERT_FALSE(garbage);
  EXPECT_NE(garbage.error().text.find("line 2"), std::string::npos);
}

TEST(EventMerge, records_that_a_full_disk_lost_are_counted_and_stand_where_they_are_missing) {
  const auto all = daemon_records(
      "{\"time\":5,\"clock\":\"virtual\",\"kind\":\"k\"}\n"
      "{\"kind\":\"records_lost\",\"lost\":3,\"text\":\"3 records could not be written\"}\n"
      "{\"time\":9,\"clock\":\"virtual\",\"kind\":\"k\"}\n",
      Server::a);
  ASSERT_TRUE(all) << all.error().text;
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[1].time, 5u);
  EXPECT_EQ((*all)[1].record["who"], "A");
  EXPECT_EQ(records_lost(*all), 3u);
  const auto first = daemon_records("{\"kind\":\"records_lost\",\"lost\":1}\n", Server::b);
  ASSERT_TRUE(first);
  EXPECT_EQ(records_lost(*first), 1u);
}

}  // namespace
}  // namespace understudy::demo
