// SPDX-License-Identifier: Apache-2.0
// What strict mode costs a client: the same pair of servers with and without it. One client, one
// connection: small requests one after the other, requests with a long header sent ahead (the
// nearest that a server of files comes to an upload), connecting, and a download.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/delivery/pair.hpp"

namespace {

using namespace understudy::network;
using Steady = std::chrono::steady_clock;
using nlohmann::json;

double seconds(Steady::duration d) {
  return std::chrono::duration<double>(d).count();
}

json distribution(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  const auto at = [&](double q) { return all[static_cast<size_t>(q * double(all.size() - 1))]; };
  return {{"median_us", at(0.5) * 1e6}, {"p99_us", at(0.99) * 1e6}};
}

void expect(bool so, const std::string& what) {
  if (so) return;
  fmt::print(stderr, "bench_takeover_strict: {}\n", what);
  std::exit(1);
}

json one_after_the_other(const Pair& pair) {
  Client client(pair.network());
  const auto request = get("/small", "Range: bytes=0-99\r\n");
  std::vector<double> each;
  const auto begin = Steady::now();
  for (int i = 0; i < 3000; ++i) {
    const auto from = Steady::now();
    client.send(request);
    expect(client.take_head().starts_with("HTTP/1.1 206") && client.take(100).size() == 100,
           "a wrong answer");
    each.push_back(seconds(Steady::now() - from));
  }
  const double all = seconds(Steady::now() - begin);
  auto out = distribution(std::move(each));
  out["per_second"] = 3000 / all;
  return out;
}

/// Eight requests of 7 KB on their way at a time: megabytes of input a second.
double sent_ahead(const Pair& pair) {
  constexpr int rounds = 400, together = 8;
  Client client(pair.network());
  std::string request = get("/small", "Range: bytes=0-0\r\n"), text;
  request.insert(request.size() - 2, "X-Long: " + std::string(7000, 'x') + "\r\n");
  for (int i = 0; i < together; ++i) text += request;
  const auto begin = Steady::now();
  for (int i = 0; i < rounds; ++i) {
    client.send(text);
    for (int n = 0; n < together; ++n)
      expect(client.take_head().starts_with("HTTP/1.1 206") && client.take(1).size() == 1,
             "a wrong answer");
  }
  return rounds * double(text.size()) / seconds(Steady::now() - begin) / 1e6;
}

json connecting(const Pair& pair) {
  std::vector<double> each;
  for (int i = 0; i < 500; ++i) {
    const auto from = Steady::now();
    const Client client(pair.network());
    each.push_back(seconds(Steady::now() - from));
  }
  return distribution(std::move(each));
}

double download(const Pair& pair) {
  Client client(pair.network());
  client.send(get("/big"));
  client.take_head();
  const auto begin = Steady::now();
  expect(client.take(Pair::big_size).size() == Pair::big_size, "a download that ended early");
  return double(Pair::big_size) / seconds(Steady::now() - begin) / 1e6;
}

json measure(bool strict) {
  const Pair pair(strict ? std::vector<std::string>{"--strict"} : std::vector<std::string>{});
  json out{{"requests", one_after_the_other(pair)},
           {"sent_ahead_mb_s", sent_ahead(pair)},
           {"connect", connecting(pair)},
           {"download_mb_s", download(pair)}};
  out["refused"] = pair.number(Place::server_a, "input_refused");
  out["unheld"] = pair.number(Place::server_a, "input_unheld");
  fmt::print(
      "{}: request {:.0f} us median, {:.0f} us p99, {:.0f} a second; input {:.0f} MB/s; connect "
      "{:.0f} us median, {:.0f} us p99; download {:.0f} MB/s; {} segments refused, {} not held\n",
      strict ? "strict " : "default", double(out["requests"]["median_us"]),
      double(out["requests"]["p99_us"]), double(out["requests"]["per_second"]),
      double(out["sent_ahead_mb_s"]), double(out["connect"]["median_us"]),
      double(out["connect"]["p99_us"]), double(out["download_mb_s"]), uint64_t(out["refused"]),
      uint64_t(out["unheld"]));
  return out;
}

}  // namespace

int main(int count, char** words) {
  json out;
  for (const bool strict : {false, true}) out[strict ? "strict" : "default"] = measure(strict);
  if (count == 3 && std::string(words[1]) == "--json")
    std::ofstream(words[2]) << out.dump(2) << "\n";
  return 0;
}
