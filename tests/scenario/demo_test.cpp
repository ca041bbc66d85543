// SPDX-License-Identifier: Apache-2.0
// The demo as a person runs it: real daemons, real playouts, the verilated gate, a fault. On the
// tiny raster, where a run takes a second; one at 640x480.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "sim/demo/fault.hpp"
#include "tests/scenario/program.hpp"

namespace understudy::scenario {
namespace {

using nlohmann::json;

std::vector<std::string> demo_words(const fs::path& report, const std::string& fault,
                                    std::vector<std::string> more = {}) {
  std::vector<std::string> words{
      "understudy-demo", "--raster", "tiny",    "--frames", "44",       "--at", "32:7",
      "--seed",          "7",        "--fault", fault,      "--report", report, "--keep-frames"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

json report_of(const fs::path& report) {
  return json::parse(contents(report / "report.json"), nullptr, false);
}

void expect_clean(const fs::path& report) {
  const json r = report_of(report);
  ASSERT_TRUE(r.is_object() && r.contains("frames_out")) << "no report";
  for (const char* key :
       {"frames_lost", "frames_repeated", "frames_torn", "pixels_wrong", "lines_lost"})
    EXPECT_EQ(r[key], 0) << key;
  const auto output = contents(report / "output.rgb");
  EXPECT_EQ(output.size(), r["frames_out"].get<size_t>() * r["raster"]["width"].get<size_t>() *
                               r["raster"]["height"].get<size_t>() * 3);
  EXPECT_TRUE(output == contents(report / "reference.rgb")) << "output.rgb is not reference.rgb";
}

class EachFault : public ::testing::TestWithParam<demo::FaultFacts> {};

TEST_P(EachFault, is_handled_as_it_should_be_and_no_pixel_is_wrong) {
  const Folder folder;
  const auto ended = run(folder, demo_words(folder / "report", std::string(GetParam().text)));
  EXPECT_EQ(ended.status, 0) << ended.said;
  expect_clean(folder / "report");
  const json r = report_of(folder / "report");
  ASSERT_TRUE(r.contains("takeover"));
  const bool stays = GetParam().detector == demo::Detector::alarm ||
                     GetParam().detector == demo::Detector::nothing;
  EXPECT_EQ(r["takeover"].is_null(), stays);
  if (GetParam().detector == demo::Detector::picture) {
    EXPECT_LE(r["takeover"]["latency_lines"], 4);
  }
  EXPECT_EQ(r["diverged"], GetParam().name == demo::FaultName::diverge);
  EXPECT_EQ(folder.leftovers(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Demo, EachFault, ::testing::ValuesIn(demo::faults),
                         [](const auto& fault) { return std::string(fault.param.text); });

class TwiceTheSame : public ::testing::TestWithParam<const char*> {};

TEST_P(TwiceTheSame, gives_the_same_events_and_the_same_report) {
  const Folder folder;
  json reports[2];
  std::string events[2];
  for (int i = 0; i < 2; ++i) {
    const auto ended = run(folder, demo_words(folder / "report", GetParam()));
    ASSERT_EQ(ended.status, 0) << ended.said;
    reports[i] = report_of(folder / "report");
    reports[i].erase("wall"), reports[i].erase("realtime_factor");
    events[i] = contents(folder / "report" / "events.jsonl");
  }
  EXPECT_EQ(reports[0], reports[1]);
  EXPECT_EQ(events[0], events[1]);
  EXPECT_GT(events[0].size(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Demo, TwiceTheSame,
                         ::testing::Values("cable", "kill", "hang", "app", "usb", "power",
                                           "operator"));

TEST(Demo, at_full_size_with_a_waveform) {
  const Folder folder;
  const auto ended = run(folder, {"understudy-demo", "--frames", "40", "--at", "30:200", "--seed",
                                  "7", "--report", folder / "report", "--keep-frames", "--wave"});
  EXPECT_EQ(ended.status, 0) << ended.said;
  expect_clean(folder / "report");
  EXPECT_GT(fs::file_size(folder / "report/fault.fst"), 1000u);
  EXPECT_TRUE(fs::exists(folder / "report/fault.fst.gtkw"));
  const auto page = contents(folder / "report/report.html");
  EXPECT_NE(page.find("0 of 40 frames lost"), std::string::npos);
}

TEST(Demo, a_parameter_lands_on_its_frame_across_a_takeover) {
  const Folder folder;
  const auto ended = run(folder, demo_words(folder / "report", "kill",
                                            {"--set-parameter", "30:gain=500", "--set-parameter",
                                             "34:gain=1500", "--set-parameter", "42:gain=800"}));
  EXPECT_EQ(ended.status, 0) << ended.said;
  expect_clean(folder / "report");
  const json parameters = report_of(folder / "report").value("parameters", json::array());
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters[0]["frame"], 30);
  EXPECT_EQ(parameters[1]["frame"], 34);
  EXPECT_EQ(parameters[2]["frame"], 42);
}

TEST(Demo, servers_in_two_networks) {
  const Folder folder;
  const auto ended = run(folder, demo_words(folder / "report", "power", {"--hosts", "namespaces"}));
  EXPECT_EQ(ended.status, 0) << ended.said;
  expect_clean(folder / "report");
}

TEST(Demo, a_campaign_of_a_dozen) {
  const Folder folder;
  const auto ended = run(folder, {"understudy-demo", "campaign", "--runs", "12", "--seed", "11",
                                  "--raster", "tiny", "--report", folder / "table.json"});
  EXPECT_EQ(ended.status, 0) << ended.said;
  const json table = json::parse(contents(folder / "table.json"), nullptr, false);
  ASSERT_TRUE(table.is_object());
  EXPECT_EQ(table["rows"].size(), 12u);
  EXPECT_NE(ended.said.find("all as they should be"), std::string::npos);
}

struct BadInput {
  const char* name;
  std::vector<std::string> words;
  int status;
  const char* says;
};

class Refuses : public ::testing::TestWithParam<BadInput> {};

TEST_P(Refuses, with_a_clear_sentence) {
  const Folder folder;
  {
    std::ofstream(folder / "text.mp4") << "this is no video\n";
  }
  auto words = GetParam().words;
  words.insert(words.begin(), "understudy-demo");
  for (auto& w : words)
    if (w == "TEXT") w = folder / "text.mp4";
  words.insert(words.end(), {"--report", folder / "report"});
  const auto ended = run(folder, words);
  EXPECT_EQ(ended.status, GetParam().status) << ended.said;
  EXPECT_NE(ended.said.find(GetParam().says), std::string::npos) << ended.said;
  EXPECT_EQ(folder.leftovers(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Demo, Refuses,
    ::testing::Values(
        BadInput{"missing_video", {"--video", "/no/such.mp4"}, 2, "/no/such.mp4"},
        BadInput{"not_a_video", {"--video", "TEXT"}, 2, "text.mp4"},
        BadInput{"unknown_fault", {"--fault", "meteor"}, 2, "cable"},
        BadInput{"line_outside", {"--at", "120:480"}, 2, "lines 0 to 479"},
        BadInput{"place", {"--at", "12x"}, 2, "FRAME:LINE"},
        BadInput{"too_late", {"--at", "99:1", "--frames", "100"}, 2, "last frame"},
        BadInput{"parameter", {"--set-parameter", "caption=x"}, 2, "FRAME:KEY=VALUE"},
        BadInput{"seed_negative", {"--seed", "-1"}, 2, "--seed: '-1'"},
        BadInput{"seed_too_big", {"--seed", "18446744073709551616"}, 2, "18446744073709551615"},
        BadInput{"parameter_name", {"--set-parameter", "90:colour=red"}, 2, "ticker_speed"},
        BadInput{"parameter_value", {"--set-parameter", "90:gain=4001"}, 2, "0 to 4000"},
        BadInput{"parameter_frame", {"--set-parameter", "240:gain=10"}, 2, "last frame is 239"},
        BadInput{"too_early", {"--at", "8:2"}, 2, "frame 8, line 3"},
        BadInput{"too_short", {"--frames", "11"}, 2, "needs 12 or more"},
        BadInput{"too_short_for_a_place", {"--frames", "2", "--at", "1:0"}, 2, "needs 12 or more"},
        BadInput{"video_of_no_name", {"--video", ""}, 2, "--video"},
        BadInput{"campaign_video", {"campaign", "--video", "/no/such.mp4"}, 2, "/no/such.mp4"},
        BadInput{"campaign_programs", {"campaign", "--programs", "/nowhere"}, 3, "/nowhere"},
        BadInput{"campaign_seed", {"campaign", "--seed", "1x"}, 2, "--seed"},
        BadInput{"before_campaign", {"--fault", "cable", "campaign"}, 2, "before `campaign`"},
        BadInput{"programs", {"--programs", "/nowhere"}, 3, "/nowhere/understudy-appliance"}),
    [](const auto& input) { return std::string(input.param.name); });

TEST(Demo, a_report_folder_that_cannot_be_written_is_said_before_the_run) {
  const Folder folder;
  {
    std::ofstream(folder / "file") << "x";
  }
  const auto ended = run(folder, {"understudy-demo", "--report", folder / "file/report"});
  EXPECT_EQ(ended.status, 4) << ended.said;
  EXPECT_NE(ended.said.find("file/report"), std::string::npos) << ended.said;
  EXPECT_EQ(ended.said.find("frame 1"), std::string::npos);
  const auto many = run(folder, {"understudy-demo", "campaign", "--report", folder / "file/table"});
  EXPECT_EQ(many.status, 4) << many.said;
  EXPECT_NE(many.said.find("file/table"), std::string::npos) << many.said;
}

TEST(Demo, takes_the_first_place_where_the_pair_is_protected_and_half_of_a_short_run) {
  const Folder folder;
  for (const char* fault : {"cable", "kill", "operator", "diverge"}) {
    const auto ended = run(folder, {"understudy-demo", "--raster", "tiny", "--frames", "14", "--at",
                                    "8:3", "--fault", fault, "--report", ""});
    EXPECT_EQ(ended.status, 0) << ended.said;
  }
  for (const auto& [frames, half] : {std::pair("12", 9), std::pair("30", 15)}) {
    const auto ended = run(folder, {"understudy-demo", "--raster", "tiny", "--frames", frames,
                                    "--report", folder / "report"});
    EXPECT_EQ(ended.status, 0) << ended.said;
    EXPECT_EQ(report_of(folder / "report")["fault"]["frame"], half);
  }
}

/// Runs a script that may mount: `words` become $1, $2, .... A root does not need a user namespace
/// for that, and gets none in a chroot.
Ended run_with_mounts(const Folder& folder, const std::string& script,
                      const std::vector<std::string>& words) {
  const std::string unshare = "/usr/bin/unshare";
  const bool root = ::geteuid() == 0 && run(folder, {unshare, "-m", "/bin/true"}).status == 0;
  std::vector<std::string> all{unshare, root ? "-m" : "-Urm", "/bin/sh", "-c", script, "sh"};
  all.insert(all.end(), words.begin(), words.end());
  return run(folder, std::move(all));
}

TEST(Demo, a_disk_too_small_for_the_frames_is_said_before_the_run) {
  const Folder folder;
  fs::create_directory(folder / "small");
  const std::string script =
      "mount -t tmpfs -o size=12m none \"$1\" && exec \"$2\" --frames 200 "
      "--keep-frames --report \"$1/report\"";
  const auto ended =
      run_with_mounts(folder, script, {folder / "small", program("understudy-demo")});
  EXPECT_EQ(ended.status, 4) << ended.said;
  EXPECT_NE(ended.said.find("MB are needed"), std::string::npos) << ended.said;
}

TEST(Demo, a_disk_that_fills_up_while_it_runs_spoils_the_report_and_not_the_run) {
  const Folder folder;
  fs::create_directory(folder / "small");
  // Room enough at the start; another file takes it away while the first frames come.
  const std::string script =
      "mount -t tmpfs -o size=10m none \"$1\" && mkdir \"$1/report\" && ln -s /dev/full "
      "\"$1/report/output.rgb\" && exec \"$2\" --raster tiny --frames 44 --at 32:7 --keep-frames "
      "--report \"$1/report\"";
  const auto ended =
      run_with_mounts(folder, script, {folder / "small", program("understudy-demo")});
  EXPECT_EQ(ended.status, 4) << ended.said;
  EXPECT_NE(ended.said.find("as it should be"), std::string::npos) << ended.said;
  EXPECT_NE(ended.said.find("output.rgb"), std::string::npos) << ended.said;
}

TEST(Demo, a_waveform_without_room_is_left_out_and_spoils_nothing_else) {
  const Folder folder;
  fs::create_directory(folder / "small");
  const std::string script =
      "mount -t tmpfs -o size=20m none \"$1\" && TMPDIR=\"$1\" exec \"$2\" --raster tiny --frames "
      "44 "
      "--at 32:7 --wave --report \"$3\"";
  const auto ended = run_with_mounts(
      folder, script, {folder / "small", program("understudy-demo"), folder / "report"});
  EXPECT_EQ(ended.status, 4) << ended.said;
  EXPECT_NE(ended.said.find("as it should be"), std::string::npos) << ended.said;
  EXPECT_NE(ended.said.find("waveform: "), std::string::npos) << ended.said;
  EXPECT_TRUE(fs::exists(folder / "report/report.html"));
}

TEST(Demo, a_waveform_is_not_written_where_the_report_is_but_copied_there) {
  const Folder folder;
  fs::create_directory(folder / "report");
  fs::create_symlink("/dev/full", folder / "report/fault.fst");
  const auto ended = run(folder, demo_words(folder / "report", "cable", {"--wave"}));
  EXPECT_EQ(ended.status, 4) << ended.said;
  EXPECT_NE(ended.said.find("fault.fst: No space left"), std::string::npos) << ended.said;
  expect_clean(folder / "report");
}

/// Processes whose command line names this folder.
size_t processes_of(const fs::path& path) {
  size_t n = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto line = contents(entry.path() / "cmdline");
    n += line.find(path.string()) != std::string::npos;
  }
  return n;
}

TEST(Demo, an_interrupt_ends_all_of_it_and_leaves_nothing) {
  const Folder folder;
  auto child = begin(folder, {"understudy-demo", "--frames", "100000", "--at", "90000:1",
                              "--report", folder / "report"});
  // The progress line says that it runs.
  for (int i = 0; i < 3000 && contents(folder / "said").find("frame ") == std::string::npos; ++i)
    ASSERT_FALSE(child.wait(std::chrono::milliseconds(20))) << contents(folder / "said");
  ASSERT_GE(folder.leftovers(), 1u);
  ASSERT_GE(processes_of(folder / "tmp"), 6u);
  child.interrupt();
  EXPECT_EQ(child.wait(std::chrono::seconds(20)), 130);
  EXPECT_EQ(folder.leftovers(), 0u);
  EXPECT_EQ(processes_of(folder / "tmp"), 0u);
}

}  // namespace
}  // namespace understudy::scenario
