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
// By USB the daemons live in wall time, and the gate is simulated more slowly than it goes by
// itself: all in slow motion, a frame of theirs is as long as one of the gate's.
constexpr uint32_t slower = 10, slow_frames_per_second = sim::frames_per_second / slower;
constexpr const char* slow_deadline_ms = "5000";  // a playout's sign of life comes with each frame
// Both kinds of bridge that boards have.
struct Bridge {
  const char *kind, *serial;
};
constexpr std::array<Bridge, 2> bridges{{{"ft2232h", "DEMO-A"}, {"ft231x", "DEMO-B"}}};
constexpr const char* bridge_place = "1-1";

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

/// One that should go on has ended: how, and its last words.
Failure ended(Child& child) {
  child.wait(milliseconds(0));
  const int status = child.status().value_or(-1);
  const char* signal = status > 128 ? ::sigdescr_np(status - 128) : nullptr;
  return {exit_could_not_run, signal
                                  ? fmt::format("{} was ended by signal {} ({}):\n{}", child.name(),
                                                status - 128, signal, child.last_words())
                                  : fmt::format("{} ended by itself (status {}):\n{}", child.name(),
                                                status, child.last_words())};
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
  if (set[1].revents) return std::unexpected(ended(owner));
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

/// A bus for each server, as each has its own; one that hangs with its daemon holds nobody else.
Result<void> Stage::start_bus(Server s) {
  const std::string letter = letters[size_t(s)], folder = folder_ / ("usb-" + letter);
  std::error_code ignored;
  fs::create_directory(folder, ignored);
  auto bus = sim::ModelledBus::start(program("understudy-usb-bus"), folder, folder + ".log");
  if (!bus) return could_not_run(bus.error().text);
  buses_.push_back(std::move(*bus));
  if (auto ok = tell_bus(s, fmt::format("appliance {} {} {}", bridge_place,
                                        folder_ / ("gate/link-" + letter), slower));
      !ok)
    return std::unexpected(ok.error());
  return plug_link(s);
}

Result<std::string> Stage::tell_bus(Server s, const std::string& command) {
  const auto answer = buses_[size_t(s)].tell(command);
  if (!answer) return could_not_run(answer.error().text);
  return *answer;
}

Result<void> Stage::plug_link(Server s) {
  const auto& b = bridges[size_t(s)];
  const auto done = tell_bus(s, fmt::format("plug {} {} {}", bridge_place, b.kind, b.serial));
  return done ? Result<void>{} : std::unexpected(done.error());
}

Result<void> Stage::pull_link(Server s) {
  if (by_usb()) {
    const auto done = tell_bus(s, fmt::format("unplug {}", bridge_place));
    return done ? Result<void>{} : std::unexpected(done.error());
  }
  const auto answer = client_->ask({{"do", "fault"}, {"name", "usb"}, {"source", to_text(s)}});
  return answer ? Result<void>{} : std::unexpected(answer.error());
}

Result<void> Stage::start_server(Server s) {
  const size_t i = size_t(s), o = size_t(other(s));
  auto& server = servers_[i];
  server.folder = folder_ / letters[i];
  server.events = folder_ / (std::string(letters[i]) + "-events.jsonl");
  const std::string file = folder_ / (std::string(letters[i]) + ".toml");
  const std::string text = fmt::format(
      "[server]\nname = \"{}\"\nrun_dir = \"{}\"\nevents = \"{}\"\n\n[appliance]\nuri = "
      "\"{}\"\n\n[peer]\nlisten = \"{}\"\naddress = \"{}\"\nkey_file = \"{}\"\n\n"
      "[applications]\npolicy = \"any\"\n{}",
      names[i], server.folder, server.events,
      by_usb() ? std::string("usb:serial=") + bridges[i].serial
               : "sim:unix:" + folder_ / ("gate/link-" + std::string(letters[i])),
      networks_.endpoint(i), networks_.endpoint(o), folder_ / "peer.key",
      // the modelled bridge's clock waits for a beat each eighth of a frame (appliance_uart.cpp)
      by_usb() ? fmt::format("\n[heartbeat]\nper_frame = 8\nframes_per_second = {}\n",
                             slow_frames_per_second)
               : "");
  if (auto ok = write_file(file, text); !ok) return could_not_run(ok.error().text);
  std::vector<std::string> words;
  if (by_usb())
    words = {"/usr/bin/env", "LD_PRELOAD=libumockdev-preload.so.0",
             "UMOCKDEV_DIR=" + buses_[i].root()};
  words.insert(words.end(), {program("understudyd"), "--config", file});
  auto child =
      Child::start({fmt::format("understudyd {}", to_text(s)), std::move(words),
                    folder_ / (std::string(letters[i]) + ".log"), networks_.descriptor(i)});
  if (!child) return could_not_run(child.error().text);
  server.daemon.push_back(std::move(*child));
  return {};
}

Result<void> Stage::start_playout(Server s) {
  const size_t i = size_t(s);
  auto& server = servers_[i];
  const std::string letter = letters[i];
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
  if (by_usb()) words.insert(words.end(), {"--deadline", slow_deadline_ms});
  auto playout = Child::start({fmt::format("playout {}", to_text(s)), std::move(words),
                               folder_ / ("playout-" + letter + ".log"), networks_.descriptor(i)});
  if (!playout) return could_not_run(playout.error().text);
  server.playout.push_back(std::move(*playout));
  return {};
}

Result<void> Stage::start_feed(Server s) {
  const size_t i = size_t(s);
  auto& server = servers_[i];
  const std::string letter = letters[i];
  auto feed = Child::start(
      {fmt::format("feed {}", to_text(s)),
       {program("understudy"), "--daemon", server.folder, "run", "--name", "feed", "--", "/bin/sh",
        "-c", "echo $$ >\"$0\".part; mv \"$0\".part \"$0\"; exec sleep infinity",
        folder_ / ("feed-" + letter)},
       folder_ / ("feed-" + letter + ".log"),
       networks_.descriptor(i)});
  if (!feed) return could_not_run(feed.error().text);
  server.feed.push_back(std::move(*feed));
  const std::string pid_file = folder_ / ("feed-" + letter);
  if (auto ok = wait_for_socket(pid_file, server.feed[0]); !ok) return ok;
  server.feed_program = std::atoi(contents(pid_file).c_str());
  return {};
}

Result<void> Stage::wait_for_status(Server s, const std::string& what,
                                    const std::function<bool(const Json&)>& wanted) {
  auto& server = servers_[size_t(s)];
  for (int tries = tries_max;;) {
    const auto text = tool(s, {"--json", "status"});
    const Json status = text ? Json::parse(*text, nullptr, false) : Json();
    if (status.is_object() && wanted(status)) return {};
    if (auto ok = pause(server.daemon[0], what, tries); !ok) return ok;
  }
}

Result<void> Stage::wait_for_link(Server s) {
  if (!by_usb())
    return wait_for_status(s, "its link to the appliance is not up", [](const Json& status) {
      return status.contains("appliance") && status["appliance"].value("up", false);
    });
  // By USB it is up with the first tick; until it is set up the bridge has no baud rate.
  for (int tries = tries_max;;) {
    const auto state = tell_bus(s, fmt::format("state {}", bridge_place));
    if (!state) return std::unexpected(state.error());
    if (!state->ends_with("baud 0")) return {};
    if (auto ok = pause(servers_[size_t(s)].daemon[0], "it does not open its USB bridge", tries);
        !ok)
      return ok;
  }
}

Result<void> Stage::await_neighbours(std::initializer_list<const char*> doors) {
  Json list = Json::array();
  for (const char* door : doors) list.push_back(door);
  expect_changes();
  const auto all = client_->ask({{"do", "await"}, {"neighbours", list}, {"seconds", 15}});
  if (!all) return std::unexpected(all.error());
  return {};
}

/// One thing after the other, so that two runs of one seed begin alike: daemons and their links,
/// then the playouts, then the other applications. Virtual time stands still meanwhile.
Result<void> Stage::begin() {
  const auto both = [&](auto step) -> Result<void> {
    for (const Server s : {Server::a, Server::b})
      if (auto ok = step(s); !ok) return ok;
    return {};
  };
  const auto listed = [](const char* name) {
    return [name](const Json& status) {
      for (const auto& a : status.value("applications", Json::array()))
        if (a.is_object() && a.value("name", "") == name) return true;
      return false;
    };
  };
  auto ok = start_appliance();
  if (ok && by_usb()) ok = both([&](Server s) { return start_bus(s); });
  if (ok) ok = both([&](Server s) { return start_server(s); });
  if (ok)
    ok = both([&](Server s) {
      return wait_for_socket(servers_[size_t(s)].folder + "/control",
                             servers_[size_t(s)].daemon[0]);
    });
  if (ok) ok = await_neighbours({"link-a", "link-b", "video-out"});
  if (ok) ok = both([&](Server s) { return wait_for_link(s); });
  if (ok) ok = both([&](Server s) { return start_playout(s); });
  if (ok) ok = await_neighbours({"video-a", "video-b"});
  if (ok)
    ok = both([&](Server s) {
      return wait_for_status(s, "it does not list the playout", listed("playout"));
    });
  if (ok) ok = both([&](Server s) { return start_feed(s); });
  if (ok)
    ok = both([&](Server s) {
      return wait_for_status(s, "it does not list the application 'feed'", listed("feed"));
    });
  if (ok) expect_changes();
  return ok;
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
  if (auto ok = stage->begin(); !ok) return std::unexpected(ok.error());
  return stage;
}

void Stage::expect_changes() {
  std::vector<ApplianceClient::Alarm> alarms{
      {interrupt_, [] { return Failure{exit_interrupted, "interrupted"}; }, true}};
  const auto watch = [&](std::vector<Child>& list, bool root) {
    for (auto& child : list)
      if (child.running())
        alarms.push_back({child.ended_descriptor(), [&child] { return ended(child); }, root});
  };
  watch(appliance_, true);
  for (auto& bus : buses_)
    alarms.push_back({bus.process().ended_descriptor(),
                      [child = &bus.process()] { return ended(*child); }, true});
  for (auto& s : servers_)
    for (auto* list : {&s.daemon, &s.playout, &s.feed}) watch(*list, false);
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
