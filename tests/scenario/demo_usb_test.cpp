// SPDX-License-Identifier: Apache-2.0
// The demo with its daemons on modelled USB bridges: unmodified libusb and libftdi, in wall time.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/scenario/program.hpp"

namespace understudy::scenario {
namespace {

using nlohmann::json;

json expect_clean(const fs::path& report) {
  json r = json::parse(contents(report / "report.json"), nullptr, false);
  for (const char* key :
       {"frames_lost", "frames_repeated", "frames_torn", "pixels_wrong", "lines_lost"})
    EXPECT_EQ(r.value(key, -1), 0) << key;
  return r;
}

/// Unmodified libusb and libftdi, in wall time: what the daemon said and that it came back.
TEST(DemoByUsb, the_plug_is_pulled_in_mid_frame_and_put_in_again) {
  const Folder folder;
  const auto ended =
      run(folder, {"understudy-demo", "--frames", "100", "--at", "60:200", "--transport", "usb",
                   "--fault", "usb", "--report", folder / "report"});
  EXPECT_EQ(ended.status, 0) << ended.said;
  const json r = expect_clean(folder / "report");
  EXPECT_EQ(r["takeover"]["reason"], "beats_missed");
  EXPECT_NE(ended.said.find("\"DEMO-A\" at 1-1 is lost: unplugged"), std::string::npos);
  EXPECT_NE(ended.said.find("put in again at frame 90: the link is up"), std::string::npos)
      << ended.said;
  EXPECT_EQ(folder.leftovers(), 0u);
}

TEST(DemoByUsb, a_daemon_that_hangs_stops_no_other) {
  const Folder folder;
  // not the tiny raster: its link is so narrow that on a busy machine beats would pile up in it
  const auto ended = run(folder, {"understudy-demo", "--raster", "480p", "--frames", "44", "--at",
                                  "32:7", "--transport", "usb", "--fault", "hang",
                                  "--set-parameter", "20:gain=500", "--report", folder / "report"});
  EXPECT_EQ(ended.status, 0) << ended.said;
  const json r = expect_clean(folder / "report");
  EXPECT_EQ(r.value("parameters", json::array()).size(), 1u);
}

}  // namespace
}  // namespace understudy::scenario
