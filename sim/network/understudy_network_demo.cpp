// SPDX-License-Identifier: Apache-2.0
// understudy-network-demo: a client downloads from the service address while the server that
// serves it is struck; says what the client's network card saw.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/edge/command_line/command_line.hpp"
#include "sim/demo/failure.hpp"
#include "sim/network/outcome.hpp"
#include "sim/network/stage.hpp"

namespace {

using namespace understudy;
using namespace understudy::network;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

volatile std::sig_atomic_t stop_asked = 0;

struct Settings {
  std::string programs, fault = "cable", report;
  uint32_t size_mib = 256, rate_mib = 64;
};

/// The download: curl, as anybody would type it; held back when the cables are not.
class Download {
 public:
  Download(const Stage& stage, uint32_t rate_mib, uint32_t seconds_most)
      : file_(stage.folder() / "download"),
        log_(stage.folder() / "curl.log"),
        curl_(stage.start_at_client(
            {"/usr/bin/curl", "-sS", "--max-time", std::to_string(seconds_most), "--limit-rate",
             stage.paced() ? "0" : fmt::format("{}M", rate_mib), "-o", file_, "-w",
             "\n%{http_code} %{num_connects} %{time_total}\n",
             fmt::format("http://{}/object", service_address)},
            "curl.log")) {}
  bool over() { return curl_.wait(0ms).has_value(); }
  void tell(Outcome& o) {
    o.curl_exit = curl_.status().value_or(-1);
    o.curl_says = curl_.last_words(2);
    std::ifstream in(log_);
    for (std::string line; std::getline(in, line);)
      std::istringstream(line) >> o.http_code >> o.connections >> o.seconds;
  }
  const std::string& file() const { return file_; }

 private:
  std::string file_, log_;
  demo::Child curl_;
};

std::string sha256(const std::string& file) {
  std::string said;
  shell("sha256sum '" + file + "'", &said);
  return said.substr(0, said.find(' '));
}

Holder holder(const Stage& stage, size_t server) {
  if (server >= 2) return {};
  return {server == 0 ? "A" : "B", stage.status(server).value("term", 0u)};
}

/// The line that the delivery which took over says last of it.
std::string takeover_words(const std::string& log) {
  const auto at = log.rfind(" connections taken over in ");
  if (at == std::string::npos) return {};
  const auto begins = log.rfind(": ", at) + 2;
  return "the second's delivery: " + log.substr(begins, log.find('\n', at) - begins) +
         " of being told to serve";
}

Outcome perform(const Settings& settings) {
  const auto& fault = *std::ranges::find(faults, settings.fault, &FaultFacts::name);
  Outcome o{.fault = fault.name, .fault_words = fault.words};
  o.object_bytes = uint64_t{settings.size_mib} << 20;
  o.expect_change = fault.fault != Fault::none;
  Stage stage({settings.programs, settings.rate_mib, [] { return stop_asked != 0; }},
              o.object_bytes);
  const size_t first = stage.on_air(), second = 1 - first;
  o.before = holder(stage, first);
  o.mac_before = stage.mac(first), o.mac_after = stage.mac(second);
  std::optional<ClientEar> ear;
  stage.at_client([&] { ear.emplace("eth0", service_address); });
  const auto held_back_before = stage.held_back(first);
  Download download(stage, settings.rate_mib, 30 + 4 * settings.size_mib / settings.rate_mib);
  const auto listen_until = [&](const std::string& otherwise, const std::function<bool()>& so) {
    stage.wait(otherwise, [&] { return ear->collect(), so(); }, 1h);  // curl's own patience ends it
  };
  listen_until("the download does not get to its middle",
               [&] { return ear->bytes() >= o.object_bytes / 2 || download.over(); });
  o.bytes_at_fault = ear->bytes();
  const auto held_back = stage.held_back(first) - held_back_before;
  o.struck = wall_now();
  stage.strike(fault.fault, first);
  listen_until("the download does not end", [&] { return download.over(); });
  download.tell(o);
  if (o.expect_change) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (stage.on_air() != second && std::chrono::steady_clock::now() < end) ear->collect();
  }
  ear->collect();
  o.after = holder(stage, stage.on_air());
  o.held_back = held_back + (o.expect_change ? stage.held_back(second) : 0);
  o.stream = stream_of(ear->heard());
  o.packets_missed = ear->missed();
  o.hash_wanted = sha256(stage.object()), o.hash_got = sha256(download.file());
  if (o.expect_change) o.delivery_says = takeover_words(stage.delivery_log(second));
  if (!o.complaints().empty()) fmt::print(stderr, "{}", stage.logs());
  return o;
}

int play(const Settings& settings) try {
  const auto outcome = perform(settings);
  for (const auto& line : summary(outcome)) fmt::print("{}\n", line);
  const int code = outcome.complaints().empty() ? demo::exit_right : demo::exit_wrong;
  if (settings.report.empty()) return code;
  std::error_code ignored;
  fs::create_directories(settings.report, ignored);
  const auto file = settings.report + "/report.json";
  std::ofstream out(file);
  out << to_json(outcome).dump(2) << "\n";
  out.close();
  if (out) {
    fmt::print("report     {}\n", file);
    return code;
  }
  fmt::print(stderr, "understudy-network-demo: cannot write {}\n", file);
  return code == demo::exit_right ? demo::exit_report : code;
} catch (const std::exception& e) {
  fmt::print(stderr, "understudy-network-demo: {}\n", e.what());
  return stop_asked ? demo::exit_interrupted : demo::exit_could_not_run;
}

std::string own_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings{.programs = own_folder()};
  std::vector<std::string> names;
  for (const auto& f : faults) names.emplace_back(f.name);
  CLI::App app{
      "Two servers and a client on a network of namespaces: curl downloads from the service\n"
      "address, the server that serves is struck, the other goes on with the same connection."};
  app.add_option("--fault", settings.fault,
                 "what breaks: " + fmt::format("{}", fmt::join(names, ", ")))
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  app.add_option("--size", settings.size_mib, "MiB of random bytes to download")
      ->check(CLI::Range(1, 4095))
      ->capture_default_str();
  app.add_option("--rate", settings.rate_mib, "MiB a second through the client's cable")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--report", settings.report, "folder for report.json");
  app.add_option("--programs", settings.programs, "folder of the programs to run")
      ->capture_default_str();
  app.footer(
      "Needs no root: it makes namespaces of its own. Exit: 0 right, 1 not right, 2 usage,\n"
      "3 could not run, 4 the report could not be written, 130 interrupted.");
  if (const auto code = parse_command_line(app, "understudy-network-demo", argc, argv))
    return *code;
  for (const int s : {SIGINT, SIGTERM}) std::signal(s, [](int) { stop_asked = 1; });
  if (const auto why = Lan::enter(); !why.empty()) {
    fmt::print(stderr,
               "understudy-network-demo: {} (the kernel must allow user namespaces: sysctl "
               "kernel.unprivileged_userns_clone=1)\n",
               why);
    return demo::exit_could_not_run;
  }
  return play(settings);
}
