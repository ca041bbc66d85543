// SPDX-License-Identifier: Apache-2.0
// The raster of each variant, measured at the output over one whole frame: syncs, active pixels,
// strobes.
#include <gtest/gtest.h>

#include "V1080p.h"
#include "V1080p___024root.h"
#include "V480p.h"
#include "V480p___024root.h"
#include "V720p.h"
#include "V720p___024root.h"
#include "Vtiny.h"
#include "Vtiny___024root.h"
#include "rtl/drive.hpp"

UNDERSTUDY_DIRECT(Vtiny);
UNDERSTUDY_DIRECT(V480p);
UNDERSTUDY_DIRECT(V720p);
UNDERSTUDY_DIRECT(V1080p);

namespace understudy::gate {
namespace {

struct Sync {
  uint32_t h_start, h_end, v_start, v_end;
};

template <class Model>
void one_frame(const Raster& r, const Sync& sync) {
  Model m;
  m.clk = 0;
  reset(m);
  EXPECT_EQ(m.obs_h, 0);
  EXPECT_EQ(m.obs_v, r.v_total - 4);
  EXPECT_EQ(m.obs_frame, 0xFFFFFFFFu);
  EXPECT_EQ(m.obs_clock, 0u);
  EXPECT_EQ(m.obs_term, 1u);
  EXPECT_EQ(m.obs_on_air, 0);
  for (uint32_t i = 0; i < 4 * r.h_total; ++i) clock(m);
  EXPECT_EQ(m.obs_frame, 0u);
  for (uint32_t i = 0; i < output_clocks; ++i) clock(m);  // now the output stands at h = 0, v = 0
  uint32_t boundaries = 0, selects = 0, wrong = 0;
  const uint64_t began = m.obs_clock;
  for (uint32_t v = 0; v < r.v_total; ++v)
    for (uint32_t h = 0; h < r.h_total; ++h) {
      wrong += m.video_out_tvalid != (h < r.h_active && v < r.v_active);
      wrong += m.video_out_tuser != (h == 0 && v == 0);
      wrong += m.video_out_tlast != (h == r.h_active - 1 && v < r.v_active);
      wrong += m.video_out_hsync != (h >= sync.h_start && h < sync.h_end);
      wrong += m.video_out_vsync != (v >= sync.v_start && v < sync.v_end);
      if (m.obs_boundary) {
        ++boundaries;
        wrong += m.obs_h != r.h_active || m.obs_v != r.v_total - 1;
      }
      if (m.obs_line_select) {
        wrong += m.obs_h != r.h_total - 8;
        wrong += m.obs_select_line != (m.obs_v == r.v_total - 1 ? 0 : m.obs_v + 1);
        wrong += m.obs_select_line >= r.v_active;
        ++selects;
      }
      clock(m);
    }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(boundaries, 1u);
  EXPECT_EQ(selects, r.v_active);
  EXPECT_EQ(m.obs_clock - began, r.frame_clocks());
  EXPECT_EQ(m.obs_frame, 1u);
}

TEST(Raster, tiny) {
  one_frame<Vtiny>(raster_tiny, {52, 60, 17, 18});
}
TEST(Raster, vga_480p) {
  one_frame<V480p>(raster_480p, {656, 752, 490, 492});
}
TEST(Raster, hd_720p) {
  one_frame<V720p>(raster_720p, {1390, 1430, 725, 730});
}
TEST(Raster, hd_1080p) {
  one_frame<V1080p>(raster_1080p, {2008, 2052, 1084, 1089});
}

}  // namespace
}  // namespace understudy::gate
