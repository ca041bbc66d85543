// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "host/edge/daemon/control_client.hpp"
#include "host/edge/daemon/key_file.hpp"

namespace understudy::network {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {
const std::string names[] = {"one", "two"};

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}
int number_of(const std::string& node) {
  return node == "two";
}
}  // namespace

Stage::Stage(bool v6) : v6_(v6) {
  std::string path = "/tmp/understudy-network-" + std::string(6, 'X');
  if (!::mkdtemp(path.data())) throw std::runtime_error("mkdtemp");
  directory = path;
  service = v6 ? "fd00::100" : "10.0.0.100";
  monitor = v6 ? "fd00::101" : "10.0.0.101";
  if (auto made = edge::make_key_file(directory + "/key"); !made)
    throw std::runtime_error(made.error().text);
  lan.add("one", {"10.0.0.1/24", "fd00::1/64"});
  lan.add("two", {"10.0.0.2/24", "fd00::2/64"});
  lan.add("client", {"10.0.0.9/24", "fd00::9/64"});
  for (const auto& n : names)
    for (const char* end : {"press-", "done-"})
      if (::mkfifo((directory + "/" + end + n).c_str(), 0600) != 0)
        throw std::runtime_error("mkfifo");
  power_ = std::thread([this] { power(); });
}

Stage::~Stage() {
  stop_ = true;
  power_.join();
  for (auto& d : daemons_) d.kill();
  if (!std::getenv("UNDERSTUDY_KEEP")) fs::remove_all(directory);
}

bool Stage::eventually(const std::function<bool()>& holds, int milliseconds) {
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  while (!holds()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::string Stage::configuration(const std::string& node) const {
  const int n = number_of(node);
  const auto& other = names[1 - n];
  const auto file = directory + "/" + node + ".toml";
  const char* prefix = v6_ ? "128" : "32";
  std::ofstream(file) << fmt::format(
      "[server]\nname = \"{0}\"\nrun_dir = \"{1}/{0}\"\nevents = \"{1}/{0}.events\"\n"
      "[appliance]\nuri = \"{2}\"\n"
      "[peer]\nlisten = \"10.0.0.{3}:7701\"\naddress = \"10.0.0.{4}:7701\"\nkey_file = "
      "\"{1}/key\"\n"
      "[address]\ninterface = \"eth0\"\nservice = [\"{5}/{7}\"]\nmonitor = [\"{6}/{7}\"]\n"
      "lease_ms = {8}\n[ping]\n{9}\n[boot]\n{10}\n",
      node, directory, appliance[n], n + 1, 2 - n, service, monitor, prefix, lease_ms, ping,
      boot.empty() ? fmt::format("device = \"command\"\ntimeout_ms = 3000\nhold_ms = 500\n"
                                 "command = [\"/bin/sh\", \"-c\", \"echo > {0}/press-{1}; read "
                                 "code < {0}/done-{1}; exit $code\"]\n",
                                 directory, other)
                   : boot);
  return file;
}

void Stage::start(const std::string& node) {
  const std::lock_guard lock(mutex_);
  daemons_[number_of(node)] = lan.start(node, {UNDERSTUDYD, "--config", configuration(node)},
                                        directory + "/" + node + ".log");
}

void Stage::stop(const std::string& node) {
  const std::lock_guard lock(mutex_);
  daemons_[number_of(node)].kill();
}

/// What a power cycle does: processes, addresses and rules are gone; then it starts again.
void Stage::reset(int n) {
  stop(names[n]);
  lan.run(names[n], fmt::format("ip address del {0} dev eth0; ip address del {1} dev eth0; "
                                "nft flush ruleset",
                                service, monitor));
}

void Stage::power() {
  int press[2], done[2];
  for (int n = 0; n < 2; ++n) {
    press[n] = ::open((directory + "/press-" + names[n]).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    done[n] = ::open((directory + "/done-" + names[n]).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  Clock::time_point up[2] = {Clock::time_point::max(), Clock::time_point::max()};
  while (!stop_) {
    pollfd p[2] = {{press[0], POLLIN, 0}, {press[1], POLLIN, 0}};
    ::poll(p, 2, 5);
    for (int n = 0; n < 2; ++n) {
      char byte[16];
      if (::read(press[n], byte, sizeof byte) > 0) {
        if (power_works) {
          reset(n);
          up[n] = Clock::now() + std::chrono::milliseconds(boot_takes_ms);
          ++boots_[n];
        }
        (void)!::write(done[n], power_works ? "0\n" : "1\n", 2);
      }
      if (Clock::now() >= up[n]) {
        up[n] = Clock::time_point::max();
        start(names[n]);
      }
    }
  }
  for (int n = 0; n < 2; ++n) ::close(press[n]), ::close(done[n]);
}

nlohmann::json Stage::status(const std::string& node) const {
  auto client = edge::ControlClient::open(directory + "/" + node);
  if (!client) return nlohmann::json::object();
  const auto answer = client->ask({{"do", "status"}}, 2000ms);
  return answer ? *answer : nlohmann::json::object();
}
nlohmann::json Stage::address(const std::string& node) const {
  return status(node).value("address", nlohmann::json::object());
}
bool Stage::serves(const std::string& node) const {
  const auto a = address(node);
  return a.contains("service") && a["service"].value("held", false);
}
std::string Stage::ping_state(const std::string& node) const {
  const auto a = address(node);
  return a.contains("ping") ? a["ping"].value("state", "") : "";
}
std::string Stage::events(const std::string& node) const {
  return contents(directory + "/" + node + ".events");
}
std::string Stage::log(const std::string& node) const {
  return contents(directory + "/" + node + ".log");
}
int Stage::boots(const std::string& node) const {
  return boots_[number_of(node)];
}

Mac Stage::mac(const std::string& node) const {
  std::string said;
  lan.run(node, "cat /sys/class/net/eth0/address", &said);
  Mac out{};
  // /sys shows this process's network namespace, so ask ip instead.
  said.clear();
  lan.run(node, "ip -br link show eth0", &said);
  unsigned b[6];
  const auto at = said.find(':');
  if (at != std::string::npos && at >= 2 &&
      std::sscanf(said.c_str() + at - 2, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4,
                  b + 5) == 6)
    for (int i = 0; i < 6; ++i) out[size_t(i)] = static_cast<uint8_t>(b[i]);
  return out;
}

bool Stage::client_reaches() const {
  // Three at most: a busy machine lets the first neighbour solicitation of a new network go by.
  return lan.run("client",
                 fmt::format("ping -c 1 -W 1 {0} || ping -c 1 -W 1 {0} || ping -c 1 -W 2 {0}",
                             service)) == 0;
}

}  // namespace understudy::network
