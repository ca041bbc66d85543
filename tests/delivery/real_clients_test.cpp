// SPDX-License-Identifier: Apache-2.0
// Programs that nobody here wrote, across the death of their server: wget, ffprobe, GStreamer, a
// browser, and nginx as a proxy between. Each gets its bytes or pictures whole, hears no reset, and
// opens no second connection. curl and ffmpeg are in the tests of HTTP and of RTSP.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/delivery/pair.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

class RealClients : public testing::Test {
 protected:
  RealClients() : pair({"--rtsp", std::string(service_four) + ":554"}) {
    pair.network().ip(Place::client, "link set lo up");
  }
  void TearDown() override {
    EXPECT_EQ(pair.resets(), 0u) << "the client was reset";
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s--- client\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str(), text_of(pair.path("client.log")).c_str());
  }

  /// A shell line at the client.
  demo::Child start(const std::string& line) const {
    return pair.network().start(Place::client, {"bash", "-c", "set -o pipefail; " + line},
                                pair.path("client.log"));
  }
  /// A file of pictures: a test card of so many seconds at 25 a second.
  void film(const std::string& name, int seconds, const std::string& how) const {
    const auto said = pair.network().output(
        Place::bridge,
        "ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=25:d=" + std::to_string(seconds) + " " +
            how + " " + pair.path("root/" + name) + " 2>&1");
    ASSERT_EQ(said, "");
  }
  static constexpr auto h264 = "-c:v libx264 -preset veryfast -g 25 -bf 2 -b:v 2M";
  /// The client's cable is so slow that the takeover is in the middle of it all.
  void slow_cable(const std::string& rate) const {
    ASSERT_EQ(pair.network().output(Place::bridge, "tc qdisc add dev port-c root tbf rate " + rate +
                                                       " burst 32kb limit 256kb 2>&1"),
              "");
  }
  /// Connections that programs at the client have opened so far, to whomever.
  uint64_t opened() const {
    std::istringstream in(pair.network().output(
        Place::client, "awk '$1==\"Tcp:\" && $6 ~ /[0-9]/ {print $6}' /proc/net/snmp"));
    uint64_t out = ~uint64_t{0};
    in >> out;
    return out;
  }
  std::string at_bridge(const std::string& line) const {
    return pair.network().output(Place::bridge, line);
  }
  void expect_taken_over() const {
    EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
    EXPECT_EQ(pair.number(Place::server_b, "given_up"), 0u);
  }
  /// Until the client's program has written this into its log.
  bool said(const std::string& words, std::chrono::milliseconds most = 30s) const {
    return eventually(
        [&] { return text_of(pair.path("client.log")).find(words) != std::string::npos; }, most);
  }
  Pair pair;
};

TEST_F(RealClients, wget_gets_every_byte_in_its_first_try) {
  const auto sum = pair.path("sum");
  auto wget = start("wget -nv --tries=1 --limit-rate=100m -O - http://" +
                    std::string(service_four) + "/big | sha256sum >" + sum);
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(400ms);
  pair.take_over();
  EXPECT_EQ(wget.wait(60s), 0);
  EXPECT_EQ(text_of(sum), at_bridge("sha256sum <" + pair.path("root/big")));
  EXPECT_EQ(opened(), 1u);
  expect_taken_over();
}

