// SPDX-License-Identifier: Apache-2.0
// RTSP clients that mean no good, while a good one watches: it misses no packet, nobody else is
// sent anything, and what the others hold is given back.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <random>
#include <thread>

#include "host/edge/repair/address.hpp"
#include "tests/delivery/rtsp_client.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using By = RtspClient::By;

edge::Descriptor datagrams_at(const Network& network, Place place, const std::string& address) {
  edge::Descriptor out;
  network.in(place, [&] {
    out = edge::Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto at = edge::to_kernel(*edge::parse_socket_address(address));
    if (::bind(out.number(), at.get(), at.size) != 0) out.close();
  });
  return out;
}

class HostileRtsp : public testing::Test {
 protected:
  HostileRtsp()
      : pair({"--rtsp", std::string(service_four) + ":554", "--request-patience", "1",
              "--idle-patience", "2", "--taking-patience", "2"}) {
    pair.network().output(Place::bridge,
                          "cd " + pair.path("root") +
                              " && ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=25:d=5 -c:v "
                              "libx264 -preset veryfast -g 25 -b:v 4M -f mpegts v.ts");
  }
  void TearDown() override {
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  Pair pair;
};

TEST_F(HostileRtsp, media_goes_only_to_the_address_of_who_asked) {
  const auto victim = datagrams_at(pair.network(), Place::stranger, "10.9.0.66:41000");
  const auto own = datagrams_at(pair.network(), Place::client, "10.9.0.9:41000");
  ASSERT_TRUE(victim && own);
  RtspClient client(pair.network(), By::udp, "v.ts");
  const auto answer = client.request(
      "SETUP", "Transport: RTP/AVP;unicast;destination=10.9.0.66;client_port=41000-41001\r\n");
  if (answer.status != 200) return;  // refused: as good
  const auto session = answer.field("Session");
  const auto play =
      client.request("PLAY", "Session: " + session.substr(0, session.find(';')) + "\r\n");
  EXPECT_EQ(play.status, 200);
  char packet[2048];
  const timeval patience{3, 0};
  ::setsockopt(own.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (int i = 0; i < 50; ++i)
    EXPECT_GT(::recv(own.number(), packet, sizeof packet, 0), 0) << "the client itself gets it";
  EXPECT_LT(::recv(victim.number(), packet, sizeof packet, MSG_DONTWAIT), 0);
}

TEST_F(HostileRtsp, a_watcher_misses_nothing_while_others_drip_hoard_and_shout) {
  RtspClient good(pair.network(), By::udp, "v.ts");
  ASSERT_EQ(good.set_up(), "");
  ASSERT_EQ(good.play().status, 200);
  std::thread watching([&] { good.receive(20s); });

  std::vector<Client> drips;
  for (int i = 0; i < 100; ++i) {
    drips.emplace_back(pair.network(), false, 554);
    if (i % 2) drips.back().send("OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq");
  }
  std::vector<RtspClient> hoarders;
  for (int i = 0; i < 200; ++i) {
    hoarders.emplace_back(pair.network(), By::connection, "v.ts");
    EXPECT_EQ(hoarders.back().set_up(), "");
  }
  for (int i = 0; i < 1000; ++i)  // many of one client
    hoarders.front().request("SETUP", "Transport: RTP/AVP;unicast;client_port=42000-42001\r\n");
  for (size_t i = 1; i < 20; ++i) {  // these play, and never read
    const int small = 4096;
    ::setsockopt(hoarders[i].connection().number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    EXPECT_EQ(hoarders[i].play().status, 200);
  }
  // Reports of nobody, and what is none, to both ports.
  const auto shouter = datagrams_at(pair.network(), Place::stranger, "10.9.0.66:43000");
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string packet(8 + random() % 200, '\0');
    for (auto& c : packet) c = static_cast<char>(random());
    if (i % 2) packet[0] = '\x81', packet[1] = '\xc9', packet[2] = 0, packet[3] = 7;
    const auto to = edge::to_kernel(
        *edge::parse_socket_address(std::string(service_four) + (i % 3 ? ":6971" : ":6970")));
    ::sendto(shouter.number(), packet.data(), packet.size(), 0, to.get(), to.size);
  }
  EXPECT_TRUE(eventually([&] { return pair.number(Place::server_a, "connections") <= 182; }))
      << "drips are gone, and who plays and does not read; who only set up has its session's time";
  EXPECT_TRUE(drips[1].take_head().starts_with("RTSP/1.0 408"));
  EXPECT_TRUE(drips[0].at_end());
  watching.join();
  EXPECT_TRUE(good.received().goodbye);
  EXPECT_EQ(good.received().missing(), 0u);
  EXPECT_EQ(good.received().other_source, 0u);
  EXPECT_TRUE(eventually([&] { return pair.is(Place::server_a, "second_holds"); }));
  const auto held = pair.number(Place::server_b, "held");
  pair.take_over();
  EXPECT_TRUE(eventually([&] { return pair.number(Place::server_b, "taken_over") + 2 >= held; }));
}

}  // namespace
}  // namespace understudy::network
