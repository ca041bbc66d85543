// SPDX-License-Identifier: Apache-2.0
// Whatever a client of the control socket does, it is answered or closed, and the others go on.
#include "host/edge/daemon/control_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <random>
#include <thread>

#include "host/edge/daemon/control_client.hpp"
#include "protocol/limits.hpp"
#include "temporary_directory.hpp"

namespace {
using namespace understudy::edge;
using namespace understudy::test;
using namespace std::chrono_literals;
using nlohmann::json;
namespace limits = understudy::protocol::limits;

class ControlServerTest : public ::testing::Test {
 protected:
  ControlServerTest() {
    auto listener = UnixListener::open(path_, SOCK_STREAM, 32);
    EXPECT_TRUE(listener.has_value());
    server_ = std::make_unique<ControlServer>(
        io_, std::move(*listener), [this](ControlServer::Client client, const json& request) {
          if (request["do"] == "follow") server_->follow(client);
          server_->reply(client, {{"ok", true}, {"echo", request}});
        });
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~ControlServerTest() override {
    io_.stop();
    thread_.join();
  }
  ControlClient connect() {
    auto client = ControlClient::open(path_);
    EXPECT_TRUE(client.has_value()) << client.error().text;
    return std::move(*client);
  }
  void send(const ControlClient& client, std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(client.number(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }
  /// A new client is served as soon as there is a place for it.
  void expect_alive() {
    for (bool refused = true; refused;) {
      auto client = connect();
      const auto answer = client.ask({{"do", "x"}}, 5s);
      if (answer && (*answer)["ok"] == true) {
        EXPECT_EQ((*answer)["echo"]["do"], "x");
        return;
      }
      refused = !answer || (*answer)["code"] == "refused";
      EXPECT_TRUE(refused) << answer->dump();
    }
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "control";
  boost::asio::io_context io_;
  std::unique_ptr<ControlServer> server_;
  std::jthread thread_;
};

TEST_F(ControlServerTest, requests_in_pieces_and_several_at_once_are_answered_in_order) {
  auto client = connect();
  for (const char c : std::string("{\"do\":\"a\",\"n\":1}\n{\"do\":\"b\"}\n"))
    send(client, {&c, 1});
  EXPECT_EQ((*client.next(5s))["echo"]["n"], 1);
  EXPECT_EQ((*client.next(5s))["echo"]["do"], "b");
}

TEST_F(ControlServerTest, what_is_no_request_is_told_so_and_closed) {
  for (const std::string& text :
       {std::string("garbage\n"), std::string("[1]\n"), std::string("{}\n"),
        std::string("{\"do\":1}\n"), std::string("\n"), std::string("\0\xFF\n", 3),
        std::string(30000, '[') + "\n"}) {
    auto client = connect();
    send(client, text);
    const auto answer = client.next(5s);
    ASSERT_TRUE(answer.has_value()) << text.substr(0, 20);
    EXPECT_EQ((*answer)["ok"], false);
    EXPECT_EQ((*answer)["code"], "bad_request");
    const auto end = client.next(5s);
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().trouble, ControlClient::Trouble::unreachable);
  }
  expect_alive();
}

TEST_F(ControlServerTest, a_line_without_end_is_cut_off) {
  auto client = connect();
  send(client, std::string(4 * limits::control_line_max, 'x'));
  const auto answer = client.next(5s);
  EXPECT_TRUE(!answer || (*answer)["ok"] == false);
  expect_alive();
}

TEST_F(ControlServerTest, one_too_many_is_refused_and_a_place_that_is_free_again_is_given) {
  std::vector<ControlClient> clients;
  for (uint32_t i = 0; i < limits::control_clients_max; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().ask({{"do", "x"}}, 5s).has_value());
  }
  auto more = connect();
  const auto answer = more.next(5s);
  ASSERT_TRUE(answer.has_value()) << answer.error().text;
  EXPECT_EQ((*answer)["ok"], false);
  clients.clear();
  expect_alive();
}

TEST_F(ControlServerTest, a_follower_that_does_not_read_is_closed_and_the_others_get_everything) {
  auto deaf = connect();
  ASSERT_TRUE(deaf.ask({{"do", "follow"}}, 5s).has_value());
  auto good = connect();
  ASSERT_TRUE(good.ask({{"do", "follow"}}, 5s).has_value());
  const json record{{"text", std::string(60'000, 'r')}};
  for (int i = 0; i < 60; ++i) {
    boost::asio::post(io_, [this, &record] { server_->publish(record.dump()); });
    const auto got = good.next(5s);
    ASSERT_TRUE(got.has_value()) << got.error().text;
    EXPECT_EQ(got->at("text").get<std::string>().size(), 60'000u);
  }
  bool closed = false;
  while (!closed) closed = !deaf.next(5s).has_value();
  expect_alive();
}

TEST_F(ControlServerTest, random_bytes_harm_nobody) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    auto client = connect();
    std::string bytes(random() % 300, ' ');
    for (auto& b : bytes) b = static_cast<char>(random());
    send(client, bytes + "\n");
  }
  expect_alive();
}

}  // namespace
