// SPDX-License-Identifier: Apache-2.0
// keepalived and Understudy beside each other, on the same bridge with the same client: how long
// the service address does not answer when its holder is struck, and what becomes of a download.
// keepalived: Debian's, with python3's http.server on both servers. Understudy: its daemons, the
// virtual appliance as witness, and delivery. Times are the kernel's, at the client's card.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/edge/command_line/command_line.hpp"
#include "sim/network/client_ear.hpp"
#include "sim/network/stage.hpp"
#include "tests/network/answer_probe.hpp"

namespace {

using namespace understudy;
using namespace understudy::network;
using namespace std::chrono_literals;
using nlohmann::json;
using Steady = std::chrono::steady_clock;

constexpr uint64_t object_bytes = 1ull << 30;  // more than a run takes
constexpr uint32_t rate_mib = 32;
constexpr auto before_strike = 500ms;

struct Seen {
  double unanswered_ms = 0, silence_ms = 0;
  std::string download;  // what became of it
};

struct Way {
  const char *key, *words;
  const char* advert_int;           // nothing: Understudy
  std::chrono::milliseconds after;  // looked at for so long after the strike
};
constexpr Way ways[] = {
    {"keepalived", "keepalived, its defaults (VRRP 2, 1 s)", "1", 7s},
    {"keepalived_fast", "keepalived, VRRP 3, 0.01 s", "0.01", 3s},
    {"understudy", "Understudy (appliance as witness)", nullptr, 3s},
};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

const std::string service_address = Addresses{}.service.text;

void wait(const std::string& otherwise, const std::function<bool()>& so) {
  for (const auto end = Steady::now() + 20s; !so(); std::this_thread::sleep_for(5ms))
    if (Steady::now() > end) fail(otherwise);
}

std::vector<std::string> curl_words(const std::string& file) {
  return {"/usr/bin/curl",
          "-sS",
          "--limit-rate",
          fmt::format("{}M", rate_mib),
          "-o",
          file,
          "-w",
          "\n%{http_code} %{num_connects}\n",
          fmt::format("http://{}/object", service_address)};
}

/// The download's and the address's silences around a strike, in the client's network.
class Watch {
 public:
  explicit Watch(const std::function<void(const std::function<void()>&)>& at_client) {
    at_client([&] {
      ear_.emplace("eth0", service_address);
      probe_.emplace(service_address);
    });
  }
  bool downloads() {
    ear_->collect();
    uint64_t bytes = 0;
    for (const auto& h : ear_->heard()) bytes += h.to_service ? 0 : h.bytes;
    return bytes > 4u << 20;
  }
  void collect_for(std::chrono::milliseconds time) {
    for (const auto end = Steady::now() + time; Steady::now() < end;
         std::this_thread::sleep_for(10ms))
      ear_->collect();
  }
  /// `struck` .. now.
  Seen tell(WallTime struck) {
    Seen out;
    out.unanswered_ms = probe_->longest_silence_after(struck);
    bool reset = false;
    std::optional<WallTime> last;
    double longest = 0;
    for (const auto& h : ear_->heard()) {
      if (h.to_service) continue;
      reset = reset || h.reset;
      if (h.bytes == 0) continue;
      if (last && h.at > struck)
        longest =
            std::max(longest, std::chrono::duration<double, std::milli>(h.at - *last).count());
      last = h.at;
    }
    if (last)
      longest = std::max(
          longest,
          std::chrono::duration<double, std::milli>(wall_now() - std::max(*last, struck)).count());
    out.silence_ms = longest;
    out.download = reset ? "reset" : "";
    return out;
  }

