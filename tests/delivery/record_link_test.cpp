// SPDX-License-Identifier: Apache-2.0
// The checkpoint link on loopback: what is sent arrives and is acknowledged; another key, a changed
// byte, a replayed session or garbage is refused, and the link that was there goes on.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>

#include "host/edge/delivery/record_link.hpp"

namespace understudy::edge {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using protocol::checkpoint::LinkMessage;
using protocol::checkpoint::Message;

PeerKey key_of(uint8_t byte) {
  std::array<uint8_t, PeerKey::bytes> value{};
  value.fill(byte);
  return PeerKey(value);
}

class RecordLink : public testing::Test {
 protected:
  static SocketAddress at(uint16_t port) {
    return *parse_socket_address("127.0.0.1:" + std::to_string(port));
  }
  /// A port that is free now.
  static uint16_t some_port() {
    boost::asio::io_context io;
    return tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
  }
  RecordLink() {
    auto listening = RecordHolder::open(
        io, at(port), key_of(1),
        {.hello =
             [this](std::string_view name) {
               names.emplace_back(name);
               return name != "me";
             },
         .message =
             [this](const Message& m) { taken.emplace_back(m.bytes.begin(), m.bytes.end()); },
         .lost = [this](const std::string& why) { lost = why; },
         .refused = [this](const std::string&,
                           const std::string& why) { refused.push_back(why); }});
    if (!listening) throw std::runtime_error(listening.error().text);
    holder = std::move(*listening);
  }
  std::unique_ptr<RecordSender> sender_with(uint8_t key, const std::string& name, uint16_t to) {
    auto s = std::make_unique<RecordSender>(
        io, at(to), key_of(key), name,
        RecordSender::Calls{.opened = [this] { ++opened; },
                            .acknowledged = [this](uint64_t n) { acknowledged = n; },
                            .lost = [this](const std::string&) { ++broken; }});
    s->run(true);
    return s;
  }
  bool until(const std::function<bool()>& so, std::chrono::milliseconds most = 3s) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!so() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_for(5ms);
    }
    return so();
  }

  boost::asio::io_context io;
  uint16_t port = some_port();
  std::unique_ptr<RecordHolder> holder;
  std::vector<std::string> names;
  std::vector<std::vector<uint8_t>> taken;
  std::string lost;
  std::vector<std::string> refused;
  int opened = 0, broken = 0;
  uint64_t acknowledged = 0;
};

TEST_F(RecordLink, what_is_sent_arrives_in_order_and_is_acknowledged) {
  auto sender = sender_with(1, "alpha", port);
  ASSERT_TRUE(until([&] { return sender->open(); }));
  for (uint8_t i = 0; i < 200; ++i) {
    const std::vector<uint8_t> record(2000, i);
    ASSERT_TRUE(sender->add(LinkMessage::record, record));
  }
  const auto number = sender->frame_number();
  sender->flush();
  ASSERT_TRUE(until([&] { return acknowledged >= number; }));
  ASSERT_EQ(taken.size(), 200u);
  for (uint8_t i = 0; i < 200; ++i) EXPECT_EQ(taken[i], std::vector<uint8_t>(2000, i));
  EXPECT_EQ(names, std::vector<std::string>{"alpha"});
}

TEST_F(RecordLink, another_key_is_refused_and_does_not_disturb_the_right_one) {
  auto right = sender_with(1, "alpha", port);
  ASSERT_TRUE(until([&] { return right->open(); }));
  right->flush();
  ASSERT_TRUE(until([&] { return holder->connected(); }));
  auto wrong = sender_with(2, "mallory", port);
  until([&] { return false; }, 300ms);
  wrong.reset();
  EXPECT_EQ(names, std::vector<std::string>{"alpha"});
  const std::vector<uint8_t> record(10, 5);
  right->add(LinkMessage::record, record);
  right->flush();
  EXPECT_TRUE(until([&] { return taken.size() == 1; }));
}

