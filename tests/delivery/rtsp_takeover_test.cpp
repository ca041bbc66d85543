// SPDX-License-Identifier: Apache-2.0
// RTSP bundles across the death of their server. Server a's cable is pulled and its process killed;
// server b goes on with the next packet. Every byte is compared with the file: a transport stream
// goes into packets as it is.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "protocol/limits.hpp"
#include "tests/delivery/rtsp_client.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using By = RtspClient::By;

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// What a client has that was there from the first packet on.
void expect_whole(const ReceivedRtp& r, const std::string& file) {
  EXPECT_TRUE(r.goodbye);
  EXPECT_EQ(r.missing(), 0u);
  EXPECT_EQ(r.other_source, 0u);
  EXPECT_TRUE(r.doubles_equal);
  EXPECT_TRUE(r.bytes() == file) << r.bytes().size() << " bytes of " << file.size();
}

class RtspTakeover : public testing::Test {
 protected:
  RtspTakeover()
      : pair({"--rtsp", std::string(service_four) + ":554", "--rtsp",
              "[" + std::string(service_six) + "]:554", "--multicast", "239.9.9.9:20000",
              "--multicast-interface", "eth0"}) {
    pair.network().ip(Place::client, "route add 224.0.0.0/4 dev eth0");
    // Four seconds with B pictures; both containers hold the same pictures.
    pair.network().output(
        Place::bridge,
        "cd " + pair.path("root") +
            " && ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=25:d=4 -c:v libx264 -preset "
            "veryfast -g 25 -bf 2 -b:v 2M v.mp4 && ffmpeg -v error -i v.mp4 -c copy -f mpegts "
            "v.ts");
    file = text_of(pair.path("root/v.ts"));
  }
  void TearDown() override {
    EXPECT_EQ(pair.resets(), 0u) << "the client was reset";
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  /// Plays v.ts, with the takeover in the middle, and compares.
  void play_across(RtspClient& client, bool planned = false, bool by_datagrams = true,
                   bool deaf = false) {
    ASSERT_EQ(client.set_up(), "");
    ASSERT_TRUE(pair.held(1));
    ASSERT_EQ(client.play().status, 200);
    std::thread receiving([&] { client.receive(15s); });
    std::this_thread::sleep_for(1300ms);
    // The other one makes the same packets, and discards them (FR-27).
    EXPECT_GT(pair.number(Place::server_b, "packets_discarded"), 50u);
    EXPECT_EQ(pair.number(Place::server_b, "packets_different"), 0u);
    if (by_datagrams) {
      EXPECT_GT(pair.number(Place::server_b, "packets_equal"), 50u);
    }
    if (deaf) make_deaf();
    planned ? pair.hand_over() : pair.take_over();
    receiving.join();
    const auto& r = client.received();
    expect_whole(r, file);
    EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
    const auto silence = std::chrono::duration<double, std::milli>(r.longest_silence).count();
    std::printf("  %zu packets, %zu doubled, longest silence %.1f ms\n", r.sequence.size(),
                r.doubled, silence);
    RecordProperty("silence_ms", std::to_string(silence));
  }
  /// From here on server b is told nothing.
  void make_deaf() {
    pair.network().output(Place::server_a,
                          "nft add table ip deaf && nft add chain ip deaf out '{ type filter hook "
                          "output priority 0; }' && nft add rule ip deaf out tcp dport 7801 drop");
    std::this_thread::sleep_for(250ms);
  }
  Pair pair;
  std::string file;
};

TEST_F(RtspTakeover, a_group_sees_no_gap_and_no_doubled_number) {
  RtspClient client(pair.network(), By::group, "v.ts");
  play_across(client);
  EXPECT_EQ(client.received().doubled, 0u);
  EXPECT_EQ(client.received().late, 0u);
}

TEST_F(RtspTakeover, datagrams_to_one_client_go_on_without_a_gap) {
  RtspClient client(pair.network(), By::udp, "v.ts");
  play_across(client);
  // What server a sent in its last moments comes again, for nobody knows that it came: 2 Mbit/s.
  constexpr size_t bytes = 250 * (protocol::limits::rtp_again_ms + 40);
  EXPECT_GT(client.received().doubled, 0u);
  EXPECT_LE(client.received().doubled, 2 * bytes / (7 * 188));
}

TEST_F(RtspTakeover, a_group_is_heard_when_nothing_is_told) {
  RtspClient client(pair.network(), By::group, "v.ts");
  play_across(client, false, true, true);
  EXPECT_EQ(client.received().doubled, 0u);
}

TEST_F(RtspTakeover, what_was_not_told_is_sent_again_and_is_the_same) {
  RtspClient client(pair.network(), By::udp, "v.ts");
  play_across(client, false, true, true);
  EXPECT_GT(client.received().doubled, 0u);
}

TEST_F(RtspTakeover, datagrams_over_ipv6) {
  RtspClient client(pair.network(), By::udp, "v.ts", true);
  play_across(client);
}

TEST_F(RtspTakeover, an_interleaved_connection_goes_on_in_mid_byte) {
  RtspClient client(pair.network(), By::connection, "v.ts");
  play_across(client, false, false);
  EXPECT_EQ(client.received().doubled, 0u);
  EXPECT_EQ(client.request("TEARDOWN").status, 200);
}

TEST_F(RtspTakeover, a_planned_handover_doubles_nothing) {
  RtspClient client(pair.network(), By::udp, "v.ts");
  play_across(client, true);
  EXPECT_EQ(client.received().doubled, 0u);
}

TEST_F(RtspTakeover, an_interleaved_connection_is_handed_over) {
  RtspClient client(pair.network(), By::connection, "v.ts");
  play_across(client, true, false);
  EXPECT_EQ(client.received().doubled, 0u);
}

TEST_F(RtspTakeover, requests_go_on_after_it) {
  RtspClient client(pair.network(), By::connection, "v.ts");
  ASSERT_EQ(client.set_up(), "");
  ASSERT_EQ(client.play("npt=0-").status, 200);
  client.receive(400ms);
  EXPECT_EQ(client.request("GET_PARAMETER").status, 200);
  client.receive(200ms);
  pair.take_over();
  EXPECT_EQ(client.request("GET_PARAMETER").status, 200);
  client.receive(300ms);
  EXPECT_EQ(client.request("PAUSE").status, 200);
  const auto paused = client.received().sequence.size();
  client.receive(300ms);
  EXPECT_EQ(client.received().sequence.size(), paused);
  EXPECT_EQ(client.play().status, 200);
  client.receive(10s);
  EXPECT_TRUE(client.received().goodbye);
  EXPECT_EQ(client.received().missing(), 0u);
  EXPECT_EQ(client.received().doubled, 0u);
  EXPECT_TRUE(client.received().bytes() == file);
  EXPECT_EQ(client.request("TEARDOWN").status, 200);
}

TEST_F(RtspTakeover, many_clients_of_all_kinds_at_once) {
  std::vector<std::unique_ptr<RtspClient>> clients;
  for (uint16_t i = 0; i < 12; ++i) {
    const By by = i % 4 == 0 ? By::udp : i == 1 ? By::group : By::connection;
    clients.push_back(std::make_unique<RtspClient>(pair.network(), by, "v.ts", i == 8,
                                                   static_cast<uint16_t>(41'000 + 2 * i)));
    ASSERT_EQ(clients.back()->set_up(), "");
  }
  std::vector<std::thread> threads;
  for (auto& c : clients) {
    ASSERT_EQ(c->play().status, 200);
    threads.emplace_back([&c] { c->receive(15s); });
  }
  std::this_thread::sleep_for(1100ms);
  pair.take_over();
  for (auto& t : threads) t.join();
  for (auto& c : clients) expect_whole(c->received(), file);
  EXPECT_EQ(clients[1]->received().doubled, 0u);
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 12u);
}

TEST_F(RtspTakeover, two_watch_one_group) {
  RtspClient first(pair.network(), By::group, "v.ts");
  RtspClient later(pair.network(), By::group, "v.ts");
  ASSERT_EQ(first.set_up(), "");
  ASSERT_EQ(first.play().status, 200);
  first.receive(500ms);
  ASSERT_EQ(later.set_up(), "");
  const auto joined = later.play();
  ASSERT_EQ(joined.status, 200);
  EXPECT_EQ(later.request("PAUSE").status, 455) << "the other one watches";
  std::thread one([&] { first.receive(10s); }), other([&] { later.receive(10s); });
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(pair.held(2));
  pair.take_over();
  one.join();
  other.join();
  expect_whole(first.received(), file);
  EXPECT_EQ(first.received().doubled, 0u);
  EXPECT_EQ(later.received().ssrc, first.received().ssrc);
  EXPECT_EQ(later.received().missing(), 0u);
  EXPECT_TRUE(later.received().goodbye);
  EXPECT_EQ(first.request("TEARDOWN").status, 200);
  EXPECT_EQ(later.request("TEARDOWN").status, 200);
}

TEST_F(RtspTakeover, there_and_back_again) {
  RtspClient udp(pair.network(), By::udp, "v.ts");
  RtspClient tcp(pair.network(), By::connection, "v.ts");
  ASSERT_EQ(udp.set_up(), "");
  ASSERT_EQ(tcp.set_up(), "");
  ASSERT_EQ(udp.play().status, 200);
  ASSERT_EQ(tcp.play().status, 200);
  std::thread other([&] { udp.receive(15s); });
  tcp.receive(500ms);
  pair.take_over();
  pair.network().take_address(Place::server_a);
  pair.network().cable(Place::server_a, true);
  pair.start(Place::server_a);
  tcp.receive(700ms);
  EXPECT_TRUE(eventually([&] { return pair.number(Place::server_a, "held") == 2; }));
  pair.network().cable(Place::server_b, false);
  pair.process(Place::server_b).kill();
  pair.network().give_address(Place::server_a);
  pair.ask(Place::server_a, "serve 3");
  tcp.receive(15s);
  other.join();
  expect_whole(udp.received(), file);
  expect_whole(tcp.received(), file);
}

TEST_F(RtspTakeover, nonsense_is_refused_and_service_goes_on) {
  Client garbage(pair.network(), false, 554);
  garbage.send("\x01\x02 garbage\r\n\r\n");
  EXPECT_TRUE(garbage.take_head().starts_with("RTSP/1.0 400 "));
  EXPECT_TRUE(garbage.at_end());
  Client endless(pair.network(), false, 554);
  endless.send(std::string(20'000, 'a'));
  EXPECT_TRUE(endless.take_head().starts_with("RTSP/1.0 413 "));
  RtspClient client(pair.network(), By::connection, "v.ts");
  ASSERT_EQ(client.set_up(), "");
  EXPECT_EQ(client.request("PLAY", "Range: npt=9999-\r\n").status, 457);
  EXPECT_EQ(client.request("PLAY", "Require: magic\r\n").status, 551);
  EXPECT_EQ(RtspClient(pair.network(), By::connection, "not-there.mp4").set_up().substr(0, 34),
            "DESCRIBE: RTSP/1.0 404 Not Found\r\n");
  EXPECT_EQ(client.play("npt=2-").status, 200);
  client.receive(10s);
  EXPECT_TRUE(client.received().goodbye);
  EXPECT_TRUE(file.ends_with(client.received().bytes()));
}

/// ffmpeg's decoded pictures are those of the file.
void ffmpeg_across(Pair& pair, const std::string& transport) {
  const auto md5 = pair.path("md5"), err = pair.path("ffmpeg.err");
  auto ffmpeg = pair.network().start(
      Place::client,
      {"bash", "-c",
       "ffmpeg -v error -y -rtsp_transport " + transport + " -i rtsp://" + service_four +
           "/v.mp4 -fps_mode passthrough -f framemd5 " + md5 + " 2>" + err},
      pair.path("client.log"));
  ASSERT_TRUE(pair.held(1));
  std::this_thread::sleep_for(2500ms);
  pair.take_over();
  EXPECT_EQ(ffmpeg.wait(30s), 0);
  const std::string sums = " | grep -v '^#' | cut -d, -f6";
  const auto wanted = pair.network().output(
      Place::bridge, "ffmpeg -v error -i " + pair.path("root/v.mp4") + " -f framemd5 -" + sums);
  EXPECT_EQ(pair.network().output(Place::bridge, "cat " + md5 + sums), wanted);
  EXPECT_EQ(text_of(err), "");
  EXPECT_EQ(pair.number(Place::server_b, "taken_over"), 1u);
}

TEST_F(RtspTakeover, ffmpeg_decodes_every_picture_over_udp) {
  ffmpeg_across(pair, "udp");
}
TEST_F(RtspTakeover, ffmpeg_decodes_every_picture_over_tcp) {
  ffmpeg_across(pair, "tcp");
}
TEST_F(RtspTakeover, ffmpeg_decodes_every_picture_from_a_group) {
  ffmpeg_across(pair, "udp_multicast");
}

}  // namespace
}  // namespace understudy::network
