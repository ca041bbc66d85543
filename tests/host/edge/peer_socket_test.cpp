// SPDX-License-Identifier: Apache-2.0
// Real datagrams on the loopback: only the shared key's pass, a flood of others costs nothing but
// its count, and under simulation exactly the stated number is handled.
#include "host/edge/daemon/peer_socket.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>

#include <memory>
#include <vector>

namespace {
using namespace understudy;
using namespace understudy::edge;
using namespace std::chrono_literals;
using protocol::peer::Envelope;
using Why = core::PeerGarbage::Why;

PeerKey key_of(uint8_t fill) {
  std::array<uint8_t, PeerKey::bytes> value;
  value.fill(fill);
  return PeerKey(value);
}

/// A UDP port of the loopback that was free just now.
uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket.number(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

struct Ear : PeerOwner {
  std::vector<core::PeerDatagram> heard;
  int malformed = 0, wrong_key = 0;
  void peer_datagram(const core::PeerDatagram& d) override { heard.push_back(d); }
  void peer_garbage(Why why) override { ++(why == Why::wrong_key ? wrong_key : malformed); }
};

class PeerSocketTest : public ::testing::Test {
 protected:
  PeerSocketTest() {
    EXPECT_GE(sodium_init(), 0);
    a_ = open(left_, right_, 7, ear_a_);
    b_ = open(right_, left_, 7, ear_b_);
  }
  std::unique_ptr<PeerSocket> open(uint16_t listen, uint16_t to, uint8_t key, Ear& ear) {
    auto socket =
        PeerSocket::open(io_, {{"127.0.0.1", listen}, {"127.0.0.1", to}, ""}, key_of(key), ear);
    EXPECT_TRUE(socket.has_value()) << (socket ? "" : socket.error().text);
    return std::move(*socket);
  }
  static void say(PeerSocket& from, uint64_t session, uint64_t count, uint8_t byte) {
    from.send(Envelope{.from = session, .to = 0, .counter = count}, std::vector<uint8_t>{byte});
  }
  void poll() {
    io_.restart();
    for (int i = 0; i < 20; ++i) io_.poll();
  }
  boost::asio::io_context io_;
  uint16_t left_ = free_port(), right_ = free_port();
  Ear ear_a_, ear_b_;
  std::unique_ptr<PeerSocket> a_, b_;
};

TEST_F(PeerSocketTest, a_message_arrives_as_it_was) {
  a_->send(Envelope{.from = 5, .to = 9, .counter = 1}, std::vector<uint8_t>{1, 2, 3});
  poll();
  ASSERT_EQ(ear_b_.heard.size(), 1u);
  EXPECT_EQ(ear_b_.heard[0].envelope, (Envelope{.from = 5, .to = 9, .counter = 1}));
  EXPECT_EQ(ear_b_.heard[0].payload, (std::vector<uint8_t>{1, 2, 3}));
}

TEST_F(PeerSocketTest, a_wrong_key_is_counted_and_nothing_of_it_passes) {
  a_.reset();
  Ear ear;
  const auto stranger = open(left_, right_, 8, ear);
  say(*stranger, 5, 1, 1);
  poll();
  EXPECT_TRUE(ear_b_.heard.empty());
  EXPECT_EQ(ear_b_.wrong_key, 1);
  EXPECT_EQ(b_->refused(), 1u);
}

TEST_F(PeerSocketTest, one_changed_bit_anywhere_is_refused) {
  const auto whole =
      seal(Envelope{.from = 5, .to = 6, .counter = 7}, std::vector<uint8_t>{1, 2}, key_of(7));
  ASSERT_TRUE(open_sealed(whole, key_of(7)).has_value());
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto changed = whole;
    changed[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(open_sealed(changed, key_of(7)).has_value()) << bit;
  }
  for (size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(open_sealed(std::span(whole).first(n), key_of(7)).has_value()) << n;
  EXPECT_TRUE(seal(Envelope{}, std::vector<uint8_t>(Envelope::payload_max + 1), key_of(7)).empty());
}

TEST_F(PeerSocketTest, a_flood_of_garbage_is_counted_and_the_peer_is_heard_after_it) {
  a_.reset();
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in from{
      .sin_family = AF_INET, .sin_port = htons(left_), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  sockaddr_in to = from;
  to.sin_port = htons(right_);
  ASSERT_EQ(::bind(socket.number(), reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
  ASSERT_EQ(::connect(socket.number(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::vector<uint8_t> garbage(1400, 0xA5);
  for (int i = 0; i < 20'000; ++i) {
    ::send(socket.number(), garbage.data(), static_cast<size_t>(i % 1400), MSG_DONTWAIT);
    if (i % 50 == 0) poll();
  }
  poll();
  const auto good =
      seal(Envelope{.from = 5, .to = 0, .counter = 1}, std::vector<uint8_t>{9}, key_of(7));
  ::send(socket.number(), good.data(), good.size(), 0);
  poll();
  EXPECT_GT(ear_b_.malformed, 1000);
  ASSERT_EQ(ear_b_.heard.size(), 1u);
  EXPECT_EQ(ear_b_.heard[0].payload[0], 9);
}

TEST_F(PeerSocketTest, in_lockstep_exactly_the_stated_number_is_handled) {
  a_->set_lockstep(true);
  b_->set_lockstep(true);
  EXPECT_TRUE(b_->handle_up_to(0, 0ms));
  for (uint8_t i = 1; i <= 5; ++i) say(*a_, 5, i, i);
  poll();
  EXPECT_TRUE(ear_b_.heard.empty());
  EXPECT_TRUE(b_->handle_up_to(3, 1000ms));
  EXPECT_EQ(ear_b_.heard.size(), 3u);
  EXPECT_TRUE(b_->handle_up_to(3, 1000ms));
  EXPECT_EQ(ear_b_.heard.size(), 3u);
  EXPECT_TRUE(b_->handle_up_to(5, 1000ms));
  EXPECT_EQ(ear_b_.heard.size(), 5u);
  EXPECT_EQ(a_->sent(), 5u);
}

TEST_F(PeerSocketTest, a_datagram_that_never_comes_is_waited_for_once) {
  b_->set_lockstep(true);
  EXPECT_TRUE(b_->handle_up_to(0, 0ms));
  EXPECT_FALSE(b_->handle_up_to(2, 20ms));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(b_->handle_up_to(2, 10'000ms));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_F(PeerSocketTest, what_was_left_from_before_the_first_turn_is_not_counted) {
  a_->set_lockstep(true);
  for (uint8_t i = 1; i <= 4; ++i) say(*a_, 5, i, i);
  b_->set_lockstep(true);
  say(*a_, 5, 5, 5);
  EXPECT_TRUE(b_->handle_up_to(1, 1000ms));
  ASSERT_EQ(ear_b_.heard.size(), 1u);
  EXPECT_EQ(ear_b_.heard[0].payload[0], 5);
}

TEST_F(PeerSocketTest, a_peer_out_of_step_is_not_heard_in_lockstep_and_heard_without) {
  b_->set_lockstep(true);
  EXPECT_TRUE(b_->handle_up_to(0, 0ms));
  say(*a_, 5, 1, 1);  // a_ is not in lockstep
  EXPECT_EQ(a_->sent(), 0u);
  poll();
  a_->set_lockstep(true);
  say(*a_, 5, 2, 2);
  EXPECT_TRUE(b_->handle_up_to(1, 1000ms));
  ASSERT_EQ(ear_b_.heard.size(), 1u);
  EXPECT_EQ(ear_b_.heard[0].payload[0], 2);
  a_->set_lockstep(false);
  b_->set_lockstep(false);
  say(*a_, 5, 3, 3);
  poll();
  EXPECT_EQ(ear_b_.heard.size(), 2u);
}

TEST_F(PeerSocketTest, in_lockstep_a_wrong_key_is_counted_and_not_waited_for) {
  a_.reset();
  Ear ear;
  const auto stranger = open(left_, right_, 8, ear);
  stranger->set_lockstep(true);
  b_->set_lockstep(true);
  EXPECT_TRUE(b_->handle_up_to(0, 0ms));
  say(*stranger, 5, 1, 1);
  poll();
  EXPECT_EQ(ear_b_.wrong_key, 0) << "told in its turn";
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(b_->handle_up_to(1, 10'000ms));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  EXPECT_EQ(ear_b_.wrong_key, 1);
}

TEST_F(PeerSocketTest, an_address_in_use_says_what_it_may_be) {
  const auto second =
      PeerSocket::open(io_, {{"127.0.0.1", left_}, {"127.0.0.1", right_}, ""}, key_of(7), ear_a_);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().text.find("in use"), std::string::npos);
}

}  // namespace
