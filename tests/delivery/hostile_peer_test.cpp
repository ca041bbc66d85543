// SPDX-License-Identifier: Apache-2.0
// The checkpoint link of two real deliveries before strangers and a peer that lies: a recorded
// session sent again, half of one, garbage, another key; and with the right key, records without
// end. What is held stays right, and the clients' server falls after all of it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <map>

#include "host/edge/delivery/record_link.hpp"
#include "tests/delivery/good_client.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using protocol::checkpoint::LinkMessage;

/// Hears the bytes that server a sends on its latest connection to the other's link.
class LinkEar {
 public:
  explicit LinkEar(const Network& network) {
    network.in(Place::server_b, [&] {
      socket_ = edge::Descriptor(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)));
    });
    const int room = 16 << 20;
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  }
  std::string bytes() {
    std::array<uint8_t, 65536> p;
    for (ssize_t n = 0; (n = ::recv(socket_.number(), p.data(), p.size(), MSG_DONTWAIT)) > 0;) {
      const size_t header = size_t(p[0] & 15) * 4;
      if (n < 40 || p[9] != IPPROTO_TCP) continue;
      const auto* tcp = p.data() + header;
      if ((tcp[2] << 8 | tcp[3]) != 7801) continue;
      const uint32_t sequence =
          uint32_t{tcp[4]} << 24 | uint32_t{tcp[5]} << 16 | uint32_t{tcp[6]} << 8 | tcp[7];
      if (tcp[13] & 2) first_ = sequence + 1, out_.clear();
      const size_t begin = header + size_t(tcp[12] >> 4) * 4, end = size_t{p[2]} << 8 | p[3];
      const size_t at = sequence - first_;
      if (begin >= end || at > (8u << 20)) continue;
      if (out_.size() < at + end - begin) out_.resize(at + end - begin);
      std::copy(p.begin() + static_cast<ptrdiff_t>(begin), p.begin() + static_cast<ptrdiff_t>(end),
                out_.begin() + static_cast<ptrdiff_t>(at));
    }
    return out_;
  }

 private:
  edge::Descriptor socket_;
  uint32_t first_ = 0;
  std::string out_;
};

class HostilePeer : public testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure())
      std::printf("--- a\n%s--- b\n%s", pair.log(Place::server_a).c_str(),
                  pair.log(Place::server_b).c_str());
  }
  /// Says it from the stranger's place to the link of server b; whether it was hung up on.
  bool say(const std::string& bytes, bool ends) const {
    edge::Descriptor socket;
    pair.network().in(Place::stranger, [&] {
      socket = edge::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    });
    const auto to = edge::to_kernel(*edge::parse_socket_address("10.9.0.2:7801"));
    if (::connect(socket.number(), to.get(), to.size) != 0) return false;
    ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (ends) ::shutdown(socket.number(), SHUT_WR);
    const timeval patience{5, 0};
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char byte = 0;
    ssize_t n = 0;
    while ((n = ::recv(socket.number(), &byte, 1, 0)) > 0) {
    }
    return n == 0 || errno == ECONNRESET;
  }
  std::unique_ptr<edge::RecordSender> sender(boost::asio::io_context& io, uint8_t key) {
    std::array<uint8_t, edge::PeerKey::bytes> bytes{};
    bytes.fill(key);
    auto out = std::make_unique<edge::RecordSender>(
        io, *edge::parse_socket_address("10.9.0.2:7801"), edge::PeerKey(bytes), "mallory",
        edge::RecordSender::Calls{.opened = [] {},
                                  .acknowledged = [this](uint64_t) { ++acknowledged; },
                                  .lost = [](const std::string&) {}});
    out->run(true);
    return out;
  }
  Pair pair;
  uint64_t acknowledged = 0;
};

TEST_F(HostilePeer, a_replayed_session_and_what_is_none_are_refused_and_told) {
  LinkEar ear(pair.network());
  pair.process(Place::server_b).kill();
  pair.start(Place::server_b);
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "second_holds"); }));
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-9999999\r\n"));
  ASSERT_TRUE(client.answered());
  ASSERT_TRUE(pair.held(1));
  const auto recorded = ear.bytes();
  ASSERT_GT(recorded.size(), 300u) << "a greeting, a hello, a record";
  const auto taken = pair.number(Place::server_b, "records_taken");
  EXPECT_TRUE(say(recorded, false)) << "replayed";
  EXPECT_TRUE(say(recorded.substr(0, 90), true)) << "truncated";
  EXPECT_TRUE(say(recorded.substr(0, 90), false)) << "truncated, and then silent";
  EXPECT_TRUE(say(std::string(5000, '\xFF'), false)) << "garbage";
  boost::asio::io_context io;
  pair.network().in(Place::stranger, [&] {
    const auto wrong = sender(io, 0x78);
    io.run_for(300ms);
  });
  EXPECT_EQ(acknowledged, 0u);
  EXPECT_EQ(pair.number(Place::server_b, "held"), 1u);
  EXPECT_LE(pair.number(Place::server_b, "records_taken"), taken + 1);
  EXPECT_TRUE(pair.is(Place::server_a, "second_holds")) << "the true link was not touched";
  EXPECT_NE(pair.log(Place::server_b)
                .find("10.9.0.66 was refused on the checkpoint link: a frame's MAC is wrong: is "
                      "the key the same on both servers?"),
            std::string::npos);
  pair.take_over();
  EXPECT_EQ(client.take_object(0, 10'000'000), "");
}

TEST_F(HostilePeer, a_peer_that_lies_without_end_is_bounded_and_forgotten) {
  Client client(pair.network());
  client.send(get("/big", "Range: bytes=0-9999999\r\n"));
  ASSERT_TRUE(client.answered());
  ASSERT_TRUE(pair.held(1));
  const auto before = pair.memory(Place::server_b);
  boost::asio::io_context io;
  const std::vector<uint8_t> lie(10'000, 0x5A);
  pair.network().in(Place::stranger, [&] {
    const auto right = sender(io, 0x77);
    // The true one interrupts it each time that it comes back.
    EXPECT_TRUE(eventually(
        [&] {
          io.run_for(5ms);
          for (int i = 0; i < 1000 && right->add(LinkMessage::record, lie); ++i) {
          }
          right->flush();
          return pair.number(Place::server_b, "records_refused") > 5000;
        },
        60s));
  });
  EXPECT_GT(acknowledged, 0u) << "its key is right";
  EXPECT_LE(pair.memory(Place::server_b), before + (16u << 20));
  EXPECT_NE(pair.log(Place::server_b).find("run the same version on both"), std::string::npos);
  ASSERT_TRUE(eventually([&] { return pair.is(Place::server_a, "second_holds"); }))
      << "the true one is back";
  ASSERT_TRUE(pair.held(1));
  pair.take_over();
  EXPECT_EQ(client.take_object(0, 10'000'000), "");
}

}  // namespace
}  // namespace understudy::network
