// SPDX-License-Identifier: Apache-2.0
// The state table against a second writing of it: a matrix of where each event leads from each
// state, walked whole. And STATES.md and docs/states.svg must be what the table prints.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "host/core/server_state/describe.hpp"
#include "host/core/server_state/diagram.hpp"
#include "host/core/server_state/server_state.hpp"

namespace understudy::core {
namespace {

// P primary, O primary_offline, N primary_no_secondary, F failed, s secondary, o secondary_offline,
// y synchronizing, S synchronized, n secondary_no_primary; '.' stays and is counted.
const std::string letters = "?PONFsoySn";
// clang-format off
const std::string expected[state_event_count] = {
    // P    O    N    F    s    o    y    S    n
    " .    .    .    .    P    O    P    P    N ",  // on_air
    " s    o    n    .    .    .    .    .    . ",  // off_air
    " .    .    P    .    .    .    .    .    s ",  // peer_seen
    " N    .    .    .    n    .    n    n    . ",  // peer_lost
    " .    .    .    .    .    .    s    s    . ",  // peer_restarted
    " F    F    F    .    F    F    F    F    F ",  // self_failed
    " .    .    .    n    .    .    .    .    . ",  // self_restored
    " O    .    O    .    o    .    o    o    o ",  // operator_offline
    " .    N    .    n    .    n    .    .    . ",  // operator_online
    " .    .    .    .    y    .    .    y    . ",  // sync_started
    " .    .    .    .    .    .    s    .    . ",  // sync_abandoned
    " .    .    .    .    .    .    S    .    . ",  // proven_equal
    " .    .    .    .    .    .    .    y    . ",  // proof_lost
    " F    o    F    .    .    .    s    s    . ",  // appliance_lost
    " .    .    .    n    .    .    .    .    . ",  // appliance_back
};
// clang-format on

/// A machine brought into a state by the shortest way of events.
StateMachine in(ServerState wanted) {
  std::vector<StateMachine> front{StateMachine()};
  for (int depth = 0; depth < 6; ++depth) {
    std::vector<StateMachine> next;
    for (const auto& m : front) {
      if (m.state() == wanted) return m;
      for (size_t e = 0; e < state_event_count; ++e) {
        StateMachine copy = m;
        if (copy.apply(StateEvent(e)) != nullptr) next.push_back(copy);
      }
    }
    front = std::move(next);
  }
  ADD_FAILURE() << "no way to " << to_text(wanted);
  return {};
}

TEST(ServerState, every_event_in_every_state_leads_where_it_should) {
  for (uint8_t s = 1; s <= protocol::server_state_last; ++s)
    for (size_t e = 0; e < state_event_count; ++e) {
      std::string row = expected[e];
      std::erase(row, ' ');
      ASSERT_EQ(row.size(), size_t{protocol::server_state_last});
      const char to = row[s - 1];
      StateMachine m = in(ServerState(s));
      const auto ignored = m.ignored();
      const StateRow* taken = m.apply(StateEvent(e));
      const std::string where =
          std::string(to_text(ServerState(s))) + " on " + std::string(to_text(StateEvent(e)));
      if (to == '.') {
        EXPECT_EQ(taken, nullptr) << where;
        EXPECT_EQ(m.state(), ServerState(s)) << where;
        EXPECT_EQ(m.ignored(), ignored + 1) << where;
      } else {
        EXPECT_NE(taken, nullptr) << where;
        EXPECT_EQ(letters[uint8_t(m.state())], to) << where;
        EXPECT_EQ(m.ignored(), ignored) << where;
      }
    }
}

TEST(ServerState, has_all_nine_states_and_every_event_in_its_table) {
  std::array<bool, 10> from{};
  std::array<bool, state_event_count> on{};
  for (const auto& row : state_table()) {
    from[uint8_t(row.from)] = true;
    on[uint8_t(row.on)] = true;
  }
  for (uint8_t s = 1; s <= 9; ++s) EXPECT_TRUE(from[s]) << to_text(ServerState(s));
  for (size_t e = 0; e < state_event_count; ++e) EXPECT_TRUE(on[e]) << to_text(StateEvent(e));
}

std::string content_of(const char* path) {
  std::ifstream in_file(path);
  std::stringstream text;
  text << in_file.rdbuf();
  return text.str();
}

TEST(ServerState, its_page_is_what_the_table_prints) {
  EXPECT_TRUE(content_of("host/core/server_state/STATES.md") == states_markdown())
      << "stale; type: ./dev run state_table > host/core/server_state/STATES.md";
}

TEST(ServerState, its_picture_is_what_the_table_draws) {
  EXPECT_TRUE(content_of("docs/states.svg") == states_svg())
      << "stale; type: ./dev run state_table --svg > docs/states.svg, and look at it";
}

TEST(ServerState, its_picture_shows_every_row_once_and_each_arrow_has_a_way_of_its_own) {
  std::map<std::pair<ServerState, StateEvent>, ServerState> drawn;
  for (const auto& arrow : state_arrows()) {
    EXPECT_TRUE(arrow.drawn_by_hand)
        << to_text(arrow.from[0]) << " to " << to_text(arrow.to) << ": say where (diagram.cpp)";
    for (const auto from : arrow.from)
      for (const auto on : arrow.on) {
        EXPECT_TRUE(drawn.emplace(std::pair(from, on), arrow.to).second)
            << to_text(from) << " on " << to_text(on) << " twice";
      }
  }
  EXPECT_EQ(drawn.size(), state_table().size());
  for (const auto& row : state_table()) {
    ASSERT_TRUE(drawn.contains({row.from, row.on})) << to_text(row.from) << to_text(row.on);
    EXPECT_EQ(drawn.at({row.from, row.on}), row.to);
  }
}

}  // namespace
}  // namespace understudy::core
