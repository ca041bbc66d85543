// SPDX-License-Identifier: Apache-2.0
// What a takeover costs: from the decision to each client's first new byte, for 1, 1000 and 10,000
// connections; restoring with sockets made ahead beside the plain way; what checkpoints cost while
// nothing happens, with the second server and without it in turns. Real processes and kernels in
// namespaces, clients with small windows.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "host/edge/repair/live_socket.hpp"
#include "host/edge/repair/unready_socket.hpp"
#include "tests/delivery/pair.hpp"

namespace {

using namespace understudy;
using namespace understudy::network;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using nlohmann::json;

double microseconds(Steady::duration d) {
  return std::chrono::duration<double, std::micro>(d).count();
}

json distribution(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  const auto at = [&](double q) { return all[static_cast<size_t>(q * double(all.size() - 1))]; };
  return {{"median_us", at(0.5)}, {"p99_us", at(0.99)}, {"last_us", all.back()}};
}

uint64_t resident_kib(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  return 0;
}
void drain(int socket) {
  std::array<char, 65536> buffer;
  while (::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
}

struct Download {
  double mb_s, cpu_ns_each_kb;
};
Download download(Pair& pair, Place server);

/// So many downloads under way; then the server dies, and each waits for its next byte.
json takeover(size_t connections) {
  Pair pair;
  const auto empty = resident_kib(pair.process(Place::server_b).process());
  std::vector<Client> clients;
  clients.reserve(connections);
  for (size_t i = 0; i < connections; ++i) {
    clients.emplace_back(pair.network());
    const int small = 8 * 1024;
    ::setsockopt(clients.back().number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    clients.back().send(get("/big"));
    if (i % 256 == 255) clients.back().answered();  // lets the server keep up with so many
  }
  for (auto& c : clients) c.answered();
  eventually([&] { return pair.is(Place::server_a, "second_holds"); });
  pair.held(connections);
  const auto full = resident_kib(pair.process(Place::server_b).process());

  pair.network().cable(Place::server_a, false);
  pair.process(Place::server_a).kill();
  edge::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (size_t i = 0; i < connections; ++i) {
    drain(clients[i].number());
    epoll_event e{.events = EPOLLIN | EPOLLET | EPOLLONESHOT, .data = {.u64 = i}};
    ::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, clients[i].number(), &e);
  }
  pair.network().give_address(Place::server_b);
  std::vector<double> first;
  const auto begin = Steady::now();
  pair.tell(Place::server_b, "serve 2");
  std::array<epoll_event, 512> events;
  while (first.size() < connections && Steady::now() - begin < 20s) {
    // Polled: to wake a client that sleeps would cost the server, whose kernel is the client's too.
    const int n = ::epoll_wait(epoll.number(), events.data(), int(events.size()), 0);
    const double now = microseconds(Steady::now() - begin);
    for (int i = 0; i < n; ++i) first.push_back(now);
  }
  json out = {{"connections", connections},
              {"went_on", first.size()},
              {"resets", pair.resets()},
              {"memory_held_bytes_each", (full - empty) * 1024 / connections}};
  out["first_byte"] = distribution(first);
  clients.clear();
  eventually([&] { return pair.number(Place::server_b, "connections") == 0; });
  // The dead server's sockets would hold memory of the kernel that all share here.
  pair.network().output(Place::server_a, "ss -K -n sport = 80 2>/dev/null");
  out["download_afterwards_mb_s"] = download(pair, Place::server_b).mb_s;
  return out;
}

/// One connection's is one number: of several pairs of servers.
json takeover_of_one(int times) {
  json out;
  std::vector<double> first;
  for (int i = 0; i < times; ++i) {
    const size_t right = i == 0 ? 0 : size_t(out["went_on"]);
    const size_t resets = i == 0 ? 0 : size_t(out["resets"]);
    out = takeover(1);
    first.push_back(out["first_byte"]["median_us"]);
    out["went_on"] = right + size_t(out["went_on"]), out["resets"] = resets + size_t(out["resets"]);
  }
  out["connections"] = times;
  out["first_byte"] = distribution(first);
  return out;
}

double thread_cpu_us() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e6 + double(t.tv_nsec) / 1e3;
}

/// The calls alone: sockets made ahead, and all at takeover. The client takes segments and says
/// nothing.
json restore(size_t connections, bool known_byte) {
  Network network;
  json out;
  network.ip(Place::client, "addr add 10.9.0.10/24 dev eth0");
  network.output(Place::server_a, "ping -c 1 -W 2 10.9.0.10");
  network.output(Place::client,
                 "nft 'table netdev mute { chain in { type filter hook ingress device eth0 "
                 "priority 0; tcp sport 80 drop; }; }'");
  network.in(Place::server_a, [&] {
    const auto service = *edge::parse_socket_address("10.9.0.1:80");
    std::vector<edge::Descriptor> live;
    const auto values = [&](size_t i) {
      edge::RestoreValues v;
      v.client = *edge::parse_socket_address(
          fmt::format("10.9.0.{}:{}", 10 + i / 20'000, 10'000 + i % 20'000));
      v.send = 1000, v.receive = v.client_sequence = 2000, v.window = 65535;
      v.options = {.flags = 7, .send_scale = 7, .receive_scale = 7, .segment = 1460};
      v.timestamp = 1000;
      v.known_byte = known_byte;
      return v;
    };
    const auto close_all = [&] {
      for (auto& d : live) edge::close_silently(std::move(d));
      live.clear();
    };
    std::vector<edge::RestoreValues> all;
    for (size_t i = 0; i < connections; ++i) all.push_back(values(i));
    for (const bool ahead : {true, false, true, false}) {
      std::vector<edge::UnreadySocket> unready;
      if (ahead)
        for (size_t i = 0; i < connections; ++i) {
          unready.push_back(std::move(*edge::UnreadySocket::make(service, 1, 1460)));
          unready.back().expect(all[i].receive);
        }
      size_t failed = 0;
      const auto begin = Steady::now();
      const double cpu = thread_cpu_us();
      for (size_t i = 0; i < connections; ++i) {
        auto socket = ahead
                          ? std::move(unready[i]).restore(all[i])
                          : std::move(*edge::UnreadySocket::make(service, 1, 1460)).restore(all[i]);
        if (socket)
          live.push_back(std::move(*socket));
        else
          ++failed;
      }
      const double each = microseconds(Steady::now() - begin) / double(connections);
      const double cpu_each = (thread_cpu_us() - cpu) / double(connections);
      close_all();
      out[ahead ? "made_ahead_us_each" : "plain_us_each"] = each;
      out[ahead ? "made_ahead_cpu_us_each" : "plain_cpu_us_each"] = cpu_each;
      if (failed) out["failed"] = failed;
    }
  });
  out["connections"] = connections;
  return out;
}

/// Processor time of a process so far, its kernel time included.
double cpu_ns(pid_t process) {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return 0;
  return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

/// One download of the large object from whoever serves.
Download download(Pair& pair, Place server) {
  Client client(pair.network());
  client.send(get("/big"));
  client.take_head();
  const auto begin = Steady::now();
  const double cpu = cpu_ns(pair.process(server).process());
  uint64_t taken = 0;
  std::vector<char> buffer(1 << 20);
  while (taken < Pair::big_size) {
    const ssize_t n = ::recv(client.number(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    taken += static_cast<uint64_t>(n);
  }
  return {double(taken) / microseconds(Steady::now() - begin),
          (cpu_ns(pair.process(server).process()) - cpu) / (double(taken) / 1000)};
}

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

/// In turns, each compared with its neighbour, so that what else the machine does falls on both.
json cost() {
  constexpr int turns = 12, each = 4;
  std::vector<double> rate[2], cpu[2], rate_cost, cpu_cost;
  Pair pair;
  download(pair, Place::server_a);
  for (int turn = 0; turn < turns; ++turn) {
    std::vector<double> r[2], c[2];
    for (const bool with : {true, false}) {
      if (with && turn != 0) {
        pair.start(Place::server_b);
        eventually([&] { return pair.is(Place::server_a, "second_holds"); });
      } else if (!with) {
        pair.process(Place::server_b).kill();
        eventually([&] { return !pair.is(Place::server_a, "second_holds"); });
      }
      for (int i = 0; i < each; ++i) {
        const auto d = download(pair, Place::server_a);
        r[with].push_back(d.mb_s), c[with].push_back(d.cpu_ns_each_kb);
      }
      rate[with].push_back(median(r[with])), cpu[with].push_back(median(c[with]));
    }
    rate_cost.push_back((rate[0].back() - rate[1].back()) * 100 / rate[0].back());
    cpu_cost.push_back((cpu[1].back() - cpu[0].back()) * 100 / cpu[0].back());
  }
  std::sort(rate_cost.begin(), rate_cost.end());
  return {{"with_second_mb_s", median(rate[1])},
          {"alone_mb_s", median(rate[0])},
          {"cost_percent", median(rate_cost)},
          {"cost_percent_quartiles", {rate_cost[turns / 4], rate_cost[turns * 3 / 4]}},
          {"with_second_cpu_ns_each_kb", median(cpu[1])},
          {"alone_cpu_ns_each_kb", median(cpu[0])},
          {"cpu_cost_percent", median(cpu_cost)}};
}

/// A line of the table: what, measured, the goal.
void say(const std::string& what, double value, const std::string& unit, double goal) {
  fmt::print(
      "{:<58}{:>10.2f} {:<9}{}\n", what, value, unit,
      goal > 0 ? fmt::format("goal {} {}: {}", goal, unit, value <= goal ? "met" : "MISSED") : "");
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
  std::string file;
  std::vector<size_t> sizes;
  for (int i = 1; i < count; ++i) {
    if (std::string(words[i]) == "--json" && i + 1 < count)
      file = words[++i];
    else
      sizes.push_back(std::stoull(words[i]));
  }
  if (sizes.empty()) sizes = {1, 1000, 10'000};
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  json out;
  for (const bool known_byte : {false, true}) {
    const auto& r = out[known_byte ? "restore_idle" : "restore"] = restore(5000, known_byte);
    const std::string kind = known_byte ? "an idle connection" : "a connection";
    say("restoring " + kind + ", its socket made ahead", r["made_ahead_us_each"], "us", 6);
    say("  processor time", r["made_ahead_cpu_us_each"], "us", 6);
    say("restoring " + kind + ", the plain way", r["plain_us_each"], "us", 0);
    say("  processor time", r["plain_cpu_us_each"], "us", 0);
  }
  const auto& c = out["checkpoints"] = cost();
  say("one download with a second server", c["with_second_mb_s"], "MB/s", 0);
  say("one download alone", c["alone_mb_s"], "MB/s", 0);
  say("checkpoints, of the throughput", c["cost_percent"], "%", 1);
  say("  quartiles of its turns, from", c["cost_percent_quartiles"][0], "%", 0);
  say("  to", c["cost_percent_quartiles"][1], "%", 0);
  say("checkpoints, of the server's processor time a byte", c["cpu_cost_percent"], "%", 1);
  for (const auto n : sizes) {
    if (n == 0) continue;
    if (limit.rlim_max < n + 200) {
      fmt::print("{} connections: left out, only {} descriptors are allowed (ulimit -Hn)\n", n,
                 limit.rlim_max);
      continue;
    }
    out["takeover"].push_back(n == 1 ? takeover_of_one(11) : takeover(n));
    const auto& t = out["takeover"].back();
    const auto first = n == 1 ? std::string("one connection, 11 times, decision to first new byte")
                              : fmt::format("{} connections, decision to first new byte", n);
    say(first + ", median", double(t["first_byte"]["median_us"]) / 1000, "ms", n == 1 ? 1 : 0);
    say(first + ", p99", double(t["first_byte"]["p99_us"]) / 1000, "ms",
        n == 1        ? 1
        : n == 1000   ? 30
        : n == 10'000 ? 300
                      : 0);
    say(first + ", last", double(t["first_byte"]["last_us"]) / 1000, "ms", 0);
    if (n > 1) say("  the second's memory for each", t["memory_held_bytes_each"], "bytes", 0);
    say("  a download from the second afterwards", t["download_afterwards_mb_s"], "MB/s", 0);
    if (t["went_on"] != t["connections"] || t["resets"] != 0)
      fmt::print("  NOT RIGHT: {} of {} went on, {} resets\n", size_t(t["went_on"]),
                 size_t(t["connections"]), size_t(t["resets"]));
  }
  if (!file.empty()) std::ofstream(file) << out.dump(2) << "\n";
  return 0;
}
