// SPDX-License-Identifier: Apache-2.0
// Real processes: a death is seen from the kernel, a stopped one is not waited for, garbage is
// refused.
#include "host/edge/daemon/application_socket.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>

#include "temporary_directory.hpp"

namespace {
using namespace understudy;
using namespace understudy::edge;
using namespace understudy::test;
using namespace std::chrono_literals;
namespace application = protocol::application;
using core::ApplicationEnd;

struct Log : ApplicationOwner {
  ApplicationSocket* socket = nullptr;
  std::vector<std::string> names;
  std::vector<std::pair<ApplicationId, ApplicationEnd>> ends;
  std::vector<uint64_t> alive, applied;
  std::vector<application::Load> loads;
  ApplicationId last = 0;
  int goodbyes = 0;
  void application_hello(ApplicationId id, const application::Hello& hello, int32_t) override {
    names.emplace_back(hello.name);
    last = id;
    hello.name == "unwanted" ? socket->refuse(id, "not wanted") : socket->accept(id);
  }
  void application_alive(ApplicationId, uint64_t time) override { alive.push_back(time); }
  void application_load(ApplicationId, const application::Load& l) override { loads.push_back(l); }
  void application_applied(ApplicationId, uint64_t index) override { applied.push_back(index); }
  void application_goodbye(ApplicationId) override { ++goodbyes; }
  void application_gone(ApplicationId id, ApplicationEnd how, const std::string&) override {
    ends.emplace_back(id, how);
  }
};

class ApplicationSocketTest : public ::testing::Test {
 protected:
  ApplicationSocketTest() {
    auto listener = UnixListener::open(path_, SOCK_SEQPACKET, 64);
    EXPECT_TRUE(listener.has_value());
    socket_ = std::make_unique<ApplicationSocket>(io_, std::move(*listener), log_);
    log_.socket = socket_.get();
  }
  ~ApplicationSocketTest() override {
    for (const pid_t child : children_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  Descriptor connect() {
    auto client = connect_unix(path_, SOCK_SEQPACKET);
    EXPECT_TRUE(client.has_value());
    return std::move(*client);
  }
  static void send(const Descriptor& client, std::span<const uint8_t> bytes) {
    ASSERT_EQ(::send(client.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  template <class M>
  static void say(const Descriptor& client, const M& message) {
    std::array<uint8_t, 512> b;
    send(client, std::span<const uint8_t>(b).first(encode(message, b)));
  }
  static int receive(const Descriptor& client) {  // the message's type; 0 at the end, -1 nothing
    std::array<uint8_t, 2048> b;
    const ssize_t n = ::recv(client.number(), b.data(), b.size(), MSG_DONTWAIT);
    return n > 0 ? b[0] : n == 0 ? 0 : -1;
  }
  /// A process of its own that registers and then waits for ever.
  pid_t start(const std::string& name, uint8_t flags = 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      auto client = connect_unix(path_, SOCK_SEQPACKET);
      std::array<uint8_t, 128> b;
      const size_t n = encode(application::Hello{.flags = flags, .name = name}, b);
      [[maybe_unused]] const auto sent = ::send(client->number(), b.data(), n, 0);
      for (;;) ::pause();
    }
    children_.push_back(child);
    const size_t before = log_.names.size();
    while (log_.names.size() == before) io_.run_one_for(10ms), io_.restart();
    return child;
  }
  void kill_and_reap(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::erase(children_, child);
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "applications";
  boost::asio::io_context io_;
  Log log_;
  std::unique_ptr<ApplicationSocket> socket_;
  std::vector<pid_t> children_;
};

TEST_F(ApplicationSocketTest, registers_lives_and_says_goodbye) {
  const auto client = connect();
  say(client, application::Hello{.deadline_ms = 50, .name = "playout"});
  socket_->drain();
  ASSERT_EQ(log_.names, std::vector<std::string>{"playout"});
  EXPECT_EQ(receive(client), int(application::Type::accepted));
  say(client, application::Alive{123});
  say(client, application::Load{25'000, 1u << 20});
  const uint8_t goodbye = uint8_t(application::Type::goodbye);
  send(client, {&goodbye, 1});
  socket_->drain();
  EXPECT_EQ(log_.alive, std::vector<uint64_t>{123});
  EXPECT_EQ(log_.loads, (std::vector{application::Load{25'000, 1u << 20}}));
  EXPECT_EQ(log_.goodbyes, 1);
  EXPECT_TRUE(log_.ends.empty());
  EXPECT_TRUE(socket_->registered().empty());
}

TEST_F(ApplicationSocketTest, a_goodbye_counts_though_our_own_words_were_never_read) {
  {
    const auto client = connect();
    say(client, application::Hello{.name = "playout"});
    socket_->drain();
    const uint8_t goodbye = uint8_t(application::Type::goodbye);
    send(client, {&goodbye, 1});
  }  // closes with ACCEPTED unread: the kernel tells that first
  socket_->drain();
  EXPECT_EQ(log_.goodbyes, 1);
  EXPECT_TRUE(log_.ends.empty());
}

TEST_F(ApplicationSocketTest, kill_9_is_seen_in_the_next_drain) {
  const pid_t child = start("playout");
  const auto id = log_.last;
  EXPECT_EQ(socket_->registered().at(id).pid, child);
  socket_->drain();
  EXPECT_TRUE(log_.ends.empty());
  kill_and_reap(child);
  socket_->drain();
  ASSERT_EQ(log_.ends.size(), 1u);
  EXPECT_EQ(log_.ends[0], std::pair(id, ApplicationEnd::died));
}

TEST_F(ApplicationSocketTest, a_death_wakes_the_loop_by_itself) {
  const pid_t child = start("playout");
  kill_and_reap(child);
  while (log_.ends.empty()) {
    io_.restart();
    ASSERT_GT(io_.run_one_for(5s), 0u);
  }
  EXPECT_EQ(log_.ends[0].second, ApplicationEnd::died);
}

TEST_F(ApplicationSocketTest, a_closed_connection_of_a_living_process_is_told_apart) {
  {
    const auto client = connect();
    say(client, application::Hello{.name = "playout"});
    socket_->drain();
  }
  socket_->drain();
  ASSERT_EQ(log_.ends.size(), 1u);
  EXPECT_EQ(log_.ends[0].second, ApplicationEnd::closed);
}

TEST_F(ApplicationSocketTest, settle_waits_for_applied) {
  const auto client = connect();
  say(client, application::Hello{.flags = application::wants_parameters, .name = "playout"});
  socket_->drain();
  socket_->send(log_.last, application::Parameter{3, 40, "caption", "x"});
  say(client, application::Applied{3});
  socket_->settle(5s);
  EXPECT_EQ(log_.applied, std::vector<uint64_t>{3});
  EXPECT_FALSE(socket_->registered().at(log_.last).silent);
}

TEST_F(ApplicationSocketTest, settle_waits_for_the_mark_of_those_who_answer_it) {
  const auto client = connect(), simple = connect();
  say(client, application::Hello{.flags = application::wants_parameters, .name = "playout"});
  socket_->drain();
  const auto playout = log_.last;
  say(simple, application::Hello{.name = "feed"});
  socket_->drain();
  for (const auto id : {playout, log_.last}) socket_->send(id, application::Discard{true});
  socket_->settle(30ms);
  EXPECT_TRUE(socket_->registered().at(playout).silent);
  EXPECT_FALSE(socket_->registered().at(log_.last).silent);
  say(client, application::Discard{true});
  socket_->settle(5s);
  socket_->drain();
  EXPECT_FALSE(socket_->registered().at(playout).silent);
  say(client, application::Discard{true});  // nobody asked for this one
  socket_->drain();
  EXPECT_EQ(log_.ends.size(), 1u);
}

TEST_F(ApplicationSocketTest, a_stopped_process_is_not_waited_for) {
  const pid_t child = start("playout", application::wants_parameters);
  ::kill(child, SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  socket_->send(log_.last, application::Parameter{1, 40, "caption", "x"});
  const auto before = std::chrono::steady_clock::now();
  socket_->settle(30s);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  EXPECT_TRUE(log_.ends.empty());
}

TEST_F(ApplicationSocketTest, a_process_that_dies_while_it_is_waited_for_ends_the_wait) {
  const pid_t child = start("playout", application::wants_parameters);
  socket_->send(log_.last, application::Parameter{1, 40, "caption", "x"});
  ::kill(child, SIGKILL);
  const auto before = std::chrono::steady_clock::now();
  socket_->settle(30s);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  socket_->drain();
  EXPECT_EQ(log_.ends.size(), 1u);
}

TEST_F(ApplicationSocketTest, a_silent_one_is_waited_for_once_and_marked) {
  start("playout", application::wants_parameters);
  socket_->send(log_.last, application::Parameter{1, 40, "caption", "x"});
  socket_->settle(30ms);
  EXPECT_TRUE(socket_->registered().at(log_.last).silent);
  const auto before = std::chrono::steady_clock::now();
  socket_->settle(30s);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST_F(ApplicationSocketTest, hostile_messages_are_refused_and_nobody_else_notices) {
  const auto good = connect();
  say(good, application::Hello{.name = "playout"});
  socket_->drain();
  std::vector<std::vector<uint8_t>> all = {{0}, {1}, {255}, std::vector<uint8_t>(5000, 1)};
  std::vector<uint8_t> lying(64, 0);  // a HELLO whose name claims to be longer than it is
  const size_t n = encode(application::Hello{.name = "liar"}, lying);
  lying.resize(n);
  lying[8] = 200;
  all.push_back(lying);
  lying[8] = 0;
  all.push_back(lying);
  for (const auto& bytes : all) {
    const auto client = connect();
    send(client, bytes);
    socket_->drain();
    EXPECT_EQ(receive(client), int(application::Type::refused)) << bytes.size();
    EXPECT_EQ(receive(client), 0);
  }
  const auto unwanted = connect();
  say(unwanted, application::Hello{.name = "unwanted"});
  const auto old = connect();
  say(old, application::Hello{.version = 99, .name = "old"});
  socket_->drain();
  EXPECT_EQ(receive(unwanted), int(application::Type::refused));
  EXPECT_EQ(receive(old), int(application::Type::refused));
  EXPECT_TRUE(log_.ends.empty());
  EXPECT_EQ(socket_->registered().size(), 1u);
  EXPECT_EQ(socket_->refused(), all.size() + 2);
}

TEST_F(ApplicationSocketTest, a_registered_one_that_speaks_garbage_or_lies_is_gone) {
  for (const auto& bytes :
       {std::vector<uint8_t>{77, 1, 2}, std::vector<uint8_t>{6, 9, 0, 0, 0, 0, 0, 0, 0}}) {
    const auto client = connect();
    say(client, application::Hello{.name = "playout"});
    send(client, bytes);
    socket_->drain();
    ASSERT_FALSE(log_.ends.empty());
    EXPECT_EQ(log_.ends.back().second, ApplicationEnd::closed);
    EXPECT_EQ(socket_->registered().size(), 0u);
  }
}

TEST_F(ApplicationSocketTest, connections_are_bounded) {
  std::vector<Descriptor> many;
  for (int i = 0; i < 60; ++i) {
    many.push_back(connect());
    socket_->drain();
  }
  EXPECT_GE(socket_->refused(), 20u);
  many.clear();
  socket_->drain();
  const auto client = connect();
  say(client, application::Hello{.name = "playout"});
  socket_->drain();
  EXPECT_EQ(log_.names.size(), 1u);
}

}  // namespace
