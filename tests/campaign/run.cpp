// SPDX-License-Identifier: Apache-2.0
#include "tests/campaign/run.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/campaign/capture.hpp"
#include "tests/campaign/mix_client.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

constexpr uint16_t first_rtp_port = 41'000;
constexpr auto unsure_most = 2s;  // how long the takeover doubts an answer, probed all the while
constexpr double silence_most_ms = 500;  // longer ones are looked into, each

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> more_words(const Mix& mix) {
  std::vector<std::string> out{"--rtsp", std::string(service_four) + ":554", "--rtsp",
                               "[" + std::string(service_six) + "]:554"};
  if (mix.strict) out.push_back("--strict");
  return out;
}

/// Rules that keep a server's service addresses silent, as its daemon's fence does.
void fence(const Network& network, Place place, bool shut) {
  network.output(place, shut ? std::string("nft 'table inet fence { chain out { type filter hook "
                                           "output priority 0; ip saddr ") +
                                   service_four + " drop; ip6 saddr " + service_six + " drop; }; }'"
                             : "nft 'add table inet fence; delete table inet fence'");
}

/// How long a process has been ready to run and had no core (schedstat of proc(5)).
class CoreWait {
 public:
  explicit CoreWait(pid_t process) : path_(fmt::format("/proc/{0}/task/{0}/schedstat", process)) {
    take();
  }
  void take() {
    std::ifstream in(path_);
    uint64_t ran = 0, waited = 0;
    if (in >> ran >> waited) samples_.emplace_back(wall_now(), waited);
  }
  double between_ms(WallTime from, WallTime to) const {
    uint64_t before = 0, after = 0;
    for (const auto& [at, waited] : samples_) {
      if (at <= from || before == 0) before = waited;
      after = waited;
      if (at >= to) break;
    }
    return double(after - before) / 1e6;
  }

 private:
  std::string path_;
  std::vector<std::pair<WallTime, uint64_t>> samples_;
};

class Run {
 public:
  Run(const Mix& mix, const std::string& assets)
      : mix_(mix), pair_(more_words(mix), assets), film_(text_of(assets + "/v.ts")) {
    addresses_ = own_addresses(Place::server_a) + own_addresses(Place::server_b);
    capture_.emplace(network(), pair_.path("client.pcap"));
  }
  json perform();
  void keep(const std::string& folder) const;

 private:
  const Network& network() const { return pair_.network(); }
  std::string own_addresses(Place place) const {
    return network().output(place, std::string("ip -o addr show | grep -v -e ") + service_four +
                                       " -e " + service_six + " | awk '{print $2, $4}'");
  }
  void complain(const std::string& text) { complaints_.push_back(text); }
  void wait_until_told();
  void strike();
  void end_orderly();
  void expect_nothing_left(Place place);
  json tell(const Traffic& traffic);
  json tell_client(const Experience& e, const Traffic& traffic);
  double waited_ms(WallTime from, WallTime to) const {
    return second_waits_ ? second_waits_->between_ms(from, to) : 0;
  }

  const Mix& mix_;
  Pair pair_;
  std::string film_, addresses_;
  std::optional<Capture> capture_;
  std::optional<CoreWait> second_waits_;
  Stagecraft stagecraft_;
  std::vector<Experience> experiences_;
  WallTime struck_, decided_;
  uint64_t taken_over_ = 0, given_up_ = 0;
  std::vector<std::string> complaints_;
};

/// Without strict mode what the second server has not heard of is lost: all is told before.
void Run::wait_until_told() {
  if (!stagecraft_.all_under_way(mix_.parts.size(), 20s)) complain("the clients do not get going");
  if (mix_.strict) return;
  {
    // Its answer leaves when the other holds what came before it too.
    Client last(network());
    last.send(get("/small"));
    if (const auto wrong = last.take_object(0, Pair::small_size); !wrong.empty()) complain(wrong);
  }
  if (!pair_.held(mix_.parts.size())) complain("the second server does not hold all clients");
  if (!eventually([&] { return pair_.is(Place::server_a, "second_holds"); }))
    complain("the second server does not hold everything");
}

