// SPDX-License-Identifier: Apache-2.0
// Two real understudyd processes before a fake appliance in virtual time: they become a protected
// pair, see deaths and hangs of real processes, survive the loss of their link, and repeat.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "protocol/application.hpp"
#include "stage.hpp"

namespace {
using namespace understudy;
using namespace understudy::test;
using nlohmann::json;
using protocol::Server;
namespace application = protocol::application;

constexpr int soon = 60;  // frames

void expect_dead(pid_t pid, int process) {
  pollfd p{process, POLLIN, 0};
  ASSERT_EQ(::poll(&p, 1, 20'000), 1) << pid;
}
void kill_and_wait(pid_t pid) {
  ASSERT_GT(pid, 0);
  const edge::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  expect_dead(pid, process.number());
}

void wait_until_stopped(pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/stat";
  while (contents(path).find(") T ") == std::string::npos) ::poll(nullptr, 0, 1);
}

/// An application inside the test that takes parameters and marks, and answers at once.
class Listener {
 public:
  Listener(const std::string& run_dir, const std::string& name) {
    auto socket = edge::connect_unix(run_dir + "/applications", SOCK_SEQPACKET);
    if (!socket) throw std::runtime_error(socket.error().text);
    socket_ = std::move(*socket);
    std::array<uint8_t, 128> b;
    const size_t n =
        encode(application::Hello{.flags = application::wants_parameters, .name = name}, b);
    ::send(socket_.number(), b.data(), n, MSG_NOSIGNAL);
    thread_ = std::jthread([this] { listen(); });
  }
  ~Listener() {
    ::shutdown(socket_.number(), SHUT_RDWR);
    thread_.join();
  }
  std::map<std::string, std::pair<std::string, uint32_t>>
      changes;  // read when nothing is under way

 private:
  void listen() {
    std::array<uint8_t, 1024> b;
    for (;;) {
      const ssize_t n = ::recv(socket_.number(), b.data(), b.size(), 0);
      if (n <= 0) return;
      const auto message = std::span<const uint8_t>(b).first(static_cast<size_t>(n));
      std::array<uint8_t, 9> answer;
      size_t size = 0;
      if (const auto change = application::decode_parameter(message)) {
        changes[std::string(change->key)] = {std::string(change->value), change->frame};
        size = encode(application::Applied{change->index}, answer);
      } else if (const auto mark = application::decode_discard(message)) {
        size = encode(*mark, answer);
      }
      if (size > 0) ::send(socket_.number(), answer.data(), size, MSG_NOSIGNAL);
    }
  }
  edge::Descriptor socket_;
  std::jthread thread_;
};

TEST(Daemon, two_become_primary_and_synchronized) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0) << stage.log(Server::b);
  EXPECT_EQ(stage.state(Server::a), "Primary");
  const auto status = stage.status(Server::a);
  EXPECT_TRUE(status["protected"]);
  EXPECT_EQ(status["peer"]["name"], "server-b");
  EXPECT_EQ(status["clock"], "virtual");
  EXPECT_TRUE(stage.appliance.problems().empty()) << stage.appliance.problems()[0];
}

TEST(Daemon, eight_beats_a_frame_at_the_configured_rate) {
  Stage stage;
  stage.start_both();
  stage.appliance.run(2);
  const auto before = stage.appliance.beats(Server::a);
  stage.appliance.run(10);
  EXPECT_EQ(stage.appliance.beats(Server::a) - before, 80u);
}

TEST(Daemon, never_synchronized_while_the_gate_shows_other_pictures) {
  Stage stage;
  stage.appliance.equal = false;
  stage.start_both();
  EXPECT_EQ(stage.run_until(Server::b, "Secondary_synchronized", soon), -1);
  stage.appliance.equal = true;
  EXPECT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
}

TEST(Daemon, kill_9_of_a_critical_application_fails_the_server_within_a_frame) {
  Stage stage;
  stage.start_both();
  Process wrapper;
  const pid_t program = stage.run_application(Server::a, "feed", wrapper);
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  kill_and_wait(program);
  stage.appliance.run(1);
  EXPECT_EQ(stage.state(Server::a), "Failed");
  EXPECT_NE(stage.status(Server::a)["reason"].get<std::string>().find("feed"), std::string::npos);
  stage.appliance.run(2);
  EXPECT_EQ(stage.appliance.on_air(), Server::b);
  EXPECT_EQ(wrapper.wait(), 128 + SIGKILL);
}

TEST(Daemon, a_stopped_application_fails_the_server_when_its_deadline_is_over) {
  Stage stage;
  stage.start_both();
  Process wrapper;
  const pid_t program = stage.run_application(Server::a, "feed", wrapper, {"--deadline", "100"});
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  ASSERT_EQ(::kill(program, SIGSTOP), 0);
  wait_until_stopped(program);
  const int took = stage.run_until(Server::a, "Failed", soon);
  EXPECT_GE(took, 6) << "100 ms are six frames";
  EXPECT_LE(took, 7);
  stage.appliance.run(2);
  EXPECT_EQ(stage.appliance.on_air(), Server::b);
}

TEST(Daemon, an_application_that_says_goodbye_is_no_failure) {
  Stage stage;
  stage.start_both();
  Process wrapper;
  ASSERT_GT(stage.run_application(Server::a, "feed", wrapper), 0);
  stage.appliance.run(5);
  wrapper.signal(SIGTERM);
  EXPECT_EQ(wrapper.wait(), 128 + SIGTERM);  // the program's own end
  stage.appliance.run(5);
  EXPECT_NE(stage.state(Server::a), "Failed");
}

TEST(Daemon, a_change_reaches_the_applications_of_both_before_time_goes_on) {
  Stage stage;
  stage.start_both();
  Listener left(stage.run_dir(Server::a), "playout"), right(stage.run_dir(Server::b), "playout");
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  ASSERT_EQ(stage.tool(Server::b, {"set", "caption", "hello", "--no-wait"}).code, 0);
  for (int i = 0; i < soon && !right.changes.contains("caption"); ++i) stage.appliance.run(1);
  ASSERT_TRUE(right.changes.contains("caption"));
  EXPECT_EQ(left.changes, right.changes);
  EXPECT_EQ(left.changes["caption"].first, "hello");
  EXPECT_GT(left.changes["caption"].second, stage.appliance.frame());
}

TEST(Daemon, sigterm_says_goodbye_and_ends_with_0) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  stage.daemons[0].signal(SIGTERM);
  while (stage.state(Server::a).starts_with("Primary") &&
         stage.state(Server::a) != "Primary_offline")
    ::poll(nullptr, 0, 1);
  stage.appliance.run(4);
  EXPECT_EQ(stage.daemons[0].wait(), 0);
  EXPECT_EQ(stage.appliance.on_air(), Server::b);
  EXPECT_NE(stage.events(Server::a).find("Primary_offline"), std::string::npos);
  EXPECT_EQ(::access((stage.run_dir(Server::a) + "/control").c_str(), F_OK), -1);
}

