// SPDX-License-Identifier: Apache-2.0
#include "sim/network/stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "host/edge/daemon/control_client.hpp"
#include "host/edge/daemon/key_file.hpp"

namespace understudy::network {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;

// A machine that does other things too: a beat may come 10 ms late, and four must be missed.
constexpr int beats_a_frame = 4, frames_alike_that_freeze = 60;
constexpr auto beats = "beats=0x804", beat_period = "beat_period=960";  // 10 ms in 'tiny'
constexpr uint32_t frames = 1'000'000;                                  // hours

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string tail(const std::string& text, size_t bytes) {
  return text.size() <= bytes ? text : "..." + text.substr(text.size() - bytes);
}

/// A board has its own clock, and a server its own processor: what stands for them runs before
/// whatever else the machine does, where that is allowed.
std::vector<std::string> in_real_time(std::vector<std::string> words) {
  static const bool allowed = real_time_allowed();
  if (allowed)
    words.insert(words.begin(), {"/usr/bin/chrt", "--fifo", std::to_string(real_time_priority)});
  return words;
}

}  // namespace

Stage::Stage(Options options)
    : options_(std::move(options)), addresses_(options_.six ? addresses_six() : Addresses{}) {
  options_.progress("an object and a clip are made");
  options_.material.make(root());
  if (auto made = edge::make_key_file(folder_ / "peer.key"); !made)
    throw std::runtime_error(made.error().text);
  options_.one_host ? make_one_host() : connect_two_hosts();
  lan_.add("client", {addresses_.client});
  paced_ = pace();
  options_.progress("the appliance and two servers start");
  if (!real_time_allowed())
    options_.progress(
        "(no real-time priority here, which needs CAP_SYS_NICE, root's: on a busy machine a server "
        "may fall silent for a while, and then there is no verdict)");
  start_appliance();
  for (const size_t s : {0, 1}) start_server(s);
  go();
  wait("no server holds the service address", [this] { return on_air() < 2; });
  wait("the servers are not protected",
       [this] { return status(on_air()).value("protected", false); });
  wait("the deliveries do not find each other", [this] {
    return delivery_log(on_air()).find("the second server is there") != std::string::npos;
  });
}

std::string Stage::node(size_t server) const {
  return options_.one_host ? "host" : server == 0 ? "one" : "two";
}

std::string Stage::card(size_t server) const {
  return options_.one_host ? std::string(names[server]) + "0" : "eth0";
}

void Stage::connect_two_hosts() {
  for (const size_t s : {0, 1}) lan_.add(node(s), {addresses_.servers[s]});
  lan_.wire("peer0", node(0), addresses_.wire[0] + "/30", node(1), addresses_.wire[1] + "/30");
}

/// As docs/two-servers.md says it: who answers ARP is the card that has the address, and what one
/// card sends to a group the other may hear.
void Stage::make_one_host() {
  addresses_.wire = {"127.0.0.1", "127.0.0.2"};
  lan_.add("host", {addresses_.host});
  for (const size_t s : {0, 1}) lan_.card("host", card(s), {addresses_.servers[s]});
  std::string said;
  if (lan_.run("host",
               "cd /proc/sys/net/ipv4/conf && echo 1 > all/arp_ignore && "
               "for card in alpha0 bravo0; do echo 1 > $card/accept_local; done",
               &said) != 0)
    throw std::runtime_error(said);
}

/// The client's cable is that slow, behind the bridge, so that nothing of a server waits where its
/// fence no longer sees it; the client's window is small, so that little waits there. curl's own
/// brake would stop it for 150 ms at a time, in which the fault would hide.
bool Stage::pace() const {
  return lan_.run("client", "echo 4096 131072 131072 > /proc/sys/net/ipv4/tcp_rmem") == 0 &&
         shell(fmt::format("tc qdisc add dev port-client root tbf rate {} burst 128kb limit 1mb",
                           uint64_t{options_.rate_mib} << 23)) == 0;
}