void Run::strike() {
  auto& first = pair_.process(Place::server_a);
  struck_ = wall_now();
  switch (mix_.strike) {
    case Strike::cable:
      network().cable(Place::server_a, false);
      first.kill();
      break;
    case Strike::kill:
      first.kill();
      break;
    case Strike::hang:
      first.hang();
      break;
    case Strike::handover:
      pair_.ask(Place::server_a, "stop");
      break;
  }
  if (mix_.strike != Strike::handover) std::this_thread::sleep_for(mix_.dead);
  if (mix_.strike == Strike::hang) fence(network(), Place::server_a, true);
  network().take_address(Place::server_a);
  network().give_address(Place::server_b);
  second_waits_.emplace(pair_.process(Place::server_b).process());
  decided_ = wall_now();
  pair_.ask(Place::server_b, "serve 2");
  stagecraft_.taken_over();
  if (mix_.strike != Strike::hang) return;
  std::this_thread::sleep_for(mix_.wakes);
  ::kill(first.process(), SIGCONT);
  pair_.ask(Place::server_a, "stop");
}

/// Sockets but those that TCP itself keeps for a minute after an orderly end.
void Run::expect_nothing_left(Place place) {
  const auto name = place == Place::server_a ? "the first server" : "the second server";
  std::string sockets;
  if (!eventually(
          [&] {
            sockets = network().output(place, "ss -Hnatuw | grep -v TIME-WAIT");
            return sockets.empty();
          },
          3s))
    complain(fmt::format("sockets are left on {}:\n{}", name, sockets));
  if (const auto rules = network().output(place, "nft list ruleset"); !rules.empty())
    complain(fmt::format("rules are left on {}:\n{}", name, rules));
}

void Run::end_orderly() {
  // The kernel of a client that has closed answers without naming the probe: believed a second
  // later. (One that has said and heard the end is waited for longer, and nothing comes of it.)
  const auto left = decided_ + unsure_most - wall_now();
  eventually([&] { return pair_.number(Place::server_b, "waiting") == 0; },
             std::chrono::duration_cast<std::chrono::milliseconds>(left));
  if (!eventually([&] { return pair_.number(Place::server_b, "connections") == 0; }))
    complain("the second server keeps connections that are closed");
  // What the dead one's kernel still has to say it says when its cable is in again.
  const bool fenced = mix_.strike == Strike::cable || mix_.strike == Strike::hang;
  if (mix_.strike == Strike::cable) {
    fence(network(), Place::server_a, true);
    // Nor what waits behind a neighbour that did not answer: that has passed the fence's hook.
    network().output(Place::server_a, "ip -4 neigh flush dev eth0; ip -6 neigh flush dev eth0");
    network().cable(Place::server_a, true);
  }
  if (!pair_.process(Place::server_a).running()) {
    pair_.start(Place::server_a);
    // What the killed one left in its kernel is gone by now.
    const auto sockets =
        network().output(Place::server_a, "ss -Hnat sport 80 or sport 554 | grep -v TIME-WAIT");
    if (!sockets.empty()) complain("sockets of the killed process are left:\n" + sockets);
  }
  if (fenced) fence(network(), Place::server_a, false);
  for (const auto place : {Place::server_a, Place::server_b}) {
    pair_.process(place).finish(5s);
    expect_nothing_left(place);
  }
  network().take_address(Place::server_b);
  if (own_addresses(Place::server_a) + own_addresses(Place::server_b) != addresses_)
    complain("addresses are left");
}

json Run::tell_client(const Experience& e, const Traffic& traffic) {
  json out{{"kind", kinds[size_t(e.kind)].name}, {"ipv6", e.six}};
  const auto complain_of = [&](const std::string& what) {
    complain(fmt::format("{} (port {}): {}", kinds[size_t(e.kind)].name, e.port, what));
  };
  if (!e.wrong.empty()) complain_of(e.wrong), out["wrong"] = e.wrong;
  const auto& flows = e.datagrams ? traffic.udp : traffic.tcp;
  const auto flow = flows.find(e.port);
  if (flow == flows.end() || e.kind == Kind::connecting) return out;
  const auto waits_since = std::max(e.asked.value_or(struck_), struck_);
  const auto first = flow->second.first_from(mac_of(network(), Place::server_b), waits_since);
  if (!first) return out;
  const auto ms = [&](WallTime since) {
    return std::chrono::duration<double, std::milli>(*first - std::max(since, waits_since)).count();
  };
  out["from_strike_ms"] = std::max(0., ms(struck_));
  out["from_decision_ms"] = std::max(0., ms(decided_));
  // What the machine made it wait is not its fault.
  const double waited = waited_ms(std::max(decided_, waits_since), *first);
  out["waited_for_core_ms"] = waited;
  // Who asked while nobody answered asks again when its own TCP does: its waits double.
  const double most_ms = silence_most_ms + (e.kind == Kind::busy ? ms(struck_) - ms(decided_) : 0.);
  if (ms(decided_) - waited > most_ms)
    complain_of(fmt::format("{:.0f} ms without a new byte, {:.0f} ms of them for want of a core",
                            ms(decided_), waited));
  return out;
}

