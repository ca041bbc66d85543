// SPDX-License-Identifier: Apache-2.0
// understudy-network-demo: a client downloads from the service address while the server that
// serves it is struck; says what the client's network card saw.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/edge/command_line/command_line.hpp"
#include "host/edge/command_line/print.hpp"
#include "sim/demo/failure.hpp"
#include "sim/network/fault.hpp"
#include "sim/network/lan.hpp"
#include "sim/network/performance.hpp"
#include "sim/network/report.hpp"

namespace {

using namespace understudy;
using namespace understudy::network;
namespace fs = std::filesystem;

volatile std::sig_atomic_t stop_asked = 0;

bool write(const std::string& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (out)
    understudy::print("report     {}\n", file);
  else
    understudy::complain("understudy-network-demo: cannot write {}\n", file);
  return static_cast<bool>(out);
}

/// Whether the report's folder takes files: known before the run, not after it.
bool report_has_a_place(const std::string& folder) {
  if (folder.empty()) return true;
  std::error_code code;
  fs::create_directories(folder, code);
  if (!code && ::access(folder.c_str(), W_OK) != 0) code.assign(errno, std::generic_category());
  if (code)
    understudy::complain("understudy-network-demo: --report {}: {}\n", folder, code.message());
  return !code;
}

int play(const Settings& settings) try {
  const auto outcome = perform(
      settings, [] { return stop_asked != 0; },
      [](const std::string& what) { understudy::complain("... {}\n", what); });
  for (const auto& line : summary(outcome)) understudy::print("{}\n", line);
  const int code = outcome.complaints().empty()    ? demo::exit_right
                   : outcome.disturbance().empty() ? demo::exit_wrong
                                                   : demo::exit_no_verdict;
  if (settings.report.empty()) return code;
  bool whole = write(settings.report + "/report.json", to_json(outcome).dump(2) + "\n");
  whole = write(settings.report + "/report.html", report_html(outcome)) && whole;
  return whole || code != demo::exit_right ? code : demo::exit_report;
} catch (const std::exception& e) {
  understudy::complain("understudy-network-demo: {}\n", e.what());
  return stop_asked ? demo::exit_interrupted : demo::exit_could_not_run;
}

/// Why this fault cannot strike where both servers are on one host; nothing: it can.
std::optional<std::string> impossible(const Settings& settings) {
  const auto& fault = *std::ranges::find(faults, settings.fault, &FaultFacts::name);
  if (!settings.one_host || !fault.of_whole_host) return std::nullopt;
  std::vector<std::string> others;
  for (const auto& f : faults)
    if (!f.of_whole_host) others.emplace_back(f.name);
  return fmt::format(
      "--fault {0} is not for --hosts one: {1}. Type --fault {2}, or --hosts two --fault {0}",
      fault.name, fault.of_whole_host, fmt::join(others, " | "));
}

std::string own_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings{.programs = own_folder()};
  std::string hosts = "two";
  std::vector<std::string> names;
  for (const auto& f : faults) names.emplace_back(f.name);
  CLI::App app{
      "Two servers and clients on a network of namespaces: curl downloads from the service\n"
      "address, ffmpeg plays a clip over RTSP, a listener hears a multicast group; the server\n"
      "that serves is struck, the other goes on with the same connections."};
  auto* fault = app.add_option("--fault", settings.fault,
                               "what breaks: " + fmt::format("{}", fmt::join(names, ", ")))
                    ->check(CLI::IsMember(names))
                    ->capture_default_str();
  app.add_option("--size", settings.size_mib, "MiB of random bytes to download")
      ->check(CLI::Range(1, 4095))
      ->capture_default_str();
  app.add_option("--rate", settings.rate_mib, "MiB a second through the client's cable")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option(
         "--hosts", hosts,
         "two: each server on a host of its own; one: both on the same (--fault kill unless "
         "said)")
      ->check(CLI::IsMember({"two", "one"}))
      ->capture_default_str();
  app.add_flag("--strict", settings.strict,
               "clients are told that they were heard only when both servers have it");
  app.add_flag("--ipv6", settings.six, "IPv6 between clients and servers");
  app.add_option("--report", settings.report, "folder for report.html and report.json");
  app.add_option("--programs", settings.programs, "folder of the programs to run")
      ->capture_default_str();
  std::string footer = "Faults:\n";
  for (const auto& f : faults) footer += fmt::format("  {:<10} {}\n", f.name, f.words);
  app.footer(
      footer +
      "\nNeeds no root: it makes namespaces of its own. Exit: 0 right, 1 not right, 2 usage,\n"
      "3 could not run, 4 the report could not be written, 5 the machine was too busy, 130 "
      "interrupted.");
  if (const auto code = parse_command_line(app, "understudy-network-demo", argc, argv))
    return *code;
  settings.one_host = hosts == "one";
  if (settings.one_host && fault->count() == 0) settings.fault = "kill";
  if (const auto why = impossible(settings)) {
    understudy::complain("understudy-network-demo: {}\n", *why);
    return demo::exit_usage;
  }
  if (!report_has_a_place(settings.report)) return demo::exit_report;
  for (const int s : {SIGINT, SIGTERM}) std::signal(s, [](int) { stop_asked = 1; });
  if (const auto why = Lan::enter(); !why.empty()) {
    understudy::complain(
        "understudy-network-demo: {} (the kernel must allow user namespaces: sysctl "
        "kernel.unprivileged_userns_clone=1)\n",
        why);
    return demo::exit_could_not_run;
  }
  return play(settings);
}