 private:
  std::optional<ClientEar> ear_;
  std::optional<AnswerProbe> probe_;
};

/// What became of curl: it goes on, hangs, or has ended.
std::string fate(bool ended, int code, const Seen& seen, Way way) {
  if (ended) return code == 0 ? "whole" : fmt::format("broken (curl {})", code);
  return seen.silence_ms >= double(way.after.count()) * 0.8 ? "hangs" : "goes on";
}

std::string keepalived_file(const std::string& folder, const Way& way, size_t server) {
  const auto path = fmt::format("{}/keepalived-{}.conf", folder, server);
  const bool fast = std::string(way.advert_int) != "1";
  std::ofstream(path) << fmt::format(
      "global_defs {{\n  router_id node{0}\n{1}}}\nvrrp_instance service {{\n  state BACKUP\n"
      "  interface eth0\n  virtual_router_id 51\n  priority {2}\n  advert_int {3}\n"
      "  virtual_ipaddress {{\n    {4}/24\n  }}\n}}\n",
      server, fast ? "  vrrp_version 3\n" : "", server == 0 ? 150 : 100, way.advert_int,
      service_address);
  return path;
}

/// A daemon and its children, which it would otherwise take down in good order.
void kill_family(Running& daemon) {
  std::ifstream in(fmt::format("/proc/{0}/task/{0}/children", daemon.pid()));
  for (pid_t child; in >> child;) ::kill(child, SIGKILL);
  daemon.kill();
}

Seen with_keepalived(const Way& way, bool cable) {
  Folder folder;
  Lan lan;
  lan.add("one", {"10.0.0.1/24"});
  lan.add("two", {"10.0.0.2/24"});
  lan.add("client", {"10.0.0.9/24"});
  const auto object = folder / "object";
  if (shell(fmt::format("truncate -s {} '{}'", object_bytes, object)) != 0) fail("no object");
  const std::string nodes[] = {"one", "two"};
  Running web[2], daemon[2];
  for (size_t i = 0; i < 2; ++i) {
    web[i] = lan.start(nodes[i],
                       {"/usr/bin/python3", "-m", "http.server", "80", "--directory", folder / ""},
                       folder / fmt::format("web-{}.log", i));
    daemon[i] =
        lan.start(nodes[i],
                  {"/usr/sbin/keepalived", "--dont-fork", "--log-console", "--vrrp", "-f",
                   keepalived_file(folder / "", way, i), "-p", folder / fmt::format("{}.pid", i),
                   "-r", folder / fmt::format("{}-vrrp.pid", i)},
                  folder / fmt::format("keepalived-{}.log", i));
    if (i == 0)
      wait("keepalived does not take the address", [&] {
        return lan.run("one",
                       fmt::format("ip -o addr show dev eth0 | grep -q {}/", service_address)) == 0;
      });
  }
  wait("no answer from the service address", [&] {
    return lan.run("client", fmt::format("curl -sf -o /dev/null -r 0-9 http://{}/object",
                                         service_address)) == 0;
  });
  const int client = lan.network_of("client");
  Watch watch([&](const std::function<void()>& what) {
    std::thread([&] {
      if (::setns(client, CLONE_NEWNET) == 0) what();
    }).join();
  });
  auto curl = lan.start("client", curl_words("/dev/null"), folder / "curl.log");
  wait("the download does not begin", [&] { return watch.downloads(); });
  watch.collect_for(before_strike);
  const auto struck = wall_now();
  if (cable) lan.cable("one", false);
  kill_family(daemon[0]);
  web[0].kill();
  watch.collect_for(way.after);
  auto out = watch.tell(struck);
  const int code = curl.wait(0);
  out.download = fate(code != -1, code, out, way);
  for (auto& d : daemon) kill_family(d);
  ::close(client);
  return out;
}

Seen with_understudy(const Way& way, bool cable, const std::string& programs) {
  Stage stage({.programs = programs, .material = {object_bytes / 4, 1}, .rate_mib = 1024});
  const size_t first = stage.on_air();
  Watch watch([&](const std::function<void()>& what) { stage.at_client(what); });
  auto curl = stage.start_at_client(curl_words("/dev/null"), "curl.log");
  wait("the download does not begin", [&] { return watch.downloads(); });
  watch.collect_for(before_strike);
  const auto struck = wall_now();
  stage.strike(cable ? Fault::cable : Fault::kill, first);
  watch.collect_for(way.after);
  auto out = watch.tell(struck);
  const auto code = curl.wait(0ms);
  out.download = fate(code.has_value(), code.value_or(0), out, way);
  return out;
}

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all.empty() ? 0 : all[all.size() / 2];
}

json play(const Way& way, bool cable, int runs, const std::string& programs) {
  json out{{"way", way.key}, {"fault", cable ? "cable" : "kill"}, {"each", json::array()}};
  std::vector<double> unanswered, silence;
  std::map<std::string, int> fates;
  for (int i = 0; i < runs; ++i) {
    const auto seen =
        way.advert_int ? with_keepalived(way, cable) : with_understudy(way, cable, programs);
    unanswered.push_back(seen.unanswered_ms), silence.push_back(seen.silence_ms);
    ++fates[seen.download];
    out["each"].push_back({{"unanswered_ms", seen.unanswered_ms},
                           {"download_silence_ms", seen.silence_ms},
                           {"download", seen.download}});
  }
  std::string fate_words;
  for (const auto& [what, n] : fates)
    fate_words += fmt::format("{}{} {}", fate_words.empty() ? "" : ", ", n, what);
  out["runs"] = runs, out["unanswered_ms"] = median(unanswered);
  out["download_silence_ms"] = median(silence), out["download"] = fate_words;
  fmt::print("{:<42}{:<8}{:>12.1f}{:>14.1f}  {}\n", way.words, cable ? "cable" : "kill -9",
             median(unanswered), median(silence), fate_words);
  std::fflush(stdout);
  return out;
}

std::string own_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

}  // namespace

int main(int argc, char** argv) {
  std::string file, only;
  int runs = 5;
  CLI::App app{
      "keepalived and Understudy beside each other: an address's and a download's silence."};
  app.add_option("--json", file, "a file for all figures");
  app.add_option("--runs", runs, "runs of each")->capture_default_str();
  app.add_option("--only", only, "keepalived, keepalived_fast or understudy");
  if (const auto code = parse_command_line(app, "bench_keepalived", argc, argv)) return *code;
  if (const auto why = Lan::enter(); !why.empty()) return fmt::print(stderr, "{}\n", why), 3;
  json out = json::array();
  try {
    fmt::print("{:<42}{:<8}{:>12}{:>14}\n{:<42}{:<8}{:>12}{:>14}  {} runs, medians\n", "", "",
               "address not", "download's", "", "fault", "answering ms", "silence ms", runs);
    for (const auto& way : ways)
      for (const bool cable : {true, false})
        if (only.empty() || only == way.key) out.push_back(play(way, cable, runs, own_folder()));
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_keepalived: {}\n", e.what());
    return 3;
  }
  if (!file.empty()) std::ofstream(file) << out.dump(2) << "\n";
  return 0;
}
