// SPDX-License-Identifier: Apache-2.0
// What a takeover costs: from the decision to each client's first new byte, for 1, 1000 and 10,000
// connections; restoring with sockets made ahead beside the plain way; what checkpoints cost while
// nothing happens. Real processes and kernels in namespaces, clients with small windows.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
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
pid_t find_process(const std::string& socket) {
  FILE* pipe = ::popen(("pgrep -f -- '--control " + socket + "'").c_str(), "r");
  int pid = 0;
  if (pipe) {
    if (std::fscanf(pipe, "%d", &pid) != 1) pid = 0;
    ::pclose(pipe);
  }
  return pid;
}

void drain(int socket) {
  std::array<char, 65536> buffer;
  while (::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
}

/// So many downloads under way; then the server dies, and each waits for its next byte.
json takeover(size_t connections) {
  Pair pair;
  const auto empty = resident_kib(find_process(pair.path("b.sock")));
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
  const auto full = resident_kib(find_process(pair.path("b.sock")));

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
    const int n = ::epoll_wait(epoll.number(), events.data(), int(events.size()), 1000);
    const double now = microseconds(Steady::now() - begin);
    for (int i = 0; i < n; ++i) first.push_back(now);
  }
  json out = {{"connections", connections},
              {"went_on", first.size()},
              {"resets", pair.resets()},
              {"memory_held_bytes_each", (full - empty) * 1024 / connections}};
  out["first_byte"] = distribution(first);
  return out;
}

/// The calls alone, without a client: sockets made ahead, and all at takeover.
json restore(size_t connections) {
  Network network;
  json out;
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
        for (size_t i = 0; i < connections; ++i)
          unready.push_back(std::move(*edge::UnreadySocket::make(service, 1, 1460)));
      size_t failed = 0;
      const auto begin = Steady::now();
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
      close_all();
      out[ahead ? "made_ahead_us_each" : "plain_us_each"] = each;
      if (failed) out["failed"] = failed;
    }
  });
  out["connections"] = connections;
  return out;
}

/// Megabytes a second of one download, with a second server and without.
double throughput(Pair& pair) {
  Client client(pair.network());
  client.send(get("/big"));
  client.take_head();
  const auto begin = Steady::now();
  uint64_t taken = 0;
  std::vector<char> buffer(1 << 20);
  while (taken < Pair::big_size) {
    const ssize_t n = ::recv(client.number(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    taken += static_cast<uint64_t>(n);
  }
  return double(taken) / microseconds(Steady::now() - begin);
}

json cost() {
  std::vector<double> with, without;
  {
    Pair pair;
    for (int i = 0; i < 6; ++i) with.push_back(throughput(pair));
    pair.process(Place::server_b).kill();
    std::this_thread::sleep_for(200ms);
    for (int i = 0; i < 6; ++i) without.push_back(throughput(pair));
  }
  std::sort(with.begin(), with.end());
  std::sort(without.begin(), without.end());
  return {{"with_second_mb_s", with[3]},
          {"alone_mb_s", without[3]},
          {"cost_percent", (without[3] - with[3]) * 100 / without[3]}};
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
  out["restore"] = restore(5000);
  fmt::print("restore: {:.1f} us each with sockets made ahead, {:.1f} us each the plain way\n",
             double(out["restore"]["made_ahead_us_each"]), double(out["restore"]["plain_us_each"]));
  out["checkpoints"] = cost();
  fmt::print("one download: {:.0f} MB/s with a second server, {:.0f} MB/s alone ({:+.1f} %)\n",
             double(out["checkpoints"]["with_second_mb_s"]),
             double(out["checkpoints"]["alone_mb_s"]), -double(out["checkpoints"]["cost_percent"]));
  for (const auto n : sizes) {
    if (n == 0) continue;
    if (limit.rlim_max < n + 200) {
      fmt::print("{} connections: left out, only {} descriptors are allowed (ulimit -Hn)\n", n,
                 limit.rlim_max);
      continue;
    }
    out["takeover"].push_back(takeover(n));
    const auto& t = out["takeover"].back();
    fmt::print(
        "{:6} connections: decision to first new byte {:.0f} us median, {:.0f} us p99, "
        "{:.0f} us last; {} went on, {} resets, {} bytes of the second's memory each\n",
        n, double(t["first_byte"]["median_us"]), double(t["first_byte"]["p99_us"]),
        double(t["first_byte"]["last_us"]), size_t(t["went_on"]), size_t(t["resets"]),
        size_t(t["memory_held_bytes_each"]));
  }
  if (!file.empty()) std::ofstream(file) << out.dump(2) << "\n";
  return 0;
}