TEST_F(RecordLink, a_sender_that_is_this_one_itself_is_refused) {
  auto sender = sender_with(1, "me", port);
  ASSERT_TRUE(until([&] { return sender->open(); }));
  sender->flush();
  EXPECT_TRUE(until([&] { return broken > 0; }));
  EXPECT_FALSE(holder->connected());
}

/// Everything that a good sender said, said again on a new connection: the holder's nonce is
/// another.
TEST_F(RecordLink, a_recorded_session_is_worth_nothing) {
  tcp::acceptor between(io, {boost::asio::ip::address_v4::loopback(), 0});
  auto sender = sender_with(1, "alpha", between.local_endpoint().port());
  std::vector<uint8_t> heard;
  tcp::socket near(io), far(io);
  std::array<uint8_t, 4096> up{}, down{};
  std::function<void()> copy_up = [&] {
    near.async_read_some(boost::asio::buffer(up), [&](auto e, size_t n) {
      if (e) return;
      heard.insert(heard.end(), up.begin(), up.begin() + n);
      boost::asio::write(far, boost::asio::buffer(up, n));
      copy_up();
    });
  };
  std::function<void()> copy_down = [&] {
    far.async_read_some(boost::asio::buffer(down), [&](auto e, size_t n) {
      if (e) return;
      boost::asio::write(near, boost::asio::buffer(down, n));
      copy_down();
    });
  };
  between.async_accept(near, [&](auto e) {
    if (e) return;
    far.connect({boost::asio::ip::address_v4::loopback(), port});
    copy_up(), copy_down();
  });
  ASSERT_TRUE(until([&] { return sender->open(); }));
  const std::vector<uint8_t> record(10, 5);
  sender->add(LinkMessage::record, record);
  sender->flush();
  ASSERT_TRUE(until([&] { return taken.size() == 1 && acknowledged == 1; }));
  tcp::socket again(io);
  again.connect({boost::asio::ip::address_v4::loopback(), port});
  boost::asio::write(again, boost::asio::buffer(heard));
  until([&] { return false; }, 300ms);
  EXPECT_EQ(taken.size(), 1u);
  EXPECT_EQ(names.size(), 1u);
  EXPECT_TRUE(holder->connected()) << "the true sender's link goes on";
}

/// Strangers who connect, greet and wait: they push one another out, not the one with the key.
TEST_F(RecordLink, a_crowd_that_only_greets_is_in_nobodys_way) {
  std::vector<tcp::socket> crowd;
  for (int i = 0; i < 100; ++i) {
    crowd.emplace_back(io).connect({boost::asio::ip::address_v4::loopback(), port});
    if (i % 2)
      boost::asio::write(crowd.back(), boost::asio::buffer(protocol::checkpoint::greeting({})));
    io.poll();
  }
  auto sender = sender_with(1, "alpha", port);
  ASSERT_TRUE(until([&] { return sender->open(); }));
  sender->flush();
  EXPECT_TRUE(until([&] { return acknowledged == 1; }));
  EXPECT_GE(refused.size(), 60u);
  // All of them are let go in time; the right one stays.
  EXPECT_TRUE(until([&] { return refused.size() == 100; }, 5s));
  EXPECT_TRUE(holder->connected());
}

TEST_F(RecordLink, garbage_is_refused_and_the_next_one_is_heard) {
  for (const size_t size : {1u, 20u, 24u, 5000u}) {
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    boost::asio::write(socket, boost::asio::buffer(std::vector<uint8_t>(size, 0xFF)));
    until([&] { return false; }, 20ms);
  }
  auto sender = sender_with(1, "alpha", port);
  ASSERT_TRUE(until([&] { return sender->open(); }));
  sender->flush();
  EXPECT_TRUE(until([&] { return acknowledged == 1; }));
}

}  // namespace
}  // namespace understudy::edge
