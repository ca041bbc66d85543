// SPDX-License-Identifier: Apache-2.0
// The two programs as a person calls them: what they print and how they exit.
#include <sys/wait.h>

#include <thread>

#include "protocol/line_tag.hpp"
#include "tests/playout/fake_neighbours.hpp"
#include "tests/playout/support.hpp"

namespace understudy {
namespace {

struct Result {
  int code = -1;
  std::string text;
};

std::string program(const char* name) {
  return (test::default_clip().parent_path() / name).string();
}

Result call(const std::string& command) {
  Result r;
  FILE* p = popen((command + " 2>&1").c_str(), "r");
  char part[4096];
  while (const size_t n = fread(part, 1, sizeof part, p)) r.text.append(part, n);
  const int status = pclose(p);
  r.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return r;
}

TEST(PlayoutProgram, wrong_options_are_told_and_end_with_2) {
  EXPECT_EQ(call(program("playout")).code, 2);
  EXPECT_EQ(call(program("playout") + " --video sim:unix:/x --discard maybe").code, 2);
  EXPECT_EQ(call(program("playout") + " --video sim:unix:/x --name ''").code, 2);
  const auto r = call(program("playout") + " --video sim:unix:/x --diverge-at 5:x");
  EXPECT_EQ(r.code, 2);
  EXPECT_NE(r.text.find("FRAME or FRAME:LINE"), std::string::npos) << r.text;
  const auto help = call(program("playout") + " --help");
  EXPECT_EQ(help.code, 0);
  for (const char* line :
       {"0  ended", "1  the picture", "2  wrong use", "3  the daemon", "4  the video"})
    EXPECT_NE(help.text.find(line), std::string::npos) << line;
}

TEST(PlayoutProgram, no_video_output_ends_with_4) {
  const auto r = call(program("playout") + " --video sim:unix:/not-there/video-a --patience 0");
  EXPECT_EQ(r.code, 4);
  EXPECT_NE(r.text.find("/not-there/video-a"), std::string::npos) << r.text;
}

TEST(PlayoutProgram, a_missing_asset_ends_with_1_and_a_closed_output_with_4) {
  test::TemporaryFolder folder;
  test::FakeAppliance appliance(folder / "v", test::tiny);
  const auto video = " --video sim:unix:" + (folder / "v").string();
  Result r;
  std::thread missing([&] { r = call(program("playout") + video + " --asset /not-there.mp4"); });
  appliance.welcome();
  missing.join();
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.text.find("/not-there.mp4: no such file"), std::string::npos) << r.text;

  std::thread closed(
      [&] { r = call(program("playout") + video + " --name show --discard initial"); });
  appliance.welcome();
  const auto frame = appliance.ask(11);
  appliance.listener().hang_up();
  closed.join();
  EXPECT_EQ(r.code, 4);
  EXPECT_NE(r.text.find("show: the video output ended"), std::string::npos) << r.text;
  ASSERT_FALSE(frame.empty());
  const auto tag = protocol::read_tag(std::span(frame).first(test::tiny.line_bytes()));
  ASSERT_TRUE(tag);
  EXPECT_TRUE(tag->discard());
  EXPECT_EQ(tag->frame, 11u);
}

TEST(ReferenceProgram, writes_the_frames_asked_for) {
  test::TemporaryFolder folder;
  const auto out = (folder / "reference.rgb").string();
  const auto r = call(program("reference") + " --raster tiny --frames 5 --out " + out);
  EXPECT_EQ(r.code, 0) << r.text;
  EXPECT_EQ(test::fs::file_size(out), 5 * test::tiny.frame_bytes());
  const auto later = (folder / "later.rgb").string();
  EXPECT_EQ(call(program("reference") + " --raster tiny --first 3 --frames 2 --out " + later).code,
            0);
  EXPECT_EQ(test::read_file(out).substr(3 * test::tiny.frame_bytes()), test::read_file(later));
}

TEST(ReferenceProgram, a_full_disk_and_wrong_parameters_are_errors) {
  auto r = call(program("reference") + " --raster tiny --frames 50 --out /dev/full");
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.text.find("/dev/full"), std::string::npos) << r.text;
  test::TemporaryFolder folder;
  test::write_file(folder / "p.jsonl", "{}\n");
  r = call(program("reference") + " --raster tiny --frames 1 --out /dev/null --parameters " +
           (folder / "p.jsonl").string());
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.text.find("p.jsonl:1:"), std::string::npos) << r.text;
}

}  // namespace
}  // namespace understudy
