// SPDX-License-Identifier: Apache-2.0
#include "protocol/registers.hpp"
#include "protocol/link.hpp"

#include <gtest/gtest.h>

#include "Vregisters.h"
#include "bench.hpp"

namespace understudy::gateware {
namespace {

namespace reg = protocol::registers;

class Registers {
 public:
  Block<Vregisters> block;

  Registers() {
    auto& b = block;
    b->psel = b->penable = b->pwrite = 0;
    b->line_rescued = b->line_lost = b->line_bad = b->beat = b->miss = 0;
    b->event_tvalid = 0;
  }
  uint32_t read(uint16_t address, bool expect_error = false) {
    block->psel = 1, block->penable = 0, block->pwrite = 0, block->paddr = address;
    block.clock();
    block->penable = 1;
    block.settle();
    EXPECT_TRUE(block->pready);
    EXPECT_EQ(block->pslverr, expect_error) << address;
    const uint32_t data = block->prdata;
    block.clock();
    block->psel = block->penable = 0;
    return data;
  }
  void write(uint16_t address, uint32_t data) {
    block->psel = 1, block->penable = 0, block->pwrite = 1, block->paddr = address,
    block->pwdata = data;
    block.settle();
    EXPECT_FALSE(block->command || block->event_tready);  // not before the access phase
    block.clock();
    block->penable = 1;
    block.settle();
    saw_command = block->command, saw_pop = block->event_tready;
    block.clock();
    block->psel = block->penable = block->pwrite = 0;
    block.settle();
    EXPECT_FALSE(block->command || block->event_tready);
  }
  bool saw_command = false, saw_pop = false;
};

TEST(Registers, say_who_they_are_and_reset_as_stated) {
  Registers r;
  EXPECT_EQ(r.read(reg::id), reg::id_value);
  EXPECT_EQ(r.read(reg::version), protocol::link_version);
  EXPECT_EQ(r.read(reg::raster), 16u << 16 | 48u);
  EXPECT_EQ(r.read(reg::raster_total), 20u << 16 | 80u);
  EXPECT_EQ(r.read(reg::control), reg::control_rescue);
  EXPECT_EQ(r.read(reg::beats), 8u << 8 | 3u);
  EXPECT_EQ(r.read(reg::beat_period), 80u * 20u / 8 * 5 / 4);
  EXPECT_EQ(r.read(reg::bad_lines), 1u);
  EXPECT_EQ(r.read(reg::flap), 600u << 16 | 3u);
  EXPECT_EQ(r.read(reg::return_hold), 600u);
  EXPECT_EQ(r.read(reg::slate), 0x101030u);
  EXPECT_EQ(r.read(reg::untagged), 0u);
  EXPECT_EQ(r.read(reg::freeze), 5u);
  EXPECT_EQ(r.read(reg::black), 2u << 8 | 16u);
  EXPECT_EQ(r.read(reg::proven), 8u);
}

TEST(Registers, every_m_and_n_becomes_the_nearest_allowed_pair) {
  Registers r;
  for (uint32_t n = 0; n < 32; ++n)
    for (uint32_t m = 0; m < 32; ++m) {
      r.write(reg::beats, 0xFFFFE0E0u | n << 8 | m);
      const uint32_t right_n = std::clamp(n, 1u, 16u), right_m = std::clamp(m, 1u, right_n);
      EXPECT_EQ(r.read(reg::beats), right_n << 8 | right_m);
      EXPECT_EQ(r.block->window, right_n);
      EXPECT_EQ(r.block->missed_max, right_m);
    }
}

TEST(Registers, values_out_of_range_become_the_nearest_and_spare_bits_are_not_kept) {
  Registers r;
  const struct {
    uint16_t address;
    uint32_t written, kept;
  } rows[] = {
      {reg::beat_period, 0, 16},
      {reg::beat_period, 15, 16},
      {reg::beat_period, 16, 16},
      {reg::beat_period, 0xFFFFFFFF, 0xFFFFFF},
      {reg::bad_lines, 0, 1},
      {reg::bad_lines, 0xABCD1234, 0x1234},
      {reg::flap, 0x12340000, 0x12340001},
      {reg::flap, 0xFFFFFFFF, 0xFFFF0004},
      {reg::flap, 0x00050005, 0x00050004},
      {reg::proven, 0, 1},
      {reg::proven, 0xFFFF, 0xFFFF},
      {reg::return_hold, 0, 0},
      {reg::control, 0xFFFFFFFF, 0xF},
      {reg::untagged, 0xFFFFFFFF, 3},
      {reg::slate, 0xFF123456, 0x123456},
      {reg::freeze, 0x1FF, 0xFF},
      {reg::black, 0xFFFFABCD, 0xABCD},
      {reg::frame, 5, 0x01020304},  // read only
  };
  r.block->frame = 0x01020304;
  for (const auto& row : rows) {
    r.write(row.address, row.written);
    EXPECT_EQ(r.read(row.address), row.kept) << std::hex << row.address << " <- " << row.written;
  }
}

TEST(Registers, a_command_is_passed_on_once) {
  Registers r;
  r.write(reg::command, 0xFF123402);
  EXPECT_TRUE(r.saw_command);
  r.block->pwdata = 0xFF123402;
  r.block.settle();
  EXPECT_EQ(r.block->command_op, 2);
  EXPECT_EQ(r.block->command_id, 0x1234);
  r.write(reg::control, 1);
  EXPECT_FALSE(r.saw_command);
}

TEST(Registers, status_shows_its_inputs_and_counters_count) {
  Registers r;
  auto& b = r.block;
  b->term = 77, b->on_air = 1, b->is_protected = 0, b->healthy = 2, b->mode = 2, b->alarms = 0x1234;
  b->equal_frames = 999, b->link_errors = uint64_t{5} << 32 | 4;
  EXPECT_EQ(r.read(reg::term), 77u);
  EXPECT_EQ(r.read(reg::status), 2u << 4 | 1u << 3 | 1u);
  b->is_protected = 1, b->on_air = 0, b->healthy = 1, b->mode = 1;
  EXPECT_EQ(r.read(reg::status), 1u << 4 | 1u << 2 | 1u << 1);
  EXPECT_EQ(r.read(reg::alarms), 0x1234u);
  EXPECT_EQ(r.read(reg::equal_frames), 999u);
  EXPECT_EQ(r.read(reg::link_errors_a), 4u);
  EXPECT_EQ(r.read(reg::link_errors_b), 5u);
  b->beat = 1, b->miss = 2, b->line_bad = 2, b->line_rescued = 1;
  b.clock(3);
  b->beat = 2, b->miss = 1, b->line_bad = 1, b->line_rescued = 0, b->line_lost = 1;
  b.clock(4);
  b->beat = b->miss = b->line_bad = b->line_lost = 0;
  EXPECT_EQ(r.read(reg::beats_a), 3u);
  EXPECT_EQ(r.read(reg::beats_b), 4u);
  EXPECT_EQ(r.read(reg::missed_a), 4u);
  EXPECT_EQ(r.read(reg::missed_b), 3u);
  EXPECT_EQ(r.read(reg::bad_lines_a), 4u);
  EXPECT_EQ(r.read(reg::bad_lines_b), 3u);
  EXPECT_EQ(r.read(reg::rescued), 3u);
  EXPECT_EQ(r.read(reg::lost), 4u);
}

TEST(Registers, the_event_at_hand_is_readable_field_by_field_and_popped_by_a_write) {
  Registers r;
  auto& b = r.block;
  const uint32_t words[] = {0xDA7ADA7A, 0x7E230001, 0xC10C0002, 0x0011C10C, 0xF4A3E000, 0x0201};
  for (int i = 0; i < 6; ++i) b->event_data[i] = words[i];
  b->event_sequence = 42, b->event_waiting = 3;
  EXPECT_EQ(r.read(reg::event_head), 0u);  // nothing at hand
  EXPECT_EQ(r.read(reg::event_sequence), 0u);
  b->event_tvalid = 1;
  EXPECT_EQ(r.read(reg::event_count), 3u);
  EXPECT_EQ(r.read(reg::event_head), 0x00110102u);  // line, source, kind
  EXPECT_EQ(r.read(reg::event_frame), 0xF4A3E000u);
  EXPECT_EQ(r.read(reg::event_clock_low), 0xC10C0002u);
  EXPECT_EQ(r.read(reg::event_clock_high), 0xC10Cu);
  EXPECT_EQ(r.read(reg::event_term), 0x7E230001u);
  EXPECT_EQ(r.read(reg::event_data), 0xDA7ADA7Au);
  EXPECT_EQ(r.read(reg::event_sequence), 42u);
  r.write(reg::event_pop, 0);
  EXPECT_TRUE(r.saw_pop);
}

TEST(Registers, an_address_that_is_not_there_says_so) {
  Registers r;
  EXPECT_EQ(r.read(0x0A4, true), 0u);
  EXPECT_EQ(r.read(0x013, true), 0u);
  EXPECT_EQ(r.read(0xFFC, true), 0u);
}

}  // namespace
}  // namespace understudy::gateware
