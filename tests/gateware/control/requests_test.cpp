// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "Vrequests.h"
#include "bench.hpp"
#include "protocol/events.hpp"
#include "protocol/states.hpp"

namespace understudy::gateware {
namespace {

using protocol::Mode;
using Op = protocol::RequestOp;
using Result = protocol::RequestResult;

struct Answer {
  unsigned asker;
  unsigned id;
  Op op;
  Result result;
  bool operator==(const Answer&) const = default;
};

class Requests {
 public:
  Block<Vrequests> block;
  std::vector<Answer> answers;
  unsigned lost = 0, cleared = 0;

  Requests() { block->ask = 0, block->decide = 0, block->on_air = 0, block->answer_busy = 0; }
  void raise(unsigned asker, Op op, unsigned id) {
    block->ask |= 1u << asker;
    block->ask_op = (block->ask_op & ~(0xFFu << 8 * asker)) | unsigned(op) << 8 * asker;
    block->ask_id = (block->ask_id & ~(0xFFFFull << 16 * asker)) | uint64_t(id) << 16 * asker;
  }
  void clock(unsigned n = 1) {
    for (; n > 0; --n) {
      block.settle();
      if (block->answer_valid) {
        const uint32_t d = block->answer_data;
        answers.push_back({block->answer_asker, d >> 16, Op(d & 0xFF), Result(d >> 8 & 0xFF)});
      }
      lost += block->lost;
      cleared += block->clear_alarms;
      block.clock();
      block->ask = 0, block->decide = 0;
    }
  }
  void ask(unsigned asker, Op op, unsigned id) {
    raise(asker, op, id);
    clock(3);
  }
  std::vector<Answer> take() { return std::exchange(answers, {}); }
};

TEST(Requests, modes_and_alarms_act_at_once_and_are_answered) {
  Requests r;
  EXPECT_EQ(r.block->mode, unsigned(Mode::automatic));
  r.ask(1, Op::mode_manual, 5);
  EXPECT_EQ(r.block->mode, unsigned(Mode::manual));
  r.ask(0, Op::mode_lockout, 6);
  EXPECT_EQ(r.block->mode, unsigned(Mode::lockout));
  r.ask(2, Op::mode_automatic, 7);
  EXPECT_EQ(r.block->mode, unsigned(Mode::automatic));
  r.ask(2, Op::clear_alarms, 8);
  EXPECT_EQ(r.cleared, 1u);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{1, 5, Op::mode_manual, Result::done},
                                           {0, 6, Op::mode_lockout, Result::done},
                                           {2, 7, Op::mode_automatic, Result::done},
                                           {2, 8, Op::clear_alarms, Result::done}}));
}

TEST(Requests, what_is_no_request_is_refused) {
  Requests r;
  for (unsigned op : {0u, 7u, 8u, 128u, 255u}) {
    r.ask(0, Op(op), op);
    EXPECT_EQ(r.take(), (std::vector<Answer>{{0, op, Op(op), Result::refused_unknown}}));
    EXPECT_FALSE(r.block->switch_waits);
    EXPECT_EQ(r.block->mode, 0u);
  }
}

TEST(Requests, a_switch_waits_for_the_boundary_and_a_later_one_replaces_it) {
  Requests r;
  r.ask(0, Op::switch_to_b, 1);
  EXPECT_TRUE(r.block->switch_waits);
  EXPECT_TRUE(r.take().empty());
  r.ask(1, Op::switch_to_b, 2);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{0, 1, Op::switch_to_b, Result::refused_already}}));
  EXPECT_EQ(r.block->switch_id, 2);
  EXPECT_EQ(r.block->switch_asker, 1);
  r.block->decide = 1;
  r.clock();
  EXPECT_FALSE(r.block->switch_waits);
}

TEST(Requests, a_switch_is_refused_at_once_in_lockout_and_to_the_server_on_air) {
  Requests r;
  r.ask(0, Op::switch_to_a, 1);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{0, 1, Op::switch_to_a, Result::refused_already}}));
  r.block->on_air = 1;
  r.ask(0, Op::switch_to_b, 2);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{0, 2, Op::switch_to_b, Result::refused_already}}));
  r.ask(2, Op::mode_lockout, 3);
  r.take();
  r.ask(0, Op::switch_to_a, 4);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{0, 4, Op::switch_to_a, Result::refused_lockout}}));
  EXPECT_FALSE(r.block->switch_waits);
}

TEST(Requests, three_at_once_are_served_in_order_never_in_the_deciding_clock) {
  Requests r;
  for (unsigned a = 0; a < 3; ++a) r.raise(a, Op::clear_alarms, 10 + a);
  r.clock();
  r.block->decide = 1;
  r.clock();
  EXPECT_TRUE(r.answers.empty());
  r.block->answer_busy = 1;
  r.clock(5);
  EXPECT_TRUE(r.answers.empty());
  r.block->answer_busy = 0;
  r.clock(3);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{0, 10, Op::clear_alarms, Result::done},
                                           {1, 11, Op::clear_alarms, Result::done},
                                           {2, 12, Op::clear_alarms, Result::done}}));
  EXPECT_EQ(r.lost, 0u);
}

TEST(Requests, one_overwritten_before_its_turn_is_counted) {
  Requests r;
  r.block->answer_busy = 1;
  r.raise(1, Op::mode_manual, 1);
  r.clock();
  r.raise(1, Op::mode_lockout, 2);
  r.clock();
  r.block->answer_busy = 0;
  r.clock(3);
  EXPECT_EQ(r.lost, 1u);
  EXPECT_EQ(r.take(), (std::vector<Answer>{{1, 2, Op::mode_lockout, Result::done}}));
}

}  // namespace
}  // namespace understudy::gateware
