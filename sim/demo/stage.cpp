// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/stage.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "sim/demo/report.hpp"

namespace understudy::demo {
namespace {

namespace fs = std::filesystem;
using protocol::Server;
using std::chrono::milliseconds;

constexpr int tries_max = 1500, try_ms = 10;  // start-up: 15 s at most
constexpr std::array<const char*, 2> names{"alpha", "bravo"}, letters{"a", "b"};

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A key for this run alone.
std::string new_key() {
  std::random_device random;
  std::string out;
  for (int i = 0; i < 8; ++i) out += fmt::format("{:08x}", random());
  return out + "\n";
}

}  // namespace

std::expected<TemporaryFolder, Error> TemporaryFolder::make() {
  const char* base = std::getenv("TMPDIR");
  std::string path =
      std::string(base && *base ? base : "/tmp") + "/understudy-" + std::string(6, 'X');
  if (!::mkdtemp(path.data()))
    return error("cannot make a temporary folder " + path + ": " + std::strerror(errno));
  return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Stage::~Stage() {
  if (client_) client_storage_.clear();
  for (auto& s : servers_) {
    for (auto* list : {&s.feed, &s.playout, &s.daemon}) list->clear();
    if (s.feed_program > 0) ::kill(s.feed_program, SIGKILL);
  }
}

/// A moment between two looks at something that is about to be there.
Result<void> Stage::pause(Child& owner, const std::string& what, int& tries) {
  std::array<pollfd, 2> set{{{interrupt_, POLLIN, 0}, {owner.ended_descriptor(), POLLIN, 0}}};
  ::poll(set.data(), set.size(), try_ms);
  if (set[0].revents) return failure(exit_interrupted, "interrupted");
  if (set[1].revents) {
    owner.wait(milliseconds(0));
    return could_not_run(fmt::format("{} ended by itself (status {}):\n{}", owner.name(),
                                     owner.status().value_or(-1), owner.last_words()));
  }
  if (--tries <= 0)
    return could_not_run(fmt::format("{}: {} in {} s\n{}", owner.name(), what,
                                     tries_max * try_ms / 1000, owner.last_words()));
  return {};
}

Result<void> Stage::wait_for_socket(const std::string& path, Child& owner) {
  std::error_code ignored;
  for (int tries = tries_max; !fs::exists(path, ignored);)
    if (auto ok = pause(owner, "no socket " + fs::path(path).filename().string(), tries); !ok)
      return ok;
  return {};
}

Result<void> Stage::start_appliance() {
  auto child =
      Child::start({"understudy-appliance",
                    {program("understudy-appliance"), "--dir", folder_ / "gate", "--raster",
                     settings_.raster, "--seed", std::to_string(settings_.seed)},
                    folder_ / "appliance.log"});
  if (!child) return could_not_run(child.error().text);
  appliance_.push_back(std::move(*child));
  if (auto ok = wait_for_socket(folder_ / "gate/control", appliance_[0]); !ok) return ok;
  for (int tries = tries_max; client_storage_.empty();) {
    auto client = ApplianceClient::connect(folder_ / "gate");
    if (client)
      client_storage_.push_back(std::move(*client));
    else if (auto ok = pause(appliance_[0], client.error().text, tries); !ok)
      return ok;
  }
  client_ = &client_storage_[0];
  return {};
}

Result<void> Stage::start_server(Server s) {
  const size_t i = size_t(s), o = size_t(other(s));
  auto& server = servers_[i];
  server.folder = folder_ / letters[i];
  server.events = folder_ / (std::string(letters[i]) + "-events.jsonl");
  const std::string file = folder_ / (std::string(letters[i]) + ".toml");
  const std::string text = fmt::format(
      "[server]\nname = \"{}\"\nrun_dir = \"{}\"\nevents = \"{}\"\n\n[appliance]\nuri = "
      "\"sim:unix:{}\"\n\n[peer]\nlisten = \"{}\"\naddress = \"{}\"\nkey_file = \"{}\"\n\n"
      "[applications]\npolicy = \"any\"\n",
      names[i], server.folder, server.events, folder_ / ("gate/link-" + std::string(letters[i])),
      networks_.endpoint(i), networks_.endpoint(o), folder_ / "peer.key");
  if (auto ok = write_file(file, text); !ok) return could_not_run(ok.error().text);
  auto child = Child::start({fmt::format("understudyd {}", to_text(s)),
                             {program("understudyd"), "--config", file},
                             folder_ / (std::string(letters[i]) + ".log"),
                             networks_.descriptor(i)});
  if (!child) return could_not_run(child.error().text);
  server.daemon.push_back(std::move(*child));
  return {};
}

Result<void> Stage::start_applications(Server s) {
  const size_t i = size_t(s);
  auto& server = servers_[i];
  const std::string letter = letters[i];
  for (const char* socket : {"/applications", "/control"})
    if (auto ok = wait_for_socket(server.folder + socket, server.daemon[0]); !ok) return ok;
  std::vector<std::string> words{program("playout"),
                                 "--asset",
                                 settings_.video.empty() ? "default" : settings_.video,
                                 "--video",
                                 "sim:unix:" + (folder_ / ("gate/video-" + letter)),
                                 "--daemon",
                                 server.folder + "/applications",
                                 "--name",
                                 "playout"};
  if (s == Server::b && settings_.fault == FaultName::diverge) {
    words.push_back("--diverge-at");
    words.push_back(fmt::format("{}:{}", settings_.frame, settings_.line));
  }
  auto playout = Child::start({fmt::format("playout {}", to_text(s)), std::move(words),
                               folder_ / ("playout-" + letter + ".log"), networks_.descriptor(i)});
  if (!playout) return could_not_run(playout.error().text);
  server.playout.push_back(std::move(*playout));
  auto feed = Child::start(
      {fmt::format("feed {}", to_text(s)),
       {program("understudy"), "--daemon", server.folder, "run", "--name", "feed", "--", "/bin/sh",
        "-c", "echo $$ >\"$0\".part; mv \"$0\".part \"$0\"; exec sleep infinity",
        folder_ / ("feed-" + letter)},
       folder_ / ("feed-" + letter + ".log"),
       networks_.descriptor(i)});
  if (!feed) return could_not_run(feed.error().text);
  server.feed.push_back(std::move(*feed));
  return {};
}

Result<void> Stage::wait_until_registered(Server s) {
  const size_t i = size_t(s);
  auto& server = servers_[i];
  const std::string pid_file = folder_ / (std::string("feed-") + letters[i]);
  if (auto ok = wait_for_socket(pid_file, server.feed[0]); !ok) return ok;
  server.feed_program = std::atoi(contents(pid_file).c_str());
  for (int tries = tries_max;;) {
    const auto text = tool(s, {"--json", "status"});
    const Json status = text ? Json::parse(*text, nullptr, false) : Json();
    size_t found = 0;
    if (status.is_object() && status.contains("applications"))
      for (const auto& a : status["applications"])
        found +=
            a.is_object() && (a.value("name", "") == "playout" || a.value("name", "") == "feed");
    if (found == 2) return {};
    if (auto ok = pause(server.playout[0], "the daemon does not list playout and feed", tries); !ok)
      return ok;
  }
}

Result<std::unique_ptr<Stage>> Stage::open(const Settings& settings, int interrupt) {
  auto folder = TemporaryFolder::make();
  if (!folder) return could_not_run(folder.error().text);
  auto networks = Networks::make(settings.hosts, *folder / "network.log");
  if (!networks) return could_not_run(networks.error().text);
  auto stage = std::unique_ptr<Stage>(
      new Stage(settings, interrupt, std::move(*folder), std::move(*networks)));
  if (auto ok = write_file(stage->folder_ / "peer.key", new_key()); !ok)
    return could_not_run(ok.error().text);
  fs::permissions(stage->folder_ / "peer.key", fs::perms::owner_read | fs::perms::owner_write);
  if (auto ok = stage->start_appliance(); !ok) return std::unexpected(ok.error());
  for (const Server s : {Server::a, Server::b})
    if (auto ok = stage->start_server(s); !ok) return std::unexpected(ok.error());
  for (const Server s : {Server::a, Server::b})
    if (auto ok = stage->start_applications(s); !ok) return std::unexpected(ok.error());
  stage->expect_changes();
  const auto all =
      stage->client_->ask({{"do", "await"},
                           {"neighbours", {"video-a", "video-b", "link-a", "link-b", "video-out"}},
                           {"seconds", 15}});
  if (!all) return std::unexpected(all.error());
  for (const Server s : {Server::a, Server::b})
    if (auto ok = stage->wait_until_registered(s); !ok) return std::unexpected(ok.error());
  return stage;
}

void Stage::expect_changes() {
  std::vector<ApplianceClient::Alarm> alarms{
      {interrupt_, [] { return Failure{exit_interrupted, "interrupted"}; }}};
  const auto watch = [&](std::vector<Child>& list) {
    for (auto& child : list)
      if (child.running())
        alarms.push_back({child.ended_descriptor(), [&child] {
                            child.wait(milliseconds(0));
                            return Failure{
                                exit_could_not_run,
                                fmt::format("{} ended by itself (status {}):\n{}", child.name(),
                                            child.status().value_or(-1), child.last_words())};
                          }});
  };
  watch(appliance_);
  for (auto& s : servers_)
    for (auto* list : {&s.daemon, &s.playout, &s.feed}) watch(*list);
  client_->set_alarms(std::move(alarms));
}

Result<void> Stage::kill_feed(Server s) {
  auto& server = servers_[size_t(s)];
  const Descriptor program(static_cast<int>(::syscall(SYS_pidfd_open, server.feed_program, 0)));
  if (!program || ::kill(server.feed_program, SIGKILL) != 0)
    return could_not_run(std::string("cannot kill the critical application: ") +
                         std::strerror(errno));
  pollfd dead{program.get(), POLLIN, 0};
  if (::poll(&dead, 1, 5000) != 1) return could_not_run("the critical application does not die");
  server.feed_program = -1;
  server.feed[0].wait(milliseconds(5000));  // `understudy run` ends with it
  return {};
}

Result<std::string> Stage::tool(Server s, std::vector<std::string> words) {
  const std::string log = folder_ / "tool.log";
  std::error_code ignored;
  fs::remove(log, ignored);
  std::vector<std::string> all{program("understudy"), "--daemon", servers_[size_t(s)].folder};
  all.insert(all.end(), words.begin(), words.end());
  auto child = Child::start({"understudy " + words.back(), std::move(all), log});
  if (!child) return could_not_run(child.error().text);
  const auto status = child->wait(milliseconds(15000));
  if (!status) return could_not_run(child->name() + ": no answer within 15 s");
  if (*status != 0)
    return could_not_run(
        fmt::format("{}: status {}\n{}", child->name(), *status, child->last_words()));
  return contents(log);
}

std::string Stage::events_of(Server s) const {
  return contents(servers_[size_t(s)].events);
}

}  // namespace understudy::demo
