// SPDX-License-Identifier: Apache-2.0
// The kernel's figures of load: read as they are, and refused when they are something else.
#include "host/edge/server/load_gauge.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/host/edge/temporary_directory.hpp"

namespace {
using namespace understudy;
using namespace understudy::edge;
using core::Figure;

TEST(LoadGauge, reads_what_the_kernel_writes) {
  EXPECT_EQ(parse_run_queue("0.41 0.66 1.45 3/89 14612"), 300);
  EXPECT_EQ(parse_run_queue("0.00 0.00 0.00 0/1 1"), 0);
  EXPECT_EQ(parse_cpu_pressure("some avg10=1.25 avg60=5.96 avg300=7.34 total=7260876469"), 125);
  EXPECT_EQ(parse_cpu_pressure("some avg10=100.00 avg60=0.00 avg300=0.00 total=0"), 10'000);
}

TEST(LoadGauge, refuses_what_is_something_else) {
  for (const char* text : {"", "3", "0.41 0.66 1.45", "0.41 0.66 1.45 3", "a b c /89", "a b c -1/2",
                           "a b c 3x/89", "a b c 99999999999999999999/1"})
    EXPECT_FALSE(parse_run_queue(text)) << text;
  for (const char* text : {"", "full avg10=1.00 ", "some avg10=", "some avg10=1", "some avg10=1.5",
                           "some avg10=x.00 avg60", "some avg10=101.00 avg60", "some avg10=-1.00"})
    EXPECT_FALSE(parse_cpu_pressure(text)) << text;
}

TEST(LoadGauge, averages_the_run_queue_over_a_second) {
  test::TemporaryDirectory directory;
  const auto file = directory / "queue";
  const auto write = [&](const char* text) { std::ofstream(file) << text << "\n"; };
  write("0 0 0 10/99 1");
  OverburdeningConfiguration c{.run_queue_file = file};
  c.options.thresholds[static_cast<size_t>(Figure::run_queue)] = 800;
  boost::asio::io_context io;
  std::vector<int64_t> told;
  const auto gauge = LoadGauge::open(io, c, [&](Figure f, int64_t value) {
    EXPECT_EQ(f, Figure::run_queue);
    told.push_back(value);
    if (told.size() == 1) write("0 0 0 0/99 1");
    if (told.size() == 12) io.stop();
  });
  ASSERT_TRUE(gauge) << gauge.error().text;
  io.run_for(std::chrono::seconds(20));
  ASSERT_EQ(told.size(), 12u);
  EXPECT_EQ(told[0], 1000);
  EXPECT_EQ(told[1], 500);
  EXPECT_EQ(told[9], 100);
  EXPECT_EQ(told[10], 0);
}

TEST(LoadGauge, says_which_file_is_wrong_and_what_to_do) {
  OverburdeningConfiguration c{.run_queue_file = "/nowhere/at/all"};
  c.options.thresholds[static_cast<size_t>(Figure::run_queue)] = 800;
  boost::asio::io_context io;
  const auto gauge = LoadGauge::open(io, c, [](Figure, int64_t) {});
  ASSERT_FALSE(gauge);
  EXPECT_EQ(gauge.error().text,
            "overburdening.run_queue_file: /nowhere/at/all cannot be read: name a file that holds "
            "what /proc/loadavg does, or leave the figure out");
}

}  // namespace
