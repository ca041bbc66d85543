// SPDX-License-Identifier: Apache-2.0
#include "firmware/self_test.hpp"

#include <gtest/gtest.h>

namespace understudy::firmware {
namespace {
using protocol::Server;
using Phase = SelfTest::Phase;

/// A gate that does as it is told, but for one fault.
struct Gate {
  enum Fault {
    none,
    server_there,
    not_equal,
    does_not_change,
    does_not_return,
    loses_lines
  } fault = none;
  SelfTest test;
  SelfTest::Facts facts{1000, 5, 7, Server::a, false};
  bool begun = false, ended = false;
  unsigned beats = 0, changes = 0;

  explicit Gate(Fault f) : fault(f) { test.ask(facts); }
  void run(uint32_t ms) {
    for (; ms > 0 && test.busy(); --ms) {
      ++facts.now;
      if (fault == server_there && facts.now == 1500) ++facts.beats;
      const auto a = test.step(facts);
      begun = begun || a.begin;
      ended = ended || a.end;
      beats += a.beat;
      if (a.beat) facts.beats += 2;
      facts.is_protected = begun && !ended && fault != not_equal;
      if (!a.switch_to) continue;
      ++changes;
      if (fault == does_not_change || (fault == does_not_return && changes == 2)) continue;
      facts.on_air = *a.switch_to;
      if (fault == loses_lines) ++facts.lines_wrong;
    }
  }
};

TEST(SelfTest, a_sound_gate_passes_and_is_left_as_it_was) {
  Gate g(Gate::none);
  g.run(20'000);
  EXPECT_EQ(g.test.phase(), Phase::passed);
  EXPECT_EQ(g.changes, 2u);
  EXPECT_EQ(g.facts.on_air, Server::a);
  EXPECT_TRUE(g.begun && g.ended);
  EXPECT_GT(g.beats, 2u);
}

TEST(SelfTest, each_fault_fails_it_by_its_name_and_the_pattern_is_taken_away) {
  const std::pair<Gate::Fault, const char*> faults[] = {
      {Gate::server_there, "a server is there"},
      {Gate::not_equal, "the inputs are not proven equal"},
      {Gate::does_not_change, "the gate does not change"},
      {Gate::does_not_return, "the gate does not change"},
      {Gate::loses_lines, "lines were lost in the change"}};
  for (const auto& [fault, why] : faults) {
    Gate g(fault);
    g.run(20'000);
    EXPECT_EQ(g.test.phase(), Phase::failed);
    EXPECT_STREQ(g.test.why(), why);
    EXPECT_EQ(g.ended, g.begun) << why;
    EXPECT_EQ(g.begun, fault != Gate::server_there);
  }
}

}  // namespace
}  // namespace understudy::firmware
