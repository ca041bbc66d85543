// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/report.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/demo/event_words.hpp"
#include "sim/demo/timeline.hpp"
#include "sim/demo/waveform.hpp"

namespace understudy::demo {
namespace {

Run example() {
  Run run;
  run.settings.seed = 7;
  run.strike = {FaultName::cable, Server::a, 120, 200, 17, run.raster.source_clock(120, 200, 17)};
  run.frames = {240, 240, 0, 0, 0, 0};
  Takeover t;
  t.frame = 121, t.latency_lines = 2, t.latency_frames = 1, t.term = 2;
  t.first_frame = 120, t.first_line = 200;
  t.first_clock = run.raster.output_clock(120, 200), t.clock = run.raster.output_clock(121) - 160;
  t.reason = Reason::picture_bad;
  run.outcome.takeover = t, run.outcome.takeovers = 1;
  run.outcome.lines_rescued = 280;
  for (uint32_t line = 0; line < 480; ++line)
    run.recording.choices.push_back(
        {120, line, uint8_t(line >= 200), uint8_t(line >= 200 ? 2 : 3)});
  for (auto& lines : run.recording.lines)
    for (uint32_t line = 198; line <= 202; ++line)
      lines.push_back({line, 0, 640, std::vector<uint8_t>(1920, uint8_t(line))});
  run.recording.lines[0][2].pixels = 17;
  run.strip[120] = Picture{4, 4, std::vector<uint8_t>(48, 9)};
  return run;
}

TEST(Report, json_has_what_others_read) {
  const Json j = report_json(example());
  for (const char* key : {"frames_out", "frames_lost", "frames_repeated", "frames_torn",
                          "pixels_wrong", "lines_rescued", "lines_lost", "realtime_factor", "seed"})
    EXPECT_TRUE(j.contains(key)) << key;
  for (const char* key : {"name", "frame", "line"}) EXPECT_TRUE(j["fault"].contains(key)) << key;
  for (const char* key : {"frame", "line", "latency_lines", "latency_frames", "from", "to", "term"})
    EXPECT_TRUE(j["takeover"].contains(key)) << key;
  for (const char* key : {"width", "height", "fps"}) EXPECT_TRUE(j["raster"].contains(key)) << key;
  EXPECT_EQ(j["raster"]["width"], 640);
  EXPECT_EQ(j["takeover"]["latency_lines"], 2);
}

TEST(Report, html_stands_alone) {
  auto run = example();
  run.settings.video = "a<b>.mp4";
  const std::string page = report_html(run);
  EXPECT_NE(page.find("0 of 240 frames lost."), std::string::npos);
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("src=\"/"), std::string::npos);
  EXPECT_EQ(page.find("a<b"), std::string::npos) << "a file's name is not markup";
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
  if (const char* keep = std::getenv("UNDERSTUDY_KEEP")) {
    EXPECT_TRUE(write_file(keep, page));
  }
}

TEST(Report, headline_tells_loss_and_delay) {
  auto run = example();
  EXPECT_EQ(headline(run),
            "0 of 240 frames lost. B's lines went out 2 lines after the fault; B is on air from "
            "frame 121.");
  run.frames.frames_torn = 1;
  EXPECT_TRUE(headline(run).starts_with("1 of 240 frames damaged."));
}

TEST(Report, the_command_repeats_the_run) {
  Settings s;
  s.video = "my clip.mp4", s.seed = 7, s.keep_frames = true, s.report = "out";
  s.changes.push_back({90, "caption", "it's"});
  EXPECT_EQ(command(s),
            "./dev demo --fault cable --at 120:200 --frames 240 --seed 7 --video 'my clip.mp4' "
            "--set-parameter '90:caption=it'\\''s' --keep-frames");
}

TEST(Report, two_runs_into_two_folders_say_the_same) {
  auto one = example(), two = example();
  one.settings.report = "here", two.settings.report = "/there";
  EXPECT_EQ(report_json(one), report_json(two));
  EXPECT_EQ(report_html(one), report_html(two));
}

TEST(Report, codes_have_names_and_numbers_have_units) {
  EXPECT_EQ(alarm_words(0), "none");
  EXPECT_EQ(alarm_words(130), "unprotected + picture_a");
  const Event bad{14, EventKind::picture_bad, 0, 120, 524, 50823040, 2, 280};
  EXPECT_EQ(fact_words(gate_records(std::vector{bad}, 25'200'000)[0].record),
            "source A, frame 120, line 524, clock 50823040, term 2, 280 lines");
  const Event asked{14, EventKind::request, 0, 120, 524, 1, 2, 0x10302};
  EXPECT_NE(fact_words(describe(asked)).find("operation switch_to_b, result refused_already"),
            std::string::npos);
  const auto alarms = daemon_records(
      R"({"time":1,"kind":"alarms","server":"alpha","alarms":2,"before":0,"text":"2"})"
      "\n",
      Server::a);
  ASSERT_TRUE(alarms);
  EXPECT_EQ(fact_words((*alarms)[0].record), "alarms unprotected, before none");
  const std::string page = report_html(example());
  EXPECT_NE(page.find("1 frame after the fault"), std::string::npos);
  EXPECT_EQ(page.find("times enlarged"), std::string::npos);
}

TEST(Report, lines_that_are_good_and_not_equal_have_a_colour_and_a_legend) {
  auto run = example();
  EXPECT_EQ(report_html(run).find("class=\"differ\""), std::string::npos);
  for (auto& c : run.recording.choices) c.good = 3, c.differ = c.line >= 200;
  const std::string page = report_html(run);
  EXPECT_NE(page.find("class=\"differ\""), std::string::npos);
  EXPECT_NE(page.find("key differ"), std::string::npos);
  EXPECT_EQ(page.find("class=\"key bad\""), std::string::npos) << "nothing is red there";
}

TEST(Report, whole_lines_that_were_struck_are_shown_where_they_differ) {
  auto run = example();
  EXPECT_NE(report_html(run).find("Pixels 0 to 95,"), std::string::npos);
  run.strike.fault = FaultName::diverge, run.strike.pixel = 0;
  run.recording.lines[1][2].rgb[3 * 500] ^= 0x80;
  EXPECT_NE(report_html(run).find("Pixels 408 to 503,"), std::string::npos);
}

TEST(Report, a_file_that_cannot_be_written_is_named) {
  const auto full = write_file("/dev/full", "text");
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().text.find("/dev/full"), std::string::npos);
  EXPECT_FALSE(write_file("/nowhere/at/all", "text"));
}

