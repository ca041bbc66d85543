// SPDX-License-Identifier: Apache-2.0
// Lines through the whole tiny gate: what is wrong with one of A's lines, and what leaves.
#include <gtest/gtest.h>

#include "tests/gateware/video/gate_bench.hpp"

namespace understudy::gate {
namespace {

using protocol::EventKind;
constexpr int from_a = 0, from_b = 1, slate = 2;
constexpr uint32_t struck_frame = 2, struck_line = 5;

TEST(Lines, two_good_servers_show_a_and_the_tag_bits_are_cleared) {
  GateBench bench;
  bench.run_to_frame(4);
  for (uint32_t k = 0; k < 4; ++k) {
    EXPECT_EQ(bench.wrong(k), 0u) << k;
    for (uint32_t y = 0; y < bench.raster.v_active; ++y) {
      const auto& line = bench.frames[k][y];
      EXPECT_EQ(line.choice, from_a) << k << " " << y;
      EXPECT_EQ(line.good, 3);
      for (uint32_t x = 0; x < protocol::limits::tag_pixels; ++x)
        EXPECT_EQ(line.pixels[x] & 0x010101, 0u);
    }
  }
}

TEST(Lines, a_pixel_leaves_two_lines_and_two_clocks_after_it_came) {
  GateBench bench;
  bench.run_to_frame(3);
  for (uint32_t y = 0; y < bench.raster.v_active; ++y)
    EXPECT_EQ(bench.frames[1][y].first_clock - bench.sent.at({1, y}),
              protocol::limits::source_lead_lines * bench.raster.h_total + output_clocks)
        << y;
}

struct Fault {
  const char* name;
  int choice;  // of the struck line
  std::function<void(std::vector<Pin>&)> apply;
};

void PrintTo(const Fault& f, std::ostream* out) {
  *out << f.name;
}

Pin idle() {
  return {};
}

const Fault faults[] = {
    {"lost", from_b, [](auto& p) { p.assign(p.size(), idle()); }},
    {"doubled", from_a,
     [](auto& p) {
       const auto once = p;  // in the blanking of this line and over the start of the next: queued
       p.insert(p.end(), once.begin(), once.end());
     }},
    {"one_line_late", from_a, [](auto& p) { p.insert(p.begin(), 60, idle()); }},
    {"two_lines_late", from_b, [](auto& p) { p.insert(p.begin(), 125, idle()); }},
    {"with_gaps", from_a,
     [](auto& p) {
       std::vector<Pin> gaps;
       for (const Pin& q : p) {
         gaps.push_back(q);
         if (gaps.size() % 3 == 0) gaps.push_back(idle());
       }
       p = gaps;
     }},
    {"short", from_b, [](auto& p) { p.erase(p.begin() + 44); }},
    {"long", from_b, [](auto& p) { p.insert(p.begin() + 44, p[44]); }},
    {"without_an_end", from_b, [](auto& p) { p.back().last = false; }},
    {"ended_early", from_b, [](auto& p) { p[30].last = true; }},
    {"a_picture_bit", from_b, [](auto& p) { p[47].data ^= 0x000100; }},
    {"a_picture_bit_in_the_tag_area", from_b, [](auto& p) { p[3].data ^= 0x800000; }},
    {"a_tag_bit", from_b, [](auto& p) { p[39].data ^= 0x000001; }},
    {"a_magic_bit", from_b, [](auto& p) { p[0].data ^= 0x000100; }},
};

class StruckLine : public testing::TestWithParam<Fault> {};

TEST_P(StruckLine, is_rescued_and_no_pixel_is_wrong) {
  GateBench bench;
  bench.disturb = [&](int s, Feeder& f, std::vector<Pin>& pins) {
    if (s == 0 && f.frame() == struck_frame && f.y() == struck_line) GetParam().apply(pins);
  };
  bench.run_to_frame(struck_frame + 3);
  for (uint32_t k = 0; k < struck_frame + 3; ++k) EXPECT_EQ(bench.wrong(k), 0u) << "frame " << k;
  EXPECT_EQ(bench.frames[struck_frame][struck_line].choice, GetParam().choice);
  EXPECT_EQ(bench.frames[struck_frame][struck_line - 1].choice, from_a);
  EXPECT_EQ(bench.frames[struck_frame + 1][struck_line].choice, from_a);
  const auto* rescue = bench.find(EventKind::rescue);
  ASSERT_EQ(rescue != nullptr, GetParam().choice == from_b);
  if (rescue) {
    EXPECT_EQ(rescue->frame, struck_frame);
    EXPECT_EQ(rescue->line, struck_line);
    EXPECT_EQ(rescue->source, 1);
    ASSERT_NE(bench.find(EventKind::rescued_lines), nullptr);
  }
}

TEST_P(StruckLine, of_both_servers_is_slate_and_told) {
  GateBench bench;
  bench.disturb = [&](int, Feeder& f, std::vector<Pin>& pins) {
    if (f.frame() == struck_frame && f.y() == struck_line) GetParam().apply(pins);
  };
  bench.write(protocol::registers::slate, 0x112233);
  bench.run_to_frame(struck_frame + 1);
  const auto& line = bench.frames[struck_frame][struck_line];
  if (GetParam().choice == from_a) {
    EXPECT_EQ(line.choice, from_a);
    return;
  }
  EXPECT_EQ(line.choice, slate);
  ASSERT_EQ(line.pixels.size(), bench.raster.h_active);
  for (uint32_t x = 0; x < bench.raster.h_active; ++x)
    EXPECT_EQ(line.pixels[x], x < 40 ? pack(0x10, 0x22, 0x32) : pack(0x11, 0x22, 0x33)) << x;
  const auto* lost = bench.find(EventKind::lost);
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(lost->line, struck_line);
  EXPECT_EQ(lost->source, 2);
}

INSTANTIATE_TEST_SUITE_P(Faults, StruckLine, testing::ValuesIn(faults),
                         [](const auto& p) { return std::string(p.param.name); });

TEST(Lines, a_lying_frame_number_is_a_missing_line) {
  GateBench bench;
  bench.feeders[0].frame_lie = 1;
  bench.run_to_frame(3);
  EXPECT_EQ(bench.wrong(2), 0u);
  EXPECT_EQ(bench.frames[2][7].choice, from_b);
  EXPECT_EQ(bench.frames[2][7].good, 2);
}

TEST(Lines, without_leave_to_rescue_a_bad_line_is_slate) {
  GateBench bench;
  bench.write(protocol::registers::control, 0);
  bench.disturb = [&](int s, Feeder& f, std::vector<Pin>& pins) {
    if (s == 0 && f.frame() == struck_frame && f.y() == struck_line) pins.assign(48, idle());
  };
  bench.run_to_frame(struck_frame + 2);
  EXPECT_EQ(bench.frames[struck_frame][struck_line].choice, slate);
  EXPECT_EQ(bench.wrong(struck_frame + 1), 0u);
}

TEST(Lines, different_pictures_are_told_once_and_not_mixed) {
  for (const bool unproven : {false, true}) {
    GateBench bench(random_picture(raster_tiny, 1), random_picture(raster_tiny, 2));
    if (unproven)
      bench.write(protocol::registers::control, protocol::registers::control_rescue |
                                                    protocol::registers::control_rescue_unproven);
    bench.disturb = [&](int s, Feeder& f, std::vector<Pin>& pins) {
      if (s == 0 && f.frame() == struck_frame && f.y() == struck_line) pins.assign(48, idle());
    };
    bench.run_to_frame(struck_frame + 2);
    EXPECT_EQ(bench.frames[struck_frame][struck_line].choice, unproven ? from_b : slate);
    EXPECT_EQ(bench.frames[struck_frame][struck_line + 1].choice, from_a);
    const auto kinds = bench.kinds();
    EXPECT_EQ(std::count(kinds.begin(), kinds.end(), EventKind::diverged), 1);
    const auto* diverged = bench.find(EventKind::diverged);
    EXPECT_EQ(diverged->frame, 0u);
    EXPECT_EQ(diverged->line, 0u);
    EXPECT_EQ(diverged->data, bench.feeders[0].crc(0) ^ bench.feeders[1].crc(0));
    EXPECT_EQ(bench.find(EventKind::converged), nullptr);
  }
}

TEST(Lines, pictures_equal_again_for_a_frame_have_converged) {
  GateBench bench;
  bench.disturb = [&](int s, Feeder& f, std::vector<Pin>& pins) {
    if (s != 1 || f.frame() != 1 || f.y() != 3) return;
    auto row = f.row(3);
    std::vector<uint8_t> other(row.begin(), row.end());
    other[130] ^= 0xFF;
    protocol::tag_line(other, 1, 3, 0);
    for (uint32_t x = 0; x < 48; ++x) pins[x].data = pack(&other[3 * x]);
  };
  bench.run_to_frame(4);
  const auto *diverged = bench.find(EventKind::diverged),
             *converged = bench.find(EventKind::converged);
  ASSERT_NE(diverged, nullptr);
  EXPECT_EQ(diverged->frame, 1u);
  EXPECT_EQ(diverged->line, 3);
  ASSERT_NE(converged, nullptr);
  EXPECT_EQ(converged->frame, 2u);
  for (uint32_t k = 0; k < 4; ++k) EXPECT_EQ(bench.wrong(k), 0u);
}

}  // namespace
}  // namespace understudy::gate
