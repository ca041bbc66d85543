// SPDX-License-Identifier: Apache-2.0
#include "sim/network/lan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace understudy::network {
namespace {

void must(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what + ": " + std::strerror(errno));
}
void must_run(const std::string& line) {
  std::string said;
  if (shell(line, &said) != 0) throw std::runtime_error(line + ": " + said);
}
bool write_file(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY);
  const bool good = file >= 0 && ::write(file, text.data(), text.size()) == ssize_t(text.size());
  ::close(file);
  return good;
}

Running start_in(int network, const std::vector<std::string>& words, const std::string& output) {
  std::vector<std::string> copy = words;
  std::vector<char*> arguments;
  for (auto& w : copy) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  must(pid >= 0, "fork");
  if (pid == 0) {
    if (network >= 0) ::setns(network, CLONE_NEWNET);
    ::setpgid(0, 0);
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(126);
  }
  return Running(pid);
}

}  // namespace

bool real_time_allowed() {
  const sched_param high{.sched_priority = real_time_priority}, none{};
  return ::sched_setscheduler(0, SCHED_FIFO, &high) == 0 &&
         ::sched_setscheduler(0, SCHED_OTHER, &none) == 0;
}

int shell(const std::string& line, std::string* said) {
  FILE* pipe = ::popen((line + " 2>&1").c_str(), "re");
  if (!pipe) return -1;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe))
    if (said) said->append(buffer, n);
  const int status = ::pclose(pipe);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void Running::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}
void Running::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}
int Running::wait(int milliseconds) {
  if (pid_ <= 0) return -1;
  pollfd p{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), POLLIN, 0};
  const int ready = ::poll(&p, 1, milliseconds);
  ::close(p.fd);
  if (ready <= 0) return -1;
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Root needs no user namespace, and in one it would have no real-time priority.
std::string Lan::enter() {
  const auto uid = ::getuid(), gid = ::getgid();
  const bool root = uid == 0 && ::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0;
  if (!root) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0)
      return fmt::format("namespaces of its own: {}", std::strerror(errno));
    write_file("/proc/self/setgroups", "deny");
    if (!write_file("/proc/self/uid_map", fmt::format("0 {} 1", uid)) ||
        !write_file("/proc/self/gid_map", fmt::format("0 {} 1", gid)))
      return "the maps of the user namespace cannot be written";
  }
  return shell("ip link set lo up") == 0 ? "" : "ip (iproute2) is missing";
}

pid_t Lan::hold() {
  int ready[2];
  must(::pipe(ready) == 0, "pipe");
  const pid_t pid = ::fork();
  must(pid >= 0, "fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char good = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
    (void)!::write(ready[1], &good, 1);
    for (;;) ::pause();
  }
  char good = 'n';
  must(::read(ready[0], &good, 1) == 1 && good == 'y', "a network namespace");
  ::close(ready[0]), ::close(ready[1]);
  return pid;
}

void Lan::add(const std::string& node, const std::vector<std::string>& addresses) {
  if (!std::exchange(bridge_, true))
    must_run("ip link add lan type bridge mcast_snooping 0 && ip link set lan up");
  const pid_t pid = hold();
  nodes_[node] = pid;
  must_run(fmt::format(
      "ip link add port-{0} type veth peer name eth0 netns {1} && ip link set port-{0} master lan "
      "up",
      node, pid));
  give(node, "eth0", addresses);
}

void Lan::card(const std::string& node, const std::string& name,
               const std::vector<std::string>& addresses) {
  std::string said;
  if (run(node, fmt::format("ip link add link eth0 name {} type macvlan mode bridge", name),
          &said) != 0)
    throw std::runtime_error("a network card on another's cable (macvlan): " + said);
  give(node, name, addresses);
}

void Lan::give(const std::string& node, const std::string& name,
               const std::vector<std::string>& addresses) const {
  std::string lines = fmt::format("ip link set lo up && ip link set {} up", name);
  for (const auto& a : addresses)
    lines += fmt::format(" && ip address add {} dev {}{}", a, name,
                         a.find(':') == std::string::npos ? "" : " nodad");
  std::string said;
  if (run(node, lines, &said) != 0) throw std::runtime_error(said);
}

void Lan::wire(const std::string& name, const std::string& one, const std::string& address_one,
               const std::string& two, const std::string& address_two) {
  must_run(fmt::format("ip link add {0} netns {1} type veth peer name {0} netns {2}", name,
                       nodes_.at(one), nodes_.at(two)));
  for (const auto& [node, address] : {std::pair(one, address_one), std::pair(two, address_two)}) {
    std::string said;
    const auto line =
        fmt::format("ip address add {0} dev {1} && ip link set {1} up", address, name);
    if (run(node, line, &said) != 0) throw std::runtime_error(said);
  }
}

Lan::~Lan() {
  for (const auto& [node, pid] : nodes_) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    shell("ip link del port-" + node);
  }
  if (bridge_) shell("ip link del lan");
}

int Lan::run(const std::string& node, const std::string& line, std::string* said) const {
  return shell(fmt::format("nsenter --net=/proc/{}/ns/net -- sh -c '{}'", nodes_.at(node), line),
               said);
}

int Lan::network_of(const std::string& node) const {
  return ::open(fmt::format("/proc/{}/ns/net", nodes_.at(node)).c_str(), O_RDONLY | O_CLOEXEC);
}

Running Lan::start(const std::string& node, const std::vector<std::string>& words,
                   const std::string& output) const {
  const int network = network_of(node);
  must(network >= 0, "the network of " + node);
  auto out = start_in(network, words, output);
  ::close(network);
  return out;
}

Running start_here(const std::vector<std::string>& words, const std::string& output) {
  return start_in(-1, words, output);
}

void Lan::cable(const std::string& node, bool in) const {
  must_run(fmt::format("ip link set port-{} {}", node, in ? "up" : "down"));
}

void Lan::wire_up(const std::string& name, const std::string& node, bool up) const {
  std::string said;
  if (run(node, fmt::format("ip link set {} {}", name, up ? "up" : "down"), &said) != 0)
    throw std::runtime_error(said);
}

void Lan::power_off(const std::string& node) {
  cable(node, false);
  const auto at = nodes_.find(node);
  ::kill(at->second, SIGKILL);
  ::waitpid(at->second, nullptr, 0);
  nodes_.erase(at);
}

void Lan::part(const std::vector<std::string>& nodes, bool apart) const {
  for (const auto& node : nodes)
    must_run(fmt::format("bridge link set dev port-{} isolated {}", node, apart ? "on" : "off"));
}

}  // namespace understudy::network