json Run::tell(const Traffic& traffic) {
  json out{{"seed", mix_.seed},
           {"strict", mix_.strict},
           {"strike", strikes[size_t(mix_.strike)].name},
           {"taken_over", taken_over_},
           {"given_up", given_up_},
           {"packets", traffic.packets},
           {"resets", traffic.resets}};
  out["clients"] = json::array();
  // Who had all and the end before the strike answers with a reset, or is restored to hear its own.
  size_t may_be_over = 0;
  for (const auto& e : experiences_) {
    out["clients"].push_back(tell_client(e, traffic));
    const bool had_all = !out["clients"].back().contains("from_decision_ms");
    may_be_over += e.kind == Kind::closing && e.wrong.empty() && had_all;
  }
  if (traffic.resets != 0) complain(fmt::format("{} resets at the client", traffic.resets));
  if (given_up_ != 0) complain(fmt::format("{} connections were given up", given_up_));
  const size_t parts = mix_.parts.size();
  if (!mix_.strict && (taken_over_ > parts || taken_over_ + may_be_over < parts))
    complain(fmt::format("{} of {} connections were taken over", taken_over_, parts));
  out["complaints"] = complaints_;
  return out;
}

json Run::perform() {
  experiences_.resize(mix_.parts.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < mix_.parts.size(); ++i)
    threads.emplace_back([this, i] {
      experiences_[i] = live_through(network(), mix_.parts[i], stagecraft_,
                                     static_cast<uint16_t>(first_rtp_port + 2 * i), film_);
    });
  try {
    wait_until_told();
    std::this_thread::sleep_for(mix_.moment);
    strike();
  } catch (const std::exception& x) {
    complain(x.what());
    stagecraft_.taken_over();  // clients need not wait for it
  }
  std::atomic<bool> all_joined = false;
  std::thread sampling([&] {
    while (!all_joined) {
      if (second_waits_) second_waits_->take();
      std::this_thread::sleep_for(3ms);
    }
  });
  for (auto& t : threads) t.join();
  all_joined = true;
  sampling.join();
  taken_over_ = pair_.number(Place::server_b, "taken_over");
  given_up_ = pair_.number(Place::server_b, "given_up");
  end_orderly();
  return tell(capture_->finish());
}

void Run::keep(const std::string& folder) const {
  fs::create_directories(folder);
  for (const auto* name : {"a.log", "b.log", "client.pcap"}) {
    std::error_code ignored;
    fs::copy_file(pair_.path(name), fs::path(folder) / name, fs::copy_options::overwrite_existing,
                  ignored);
  }
}

}  // namespace

void make_assets(const std::string& folder) {
  fs::create_directories(folder);
  make_object(folder + "/big", Pair::big_size);
  make_object(folder + "/small", Pair::small_size);
  const auto command =
      "ffmpeg -v error -y -f lavfi -i testsrc2=s=320x180:r=25:d=1.4 -c:v libx264 "
      "-preset veryfast -g 25 -bf 2 -b:v 2M -f mpegts " +
      folder + "/v.ts";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("ffmpeg does not make a film");
}

json perform(const Mix& mix, const std::string& assets, const std::string& keep) {
  Run run(mix, assets);
  json out;
  try {
    out = run.perform();
  } catch (...) {
    run.keep(keep);
    throw;
  }
  if (!out["complaints"].empty()) run.keep(keep);
  return out;
}

}  // namespace understudy::network