TEST(Daemon, a_killed_primary_is_replaced_and_joins_again) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  for (int round = 0; round < 3; ++round) {
    const Server dies = round % 2 ? Server::b : Server::a, stays = other(dies);
    stage.daemons[size_t(dies)].signal(SIGKILL);
    stage.daemons[size_t(dies)].wait();
    ASSERT_GE(stage.run_until(stays, "Primary_no_secondary", soon), 0) << stage.log(stays);
    EXPECT_EQ(stage.appliance.on_air(), stays);
    stage.start(dies);
    ASSERT_GE(stage.run_until(dies, "Secondary_synchronized", 2 * soon), 0) << stage.log(dies);
  }
  EXPECT_TRUE(stage.appliance.problems().empty()) << stage.appliance.problems()[0];
}

TEST(Daemon, a_lost_link_is_said_and_comes_back_by_itself) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  stage.appliance.detach(Server::a);
  stage.appliance.run(5);
  EXPECT_EQ(stage.appliance.on_air(), Server::b);
  const auto status = stage.status(Server::a);
  EXPECT_EQ(status["clock"], "monotonic");
  EXPECT_FALSE(status["appliance"]["up"]);
  EXPECT_NE(stage.log(Server::a).find("appliance link lost"), std::string::npos);
  stage.appliance.attach(Server::a);
  EXPECT_GE(stage.run_until(Server::a, "Secondary_synchronized", 4 * soon), 0)
      << stage.log(Server::a);
  EXPECT_TRUE(stage.status(Server::a)["appliance"]["up"]);
}