void Stage::start_appliance() {
  std::vector<std::string> words{program("understudy-appliance"),
                                 "--dir",
                                 folder_ / "gate",
                                 "--raster",
                                 "tiny",
                                 "--free-running",
                                 "--set",
                                 beats,
                                 "--set",
                                 beat_period,
                                 "--set",
                                 fmt::format("freeze={}", frames_alike_that_freeze)};
  auto child =
      demo::Child::start({"understudy-appliance", in_real_time(words), folder_ / "appliance.log"});
  if (!child) throw std::runtime_error(child.error().text);
  appliance_ = std::move(*child);
  wait("the appliance has no control socket", [this] {
    auto socket = PacketSocket::connect(folder_ / "gate/control");
    if (socket) control_ = std::move(*socket);
    return control_.has_value();
  });
}

std::string Stage::configuration(size_t i) const {
  const std::string letter = letters[i];
  return fmt::format(
      "[server]\nname = \"{0}\"\nrun_dir = \"{1}\"\nevents = \"{1}.events\"\n"
      "[appliance]\nuri = \"sim:unix:{2}\"\n"
      "[peer]\nlisten = \"{3}:7701\"\naddress = \"{4}:7701\"\nkey_file = \"{5}\"\n"
      "[heartbeat]\nper_frame = {6}\n"
      "[applications]\npolicy = \"any\"\nrequired = [\"playout\", \"delivery\"]\n"
      "[address]\ninterface = \"{12}\"\nservice = [\"{7}\"]\nmonitor = [\"{8}\"]\n"
      "[fence]\nguarded_ports = [{9}, {10}]\n{11}",
      names[i], folder_ / letter, folder_ / ("gate/link-" + letter), addresses_.wire[i],
      addresses_.wire[1 - i], folder_ / "peer.key", beats_a_frame, addresses_.service.with_prefix(),
      addresses_.monitor.with_prefix(), http_port, rtsp_port, options_.sections, card(i));
}

void Stage::start_server(size_t i) {
  const std::string letter = letters[i], run = folder_ / letter;
  const auto file = folder_ / (letter + ".toml");
  std::ofstream(file) << configuration(i);
  auto& s = servers_[i];
  s.daemon = start(node(i), {program("understudyd"), "--config", file}, letter + ".log");
  wait("the daemon has no socket", [&] { return fs::exists(run + "/applications"); });
  s.playout =
      start(node(i),
            in_real_time({program("playout"), "--video",
                          "sim:unix:" + (folder_ / ("gate/video-" + letter)), "--daemon",
                          run + "/applications", "--name", "playout", "--deadline", "1000"}),
            letter + "-playout.log");
  s.delivery = start(node(i), delivery_command(i), letter + "-delivery.log");
}