TEST(Waveform, is_copied_with_a_view_that_names_the_copy) {
  std::string folder = "/tmp/understudy-test-" + std::string(6, 'X');
  ASSERT_TRUE(::mkdtemp(folder.data()));
  const std::string from = folder + "/a.fst", to = folder + "/b.fst";
  ASSERT_TRUE(write_file(from, "wave") &&
              write_file(from + ".gtkw", "[dumpfile] \"" + from + "\""));
  ASSERT_TRUE(keep_waveform(from, to));
  std::stringstream view;
  view << std::ifstream(to + ".gtkw").rdbuf();
  EXPECT_EQ(view.str(), "[dumpfile] \"" + to + "\"");
  EXPECT_FALSE(keep_waveform(folder + "/none", to));
  std::filesystem::remove(to);
  std::filesystem::create_symlink("/dev/full", to);
  const auto full = keep_waveform(from, to);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().text.find("No space left"), std::string::npos) << full.error().text;
  std::filesystem::remove_all(folder);
}

TEST(Png, decodes_to_the_same_pixels) {
  Picture p{5, 3, std::vector<uint8_t>(45)};
  for (size_t i = 0; i < 45; ++i) p.rgb[i] = uint8_t(i * 37);
  const auto png = encode_png(p);
  ASSERT_EQ(png.size() > 57, true);
  // signature 8, IHDR 25, IDAT: length 4, type 4, data
  const size_t packed =
      size_t{png[33]} << 24 | size_t{png[34]} << 16 | size_t{png[35]} << 8 | png[36];
  std::vector<uint8_t> rows(3 * 16);
  uLongf size = rows.size();
  ASSERT_EQ(::uncompress(rows.data(), &size, png.data() + 41, packed), Z_OK);
  ASSERT_EQ(size, rows.size());
  for (size_t y = 0; y < 3; ++y) {
    EXPECT_EQ(rows[y * 16], 1);  // filter: difference to the left
    for (size_t i = 0; i < 15; ++i) {
      const uint8_t left = i < 3 ? 0 : p.rgb[y * 15 + i - 3];
      EXPECT_EQ(uint8_t(rows[y * 16 + 1 + i] + left), p.rgb[y * 15 + i]);
    }
  }
}

TEST(Base64, there_and_back) {
  for (size_t n = 0; n < 10; ++n) {
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < n; ++i) bytes.push_back(uint8_t(200 + 13 * i));
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
  }
  EXPECT_EQ(base64(std::vector<uint8_t>{'M', 'a'}), "TWE=");
}

TEST(Picture, scaling_down_takes_the_mean) {
  const std::vector<uint8_t> rgb{0, 10, 20, 100, 30, 40, 0, 10, 20, 100, 30, 40};
  const auto p = scaled_down(rgb, 2, 2, 1);
  EXPECT_EQ(p.rgb, (std::vector<uint8_t>{50, 20, 30}));
}

}  // namespace
}  // namespace understudy::demo
