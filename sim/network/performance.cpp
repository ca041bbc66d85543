// SPDX-License-Identifier: Apache-2.0
#include "sim/network/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/network/client_ear.hpp"
#include "sim/network/download.hpp"
#include "sim/network/group_listener.hpp"
#include "sim/network/player.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

/// The clip begins before the download and ends after it, whichever server is slow.
constexpr uint32_t clip_seconds_more = 3;

/// The line that the delivery which took over says last of it.
std::string takeover_words(const std::string& log) {
  const auto at = log.rfind(" connections taken over in ");
  if (at == std::string::npos) return {};
  const auto begins = log.rfind(": ", at) + 2;
  return "the second's delivery: " + log.substr(begins, log.find('\n', at) - begins) +
         " of being told to serve";
}

/// When the daemon's log says `words`, by its own time stamps; the first time after `since`.
std::optional<WallTime> moment_in(const std::string& log, const std::string& words,
                                  WallTime since) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(words) == std::string::npos) continue;
    std::tm t{};
    int milliseconds = 0;
    if (std::sscanf(line.c_str(), "%d-%d-%dT%d:%d:%d.%d", &t.tm_year, &t.tm_mon, &t.tm_mday,
                    &t.tm_hour, &t.tm_min, &t.tm_sec, &milliseconds) != 7)
      continue;
    t.tm_year -= 1900, t.tm_mon -= 1, t.tm_isdst = -1;
    const auto at =
        WallTime(std::chrono::seconds(std::mktime(&t))) + std::chrono::milliseconds(milliseconds);
    if (at >= since) return at;
  }
  return std::nullopt;
}

class Performance {
 public:
  Performance(const Settings& settings, const std::function<bool()>& interrupted,
              const std::function<void(const std::string&)>& progress)
      : settings_(settings),
        facts_(*std::ranges::find(faults, settings.fault, &FaultFacts::name)),
        progress_(progress),
        stage_({.programs = settings.programs,
                .material = {uint64_t{settings.size_mib} << 20,
                             settings.size_mib / settings.rate_mib + clip_seconds_more},
                .rate_mib = settings.rate_mib,
                .six = settings.six,
                .one_host = settings.one_host,
                .strict = settings.strict,
                .sections = facts_.fault == Fault::overload ? overload_sections : "",
                .interrupted = interrupted,
                .progress = progress}) {
    stage_.at_client([&] { ear_.emplace("eth0", stage_.service().text); });
  }

  Outcome run() {
    Outcome o{.fault = facts_.name, .fault_words = facts_.words, .command = command(settings_)};
    o.expect_change = facts_.changes_server;
    const size_t first = stage_.on_air(), second = 1 - first;
    o.before = holder(first);
    o.second = stage_.mac(second), o.second_name = second == 0 ? "A" : "B";
    held_back_ = stage_.held_back(first);
    start_clients();
    progress_("curl downloads, ffmpeg plays by TCP and by UDP, a listener hears the group");
    until("the download does not get to its middle",
          [&] { return download_->bytes() >= size() / 2 || download_->over(); });
    o.bytes_at_fault = download_->bytes();
    o.held_back = stage_.held_back(first) - held_back_;
    progress_(fmt::format("the fault: {}", facts_.words));
    o.struck = wall_now();
    stage_.strike(facts_.fault, first);
    go_on(o, first);
    ear_->collect();
    o.heard.assign(ear_->heard().begin(), ear_->heard().end());
    for (const auto& c : clients_) o.clients.push_back(c->outcome(o.heard, all_flow_));
    std::ranges::rotate(o.clients, o.clients.end() - 1);  // the download first
    o.voices = voices_of(o.heard, o.before.mac, o.second);
    o.packets_missed = ear_->missed();
    if (o.expect_change) {
      o.held_back += stage_.held_back(second);
      o.delivery_says = takeover_words(stage_.delivery_log(second));
      const auto log = stage_.daemon_log(second);
      if (const auto at = moment_in(log, " on_air: self yes", o.struck))
        o.decisions.push_back({*at, "the appliance puts the second server on air"});
      if (const auto at = moment_in(log, " address: what held, role service", o.struck))
        o.decisions.push_back({*at, "the second server takes the service address"});
    }
    logs_ = stage_.logs();
    return o;
  }
  const std::string& logs() const { return logs_; }

 private:
  uint64_t size() const { return uint64_t{settings_.size_mib} << 20; }
  Holder holder(size_t server) const {
    if (server >= 2) return {};
    return {server == 0 ? "A" : "B", stage_.status(server).value("term", 0u), stage_.mac(server)};
  }

  /// `so`, looked at whenever the clients have taken what came.
  void until(const std::string& otherwise, const std::function<bool()>& so) {
    stage_.wait(
        otherwise,
        [&] {
          ear_->collect();
          for (const auto& c : clients_) c->collect(ear_->heard());
          return so();
        },
        std::chrono::minutes(30));  // clients' own patience ends it
  }

  /// One after the other, so that it is known which connection is whose.
  void start_clients() {
    const auto began = [this](std::unique_ptr<Client> client, const std::string& who) {
      clients_.push_back(std::move(client));
      auto& c = *clients_.back();
      until(who + " gets nothing", [&] { return c.flows() || c.over(); });
    };
    ear_->collect();
    const auto patience = 30 + 4 * settings_.size_mib / settings_.rate_mib;
    for (const auto by : {Player::By::connection, Player::By::datagrams})
      began(std::make_unique<Player>(stage_, by, ear_->heard().size(),
                                     std::chrono::seconds(patience)),
            "ffmpeg");
    began(std::make_unique<GroupListener>(stage_), "the group's listener");
    auto download = std::make_unique<Download>(stage_, settings_.rate_mib, patience);
    download_ = download.get();
    began(std::move(download), "curl");
    all_flow_ = wall_now();
  }

  /// After the fault, until everybody has all; and what ends of the fault has ended.
  void go_on(Outcome& o, size_t first) {
    const size_t second = 1 - first;
    bool relented = !facts_.changes_server;
    until("the clients do not end", [&] {
      if (!relented && wall_now() - o.struck > 500ms && stage_.holds(second)) {
        relented = true;
        stage_.relent(facts_.fault, first);
      }
      return std::ranges::all_of(clients_, [](const auto& c) { return c->over(); });
    });
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (o.expect_change && !stage_.holds(second) && std::chrono::steady_clock::now() < end)
      ear_->collect();
    o.after = holder(stage_.on_air());
  }

  const Settings& settings_;
  const FaultFacts& facts_;
  const std::function<void(const std::string&)>& progress_;
  Stage stage_;
  std::optional<ClientEar> ear_;
  std::vector<std::unique_ptr<Client>> clients_;
  Download* download_ = nullptr;
  uint64_t held_back_ = 0;
  WallTime all_flow_;
  std::string logs_;
};

}  // namespace

std::string command(const Settings& s) {
  return fmt::format("./dev demo --network --fault {} --size {} --rate {}{}{}{}", s.fault,
                     s.size_mib, s.rate_mib, s.one_host ? " --hosts one" : "",
                     s.strict ? " --strict" : "", s.six ? " --ipv6" : "");
}

Outcome perform(const Settings& settings, const std::function<bool()>& interrupted,
                const std::function<void(const std::string&)>& progress) {
  Performance performance(settings, interrupted, progress);
  auto outcome = performance.run();
  if (!outcome.complaints().empty()) progress("the programs' last words:\n" + performance.logs());
  return outcome;
}

}  // namespace understudy::network