TEST(Daemon, two_runs_give_the_same_events) {
  std::array<std::string, 2> said;
  for (auto& text : said) {
    Stage stage;
    stage.start_both();
    Process wrapper;
    const pid_t program = stage.run_application(Server::a, "feed", wrapper);
    stage.appliance.run(30);
    kill_and_wait(program);
    stage.appliance.run(10);
    for (const Server s : {Server::a, Server::b}) stage.status(s);
    text = stage.events(Server::a) + stage.events(Server::b);
  }
  EXPECT_FALSE(said[0].empty());
  EXPECT_EQ(said[0], said[1]);
}

TEST(Daemon, a_second_one_in_the_same_run_directory_is_refused) {
  Stage stage;
  stage.start(Server::a);
  Process second({UNDERSTUDYD, "--config", stage.configuration(Server::a)},
                 stage.directory / "second");
  EXPECT_EQ(second.wait(), 3);
  const auto text = contents(stage.directory / "second");
  EXPECT_NE(
      text.find("in use by another understudyd (process " + std::to_string(stage.daemons[0].pid())),
      std::string::npos)
      << text;
}

TEST(Daemon, a_peer_with_our_own_identity_is_an_error_in_both_logs) {
  Stage stage;
  const auto path = stage.configuration(Server::b);
  auto text = contents(path);
  text.replace(text.find("server-b"), 8, "server-a");
  stage.start(Server::a);
  write_file(path, text);
  stage.daemons[1] = Process({UNDERSTUDYD, "--config", path}, stage.directory / "b.log");
  stage.appliance.attach(Server::b);
  stage.appliance.run(20);
  EXPECT_NE(stage.events(Server::a).find("server's own name"), std::string::npos)
      << stage.events(Server::a);
  EXPECT_NE(stage.state(Server::b), "Secondary_synchronized");
}

TEST(Daemon, another_key_is_an_alarm_and_no_peer) {
  Stage stage;
  stage.start(Server::a);
  const auto path = stage.configuration(Server::b);
  ASSERT_EQ(stage.tool(Server::a, {"key", stage.directory / "other-key"}).code, 0);
  auto text = contents(path);
  text.replace(text.find("/key\""), 5, "/other-key\"");
  write_file(path, text);
  stage.daemons[1] = Process({UNDERSTUDYD, "--config", path}, stage.directory / "b.log");
  stage.appliance.attach(Server::b);
  stage.appliance.run(40);
  const auto events = stage.events(Server::a);
  const auto first = events.find("peer_refused");
  ASSERT_NE(first, std::string::npos) << events;
  EXPECT_EQ(events.find("peer_refused", first + 1), std::string::npos) << "said once";
  EXPECT_FALSE(stage.status(Server::a)["peer"]["alive"]);
  EXPECT_GT(stage.status(Server::a)["peer"]["refused"], 1);
  const auto key = contents(stage.directory / "key").substr(0, 64);
  EXPECT_EQ((events + stage.log(Server::a)).find(key), std::string::npos);
}

TEST(Daemon, a_full_disk_for_the_event_file_stops_nothing) {
  Stage stage;
  const auto path = stage.configuration(Server::a);
  auto text = contents(path);
  const auto at = text.find("events = ");
  text.replace(at, text.find('\n', at) - at, "events = \"/dev/full\"");
  write_file(path, text);
  stage.daemons[0] = Process({UNDERSTUDYD, "--config", path}, stage.directory / "a.log");
  stage.appliance.attach(Server::a);
  stage.start(Server::b);
  EXPECT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  EXPECT_GT(stage.status(Server::a)["events"]["lost"], 0);
  const auto log = stage.log(Server::a);
  const auto first = log.find("No space left");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("No space left", first + 1), std::string::npos) << "said once";
}

}  // namespace