std::vector<std::string> Stage::delivery_command(size_t i) const {
  const auto at = [&](uint16_t port) { return fmt::format("{}:{}", service().in_url(), port); };
  std::vector<std::string> words{program("delivery"),
                                 "--name",
                                 names[i],
                                 "--root",
                                 root(),
                                 "--listen",
                                 at(http_port),
                                 "--rtsp",
                                 at(rtsp_port),
                                 "--multicast",
                                 addresses_.group,
                                 options_.one_host ? "--interface" : "--multicast-interface",
                                 card(i),
                                 "--checkpoint-listen",
                                 addresses_.wire[i] + ":7801",
                                 "--checkpoint-peer",
                                 addresses_.wire[1 - i] + ":7801",
                                 "--key",
                                 folder_ / "peer.key",
                                 "--daemon",
                                 folder_ / (std::string(letters[i]) + "/applications")};
  // One kernel's queues have one number each.
  if (options_.strict)
    words.insert(words.end(), {"--strict", "--strict-queue", std::to_string(21'843 + i)});
  return words;
}

/// On a connection of its own, for the one that said `go` is answered when all is over.
std::string Stage::ask_appliance(const std::string& request) {
  auto socket = PacketSocket::connect(folder_ / "gate/control");
  if (!socket || !socket->send({reinterpret_cast<const uint8_t*>(request.data()), request.size()}))
    throw std::runtime_error("the appliance hears nothing\n" + logs());
  std::string answer;
  wait("the appliance does not answer " + request, [&] {
    auto packet = socket->receive();
    if (packet && *packet) answer.assign((*packet)->bytes.begin(), (*packet)->bytes.end());
    return !answer.empty();
  });
  return answer;
}

void Stage::go() {
  const auto there = ask_appliance(
      R"({"do":"await","neighbours":["link-a","link-b","video-a","video-b"],"seconds":20})");
  if (there.find("\"ok\":true") == std::string::npos)
    throw std::runtime_error("servers and playouts do not reach the appliance: " + there + "\n" +
                             logs());
  const auto request = fmt::format(R"({{"do":"go","frames":{}}})", frames);
  if (!control_->send({reinterpret_cast<const uint8_t*>(request.data()), request.size()}))
    throw std::runtime_error("the appliance hears nothing\n" + logs());
}

demo::Child Stage::start(const std::string& node, const std::vector<std::string>& words,
                         const std::string& log) const {
  const Descriptor network(lan_.network_of(node));
  auto child = demo::Child::start({fs::path(words[0]).filename().string() + " of " + node, words,
                                   folder_ / log, network.get()});
  if (!child) throw std::runtime_error(child.error().text);
  return std::move(*child);
}

demo::Child Stage::start_at_client(const std::vector<std::string>& words,
                                   const std::string& log) const {
  return start("client", words, log);
}

void Stage::at_client(const std::function<void()>& what) const {
  const Descriptor back(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)),
      there(lan_.network_of("client"));
  if (!back || !there || ::setns(there.get(), CLONE_NEWNET) != 0)
    throw std::runtime_error(std::string("the client's network: ") + std::strerror(errno));
  what();
  if (::setns(back.get(), CLONE_NEWNET) != 0)
    throw std::runtime_error("no way back to our network");
}

void Stage::wait(const std::string& otherwise, const std::function<bool()>& so,
                 std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!so()) {
    if (options_.interrupted()) throw std::runtime_error("interrupted");
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(fmt::format("{} within {} s\n{}", otherwise, most / 1s, logs()));
    if (appliance_ && appliance_->wait(0ms))
      throw std::runtime_error("the appliance ended by itself\n" + logs());
    std::this_thread::sleep_for(5ms);
  }
}

Json Stage::status(size_t server) const {
  if (server >= 2) return Json::object();
  auto client = edge::ControlClient::open(folder_ / letters[server]);
  if (!client) return Json::object();
  const auto answer = client->ask({{"do", "status"}}, 2000ms);
  return answer ? *answer : Json::object();
}

bool Stage::holds(size_t server) const {
  const auto now = status(server);
  const auto address = now.value("address", Json::object());
  return address.contains("service") && address["service"].value("held", false) &&
         now.value("on_air", "") == letters[server];
}

size_t Stage::on_air() const {
  for (const size_t s : {0, 1})
    if (holds(s)) return s;
  return 2;
}

Mac Stage::mac(size_t server) const {
  std::string said;
  lan_.run(node(server), "ip -br link show " + card(server), &said);
  Mac out{};
  std::array<unsigned, 6> b{};
  const auto at = said.find(':');
  if (at == std::string::npos || at < 2 ||
      std::sscanf(said.c_str() + at - 2, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4],
                  &b[5]) != 6)
    throw std::runtime_error("the network card of server " + node(server) + ": " + said);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(b[i]);
  return out;
}

uint64_t Stage::held_back(size_t server) const {
  std::string said;
  if (lan_.run(node(server), "nft list table netdev understudy_fence_" + card(server), &said) != 0)
    throw std::runtime_error("what the fence of server " + node(server) + " held back: " + said);
  uint64_t out = 0;
  std::istringstream lines(said);
  constexpr std::string_view counter = "counter packets ";
  for (std::string line; std::getline(lines, line);)
    if (const auto at = line.find(counter);
        at != std::string::npos && line.contains("@service_leased"))
      out += std::strtoull(line.c_str() + at + counter.size(), nullptr, 10);
  return out;
}

std::string Stage::delivery_log(size_t server) const {
  return server < 2 ? contents(folder_ / (std::string(letters[server]) + "-delivery.log")) : "";
}

std::string Stage::events(size_t server) const {
  return server < 2 ? contents(folder_ / (std::string(letters[server]) + ".events")) : "";
}

std::string Stage::daemon_log(size_t server) const {
  return server < 2 ? contents(folder_ / (std::string(letters[server]) + ".log")) : "";
}

std::string Stage::logs() const {
  std::string out;
  for (const char* name : {"appliance.log", "a.log", "b.log", "a-playout.log", "b-playout.log",
                           "a-delivery.log", "b-delivery.log"})
    if (const auto text = contents(folder_ / name); !text.empty())
      out += fmt::format("--- {}\n{}\n", name, tail(text, 1500));
  return out;
}

}  // namespace understudy::network