/// `-seekable 0`: it would look at the end of the file first, on connections of their own.
TEST_F(RealClients, ffprobe_counts_every_picture_over_http) {
  film("v.ts", 12, h264);
  slow_cable("3mbit");
  const std::string probe =
      "ffprobe -v error -count_frames -select_streams v -show_entries "
      "stream=codec_name,width,height,nb_read_frames,nb_read_packets -count_packets -of csv=p=0 ";
  auto ffprobe =
      start(probe + "-seekable 0 http://" + service_four + "/v.ts >" + pair.path("facts"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(1s);
  EXPECT_FALSE(ffprobe.wait(0ms)) << "it was over before the takeover";
  pair.take_over();
  EXPECT_EQ(ffprobe.wait(60s), 0);
  EXPECT_EQ(text_of(pair.path("facts")), at_bridge(probe + pair.path("root/v.ts")));
  EXPECT_NE(text_of(pair.path("facts")).find(",300,"), std::string::npos)
      << text_of(pair.path("facts"));
  EXPECT_EQ(text_of(pair.path("client.log")), "");
  EXPECT_EQ(opened(), 1u);
  expect_taken_over();
}

TEST_F(RealClients, ffprobe_counts_every_picture_over_rtsp) {
  film("v.mp4", 4, h264);
  const std::string probe =
      "ffprobe -v error -count_frames -select_streams v -show_entries "
      "stream=codec_name,nb_read_frames -of csv=p=0 ";
  auto ffprobe =
      start(probe + "-rtsp_transport tcp rtsp://" + service_four + "/v.mp4 >" + pair.path("facts"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(2s);
  pair.take_over();
  EXPECT_EQ(ffprobe.wait(60s), 0);
  EXPECT_EQ(text_of(pair.path("facts")), at_bridge(probe + pair.path("root/v.mp4")));
  EXPECT_EQ(opened(), 1u);
  expect_taken_over();
}

class GStreamer : public RealClients {
 protected:
  /// Its decoded pictures are those of the file, bit by bit; but for the last of the 100, which
  /// this pipeline does not give out at the stream's goodbye, with or without a takeover.
  void play_across(const std::string& transport) {
    film("v.mp4", 4, h264);
    auto gst = start("gst-launch-1.0 -q rtspsrc location=rtsp://" + std::string(service_four) +
                     "/v.mp4 protocols=" + transport +
                     " ! rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! "
                     "video/x-raw,format=I420 ! filesink location=" +
                     pair.path("pictures"));
    ASSERT_TRUE(pair.held(1));
    std::this_thread::sleep_for(2s);
    EXPECT_FALSE(gst.wait(0ms)) << "it was over before the takeover";
    pair.take_over();
    EXPECT_EQ(gst.wait(30s), 0);
    const uint64_t size = 99u * 320 * 180 * 3 / 2;
    EXPECT_EQ(std::filesystem::file_size(pair.path("pictures")), size);
    EXPECT_EQ(at_bridge("sha256sum <" + pair.path("pictures")),
              at_bridge("ffmpeg -v error -i " + pair.path("root/v.mp4") +
                        " -f rawvideo -pix_fmt yuv420p - | head -c " + std::to_string(size) +
                        " | sha256sum"));
    EXPECT_EQ(opened(), 1u);
    expect_taken_over();
  }
};

TEST_F(GStreamer, decodes_every_picture_over_tcp) {
  play_across("tcp");
}
TEST_F(GStreamer, decodes_every_picture_over_udp) {
  play_across("udp");
}

/// nginx stands before the service, keeps its connection to it, and passes bytes on as they come.
TEST_F(RealClients, nginx_as_a_proxy_sees_no_error_of_its_upstream) {
  const auto folder = pair.path("nginx");
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/nginx.conf")
      << "daemon off; master_process off; pid " << folder << "/pid; error_log " << folder
      << "/error.log info;\nevents {}\nhttp {\n  client_body_temp_path " << folder
      << "/a; proxy_temp_path " << folder << "/b; fastcgi_temp_path " << folder
      << "/c; uwsgi_temp_path " << folder << "/d; scgi_temp_path " << folder
      << "/e;\n  log_format upstream '$uri $status $upstream_addr $upstream_status';\n  access_log "
      << folder << "/access.log upstream;\n  upstream service { server " << service_four
      << ":80; keepalive 4; }\n  server { listen 127.0.0.1:8080; location / { proxy_pass "
         "http://service; proxy_http_version 1.1; proxy_set_header Connection \"\"; "
         "proxy_buffering off; proxy_next_upstream off; } }\n}\n";
  auto nginx = pair.network().start(
      Place::client,
      {"nginx", "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"},
      pair.path("nginx.log"));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder + "/pid"); }));
  const std::string get = "curl -sS --limit-rate 100M http://127.0.0.1:8080/";
  auto ready = start(get + "small >/dev/null");
  ASSERT_EQ(ready.wait(20s), 0);
  auto curl = start(get + "big | sha256sum >" + pair.path("sum"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(500ms);
  EXPECT_FALSE(curl.wait(0ms)) << "it was over before the takeover";
  pair.take_over();
  EXPECT_EQ(curl.wait(60s), 0);
  EXPECT_EQ(text_of(pair.path("sum")), at_bridge("sha256sum <" + pair.path("root/big")));
  auto again = start(get + "small | cmp - " + pair.path("root/small"));
  EXPECT_EQ(again.wait(20s), 0);
  expect_taken_over();
  EXPECT_EQ(pair.number(Place::server_b, "connections"), 1u)
      << "the same upstream connection is kept and used again";
  nginx.interrupt();
  EXPECT_EQ(nginx.wait(10s), 0);
  const auto errors = text_of(folder + "/error.log");
  for (const char* word : {"[error]", "[warn]", "[crit]", "upstream prematurely", "reset by peer"})
    EXPECT_EQ(errors.find(word), std::string::npos) << errors;
  EXPECT_EQ(text_of(folder + "/access.log"),
            "/small 200 10.9.0.100:80 200\n"
            "/big 200 10.9.0.100:80 200\n"
            "/small 200 10.9.0.100:80 200\n");
}

/// A page with a <video>; it writes what happens to the browser's console.
constexpr auto page = R"(<!doctype html><video id=v muted></video><script>
const v = document.getElementById('v'), heard = [];
const tell = what => console.log('REPORT ' + what + ' ' + JSON.stringify({
  time: v.currentTime, frames: v.getVideoPlaybackQuality().totalVideoFrames,
  dropped: v.getVideoPlaybackQuality().droppedVideoFrames, error: v.error && v.error.message,
  requests: performance.getEntriesByType('resource').length, heard: heard.join(',')}));
for (const e of ['playing', 'waiting', 'stalled', 'error', 'abort', 'ended'])
  v.addEventListener(e, () => { heard.push(e); if (e != 'waiting' && e != 'stalled') tell(e); });
v.addEventListener('timeupdate', () => { if (v.currentTime > 2 && !v.told) { v.told = 1; tell('middle'); } });
v.src = 'http://10.9.0.100/v.mp4'; v.play();
</script>)";

TEST_F(RealClients, a_browser_plays_its_video_to_the_end) {
  film("v.mp4", 8, std::string(h264) + " -maxrate 2M -bufsize 2M -movflags +faststart");
  std::ofstream(pair.path("page.html")) << page;
  slow_cable("3mbit");
  // Not by the script of that name in /usr/bin: when that is ended, the browser goes on.
  auto chromium = pair.network().start(
      Place::client,
      {"/usr/lib/chromium/chromium-headless-shell", "--no-sandbox", "--disable-gpu",
       "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
       "--no-first-run", "--autoplay-policy=no-user-gesture-required",
       "--user-data-dir=" + pair.path("chromium"), "--remote-debugging-port=0",
       "--enable-logging=stderr", "file://" + pair.path("page.html")},
      pair.path("client.log"));
  ASSERT_TRUE(said("REPORT middle", 60s));
  ASSERT_EQ(pair.number(Place::server_a, "connections"), 1u) << "it loads while it plays";
  pair.take_over();
  EXPECT_TRUE(said("REPORT ended", 60s));
  chromium.kill();
  const auto log = text_of(pair.path("client.log"));
  EXPECT_EQ(log.find("REPORT error"), std::string::npos);
  EXPECT_EQ(log.find("REPORT abort"), std::string::npos);
  const auto at = log.find("REPORT ended");
  const auto report = at == std::string::npos ? log : log.substr(at, log.find('\n', at) - at);
  std::printf("  %s\n", report.c_str());
  EXPECT_NE(report.find("\"time\":8,"), std::string::npos);
  EXPECT_NE(report.find("\"frames\":200,"), std::string::npos);
  EXPECT_NE(report.find("\"error\":null,\"requests\":1,"), std::string::npos);
  EXPECT_EQ(opened(), 1u);
  expect_taken_over();
}

}  // namespace
}  // namespace understudy::network
