// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/session.hpp"

#include <gtest/gtest.h>

#include "host/core/rtsp/description.hpp"

namespace understudy::rtsp {
namespace {

Request request(std::string method, std::vector<std::pair<std::string, std::string>> fields = {},
                std::string url = "rtsp://h:554/dir/a%20b.mp4/track1") {
  Request r;
  r.method = std::move(method), r.url = std::move(url), r.sequence = 1;
  r.fields = std::move(fields);
  return r;
}
const Session none{}, ready{0xab, State::ready, "a"}, playing{0xab, State::playing, "a"};
const std::pair<std::string, std::string> mine{"Session", "00000000000000ab;timeout=60"},
    other{"Session", "00000000000000ac"}, udp{"Transport", "RTP/AVP;unicast;client_port=5000-5001"};

TEST(RtspSession, each_method_in_each_state) {
  struct Row {
    Request request;
    int none, ready, playing;
  };
  const Row rows[] = {
      {request("OPTIONS"), 200, 200, 200},
      {request("DESCRIBE"), 200, 200, 200},
      {request("DESCRIBE", {{"Accept", "text/plain"}}), 406, 406, 406},
      {request("SETUP", {udp}), 200, 455, 455},
      {request("SETUP", {udp, mine}), 454, 200, 455},
      {request("SETUP", {udp, other}), 454, 454, 454},
      {request("SETUP"), 461, 455, 455},
      {request("SETUP", {{"Transport", "RAW/RAW/UDP"}}), 461, 455, 455},
      {request("PLAY", {mine}), 454, 200, 200},
      {request("PLAY", {other}), 454, 454, 454},
      {request("PLAY"), 454, 454, 454},
      {request("PLAY", {mine, {"Range", "clock=19961108T143720.25Z-"}}), 454, 457, 457},
      {request("PAUSE", {mine}), 454, 200, 200},
      {request("TEARDOWN", {mine}), 454, 200, 200},
      {request("TEARDOWN", {other}), 454, 454, 454},
      {request("GET_PARAMETER"), 200, 200, 200},
      {request("GET_PARAMETER", {mine}), 454, 200, 200},
      {request("SET_PARAMETER", {mine}), 454, 200, 200},
      {request("RECORD", {mine}), 405, 405, 405},
      {request("FROB"), 501, 501, 501},
      {request("PLAY", {mine, {"Require", "implicit-play"}}), 551, 551, 551},
  };
  for (const auto& r : rows) {
    EXPECT_EQ(decide(r.request, none).status, r.none) << r.request.method;
    EXPECT_EQ(decide(r.request, ready).status, r.ready) << r.request.method;
    EXPECT_EQ(decide(r.request, playing).status, r.playing) << r.request.method;
  }
  EXPECT_EQ(decide(request("PAUSE", {mine}), ready).act, Act::nothing);
  EXPECT_EQ(decide(request("PAUSE", {mine}), playing).act, Act::pause);
  auto asks = request("GET_PARAMETER", {mine});
  asks.body = "packets_received\r\n";
  EXPECT_EQ(decide(asks, ready).status, 451);
}

TEST(RtspSession, a_url_names_a_file_below_the_root) {
  EXPECT_EQ(path_of("rtsp://h:554/dir/a%20b.mp4/track1"), "dir/a b.mp4");
  EXPECT_EQ(path_of("rtsp://h/a.ts/"), "a.ts");
  EXPECT_EQ(path_of("rtsp://[::1]:8554/a.ts?x=y"), "a.ts");
  EXPECT_EQ(path_of("/a"), "a");
  EXPECT_EQ(path_of("*"), "");
  EXPECT_EQ(path_of("rtsp://h"), "");
  EXPECT_EQ(path_of("rtsp://h/%4"), "");
  EXPECT_EQ(path_of("rtsp://h/%41"), "A");
  EXPECT_EQ(path_of("rtsp://h/%zz"), "");
}

TEST(RtspTransport, offers_are_read_in_order) {
  using Carrier = TransportOffer::Carrier;
  const auto o = read_transports(
      "RTP/AVP/TCP;unicast;interleaved=2-3, RTP/AVP;multicast;ttl=5 ,RTP/AVP/UDP;unicast;"
      "client_port=5000-5001;mode=\"PLAY\",RTP/AVP;unicast;client_port=70000-70001,x,"
      "RTP/AVP;unicast;client_port=1-2;mode=RECORD,RTP/AVP;client_port=6000");
  ASSERT_EQ(o.size(), 4u);
  EXPECT_EQ(o[0].carrier, Carrier::interleaved);
  EXPECT_EQ(o[0].channels, std::pair(uint8_t{2}, uint8_t{3}));
  EXPECT_EQ(o[1].carrier, Carrier::multicast);
  EXPECT_EQ(o[2].carrier, Carrier::unicast);
  EXPECT_EQ(o[2].ports, std::pair(uint16_t{5000}, uint16_t{5001}));
  EXPECT_EQ(o[3].ports, std::pair(uint16_t{6000}, uint16_t{6001}));
}

TEST(RtspRange, normal_play_time) {
  EXPECT_EQ(read_range(""), PlayRange{});
  EXPECT_EQ(read_range("npt=0.000-"), (PlayRange{0, {}}));
  EXPECT_EQ(read_range("npt=now-"), (PlayRange{{}, {}}));
  EXPECT_EQ(read_range("npt=1.5-2"), (PlayRange{135'000, 180'000}));
  EXPECT_EQ(read_range("npt=0:01:02.25-;time=19970123T143720Z"),
            (PlayRange{62 * 90'000 + 22'500, {}}));
  EXPECT_EQ(read_range("npt=-3"), (PlayRange{{}, 270'000}));
  EXPECT_EQ(read_range("npt=0.00001111111111111111-"), (PlayRange{0, {}}));
  for (const auto* bad : {"npt=", "npt=-", "npt=2-1", "npt=a-", "npt=1", "npt=1.x-", "smpte=0-",
                          "npt=999999999999-", "npt=1:2:3:4-", "npt=1-1"})
    EXPECT_EQ(read_range(bad), std::nullopt) << bad;
  EXPECT_EQ(write_range(135'000, 900'090), "npt=1.500-10.001");
}

TEST(RtspDescription, golden) {
  Description d{42, false, "10.9.0.100", "a\nb", 90'000 * 5, 96, "64001f", "Z2Q=,aO4="};
  EXPECT_EQ(write_description(d),
            "v=0\r\no=- 42 1 IN IP4 10.9.0.100\r\ns=a b\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
            "a=control:*\r\na=range:npt=0.000-5.000\r\nm=video 0 RTP/AVP 96\r\n"
            "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=64001f;"
            "sprop-parameter-sets=Z2Q=,aO4=\r\na=control:track1\r\n");
  d.profile_level_id.clear(), d.payload_type = 33, d.ipv6 = true, d.service = "fd00::1";
  EXPECT_NE(write_description(d).find("a=rtpmap:33 MP2T/90000"), std::string::npos);
}

TEST(RtspResponse, golden) {
  EXPECT_EQ(respond(454, 9), "RTSP/1.0 454 Session Not Found\r\nCSeq: 9\r\n\r\n");
  EXPECT_EQ(respond(200, 1, "A: b\r\n", "xy"),
            "RTSP/1.0 200 OK\r\nCSeq: 1\r\nA: b\r\nContent-Length: 2\r\n\r\nxy");
}

}  // namespace
}  // namespace understudy::rtsp
