// SPDX-License-Identifier: Apache-2.0
// Every kind of the gate's events has a meaning of its own, with the number that it brings.
#include "host/core/gate_event/gate_event.hpp"

#include <gtest/gtest.h>

#include <set>

namespace understudy::core {
namespace {

using protocol::Event;
using protocol::EventKind;

TEST(GateEvent, every_kind_is_found_by_its_name_and_has_a_meaning_of_its_own) {
  std::set<std::string> meanings;
  for (uint8_t k = 1; k <= protocol::event_kind_last; ++k) {
    const auto kind = EventKind(k);
    EXPECT_EQ(gate_event_named(to_text(kind)), kind);
    const auto meaning = gate_event_meaning({.kind = kind, .data = 7});
    EXPECT_FALSE(meaning.empty()) << to_text(kind);
    EXPECT_TRUE(meanings.insert(meaning).second) << meaning;
    if (const auto amount = gate_event_amount(kind, 7); !amount.empty()) {
      EXPECT_NE(meaning.find(amount), std::string::npos) << meaning;
    }
  }
  EXPECT_FALSE(gate_event_named("no_such_kind"));
}

TEST(GateEvent, says_who_and_why) {
  EXPECT_EQ(gate_event_meaning({.kind = EventKind::takeover, .source = 1, .term = 2, .data = 3}),
            "B is on air, term 2, because of: beats missed");
  EXPECT_EQ(gate_event_meaning({.kind = EventKind::hold, .data = 0x104}),
            "a change was due and not made: picture bad, too many changes");
  EXPECT_EQ(gate_event_meaning({.kind = EventKind::request, .source = 0, .data = 0x10302}),
            "A asked switch to b: refused already");
  EXPECT_EQ(gate_event_meaning({.kind = EventKind::rescued_lines, .source = 2, .data = 1}),
            "1 line rescued in the frame just sent");
}

}  // namespace
}  // namespace understudy::core
