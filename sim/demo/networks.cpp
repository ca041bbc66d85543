// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/networks.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "sim/demo/child.hpp"
#include "sim/demo/report.hpp"

namespace understudy::demo {
namespace {

std::unexpected<Error> failed(const std::string& what) {
  return error("--hosts namespaces: " + what + ": " + std::strerror(errno));
}

/// Root of a user namespace of our own, where network namespaces may be made. Once a process.
std::expected<void, Error> become_free() {
  static bool done = false;
  if (done) return {};
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER) != 0) {
    if (user != 0) return failed("no user namespace is allowed here (unshare)");
    return {};  // root may do without
  }
  const auto one = [](unsigned id) { return "0 " + std::to_string(id) + " 1\n"; };
  if (auto ok = write_file("/proc/self/setgroups", "deny"); !ok) return ok;
  if (auto ok = write_file("/proc/self/uid_map", one(user)); !ok) return ok;
  if (auto ok = write_file("/proc/self/gid_map", one(group)); !ok) return ok;
  done = true;
  return {};
}

std::expected<Descriptor, Error> this_network() {
  Descriptor out(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!out) return failed("/proc/self/ns/net");
  return out;
}

std::string ip_program() {
  for (const char* path : {"/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"})
    if (std::filesystem::exists(path)) return path;
  return "ip";
}

std::expected<void, Error> ip(const Descriptor& space, const std::string& log,
                              std::vector<std::string> words) {
  std::string all = "ip";
  for (const auto& w : words) all += " " + w;
  words.insert(words.begin(), ip_program());
  auto child = Child::start({"ip", std::move(words), log, space.get()});
  if (!child) return error(child.error().text + " (Debian: apt-get install iproute2)");
  const auto status = child->wait(std::chrono::seconds(10));
  if (status != 0)
    return error("--hosts namespaces: '" + all + "' failed:\n" + child->last_words());
  return {};
}

std::expected<uint16_t, Error> free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), plain, size) != 0 ||
      ::getsockname(socket.get(), plain, &size) != 0)
    return error(std::string("no free port on 127.0.0.1: ") + std::strerror(errno));
  return ::ntohs(address.sin_port);
}

}  // namespace

std::expected<void, Error> Networks::use_loopback() {
  for (auto& endpoint : endpoints_) {
    const auto port = free_port();
    if (!port) return std::unexpected(port.error());
    endpoint = "127.0.0.1:" + std::to_string(*port);
  }
  if (endpoints_[0] == endpoints_[1]) return use_loopback();
  return {};
}

std::expected<void, Error> Networks::make_spaces(const std::string& log) {
  if (auto ok = become_free(); !ok) return ok;
  // A network of our own to come back to: the one that we came from cannot be entered again from
  // inside the new user namespace.
  if (::unshare(CLONE_NEWNET) != 0) return failed("no network namespace is allowed here");
  const auto home = this_network();
  if (!home) return std::unexpected(home.error());
  for (auto& space : spaces_) {
    if (::unshare(CLONE_NEWNET) != 0) return failed("no network namespace is allowed here");
    auto made = this_network();
    if (!made) return std::unexpected(made.error());
    space = std::move(*made);
  }
  if (::setns(home->get(), CLONE_NEWNET) != 0) return failed("back to our own network");
  const std::string other =
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(spaces_[1].get());
  const std::array<std::string, 2> device{"alpha0", "bravo0"}, address{"10.77.0.1", "10.77.0.2"};
  if (auto ok =
          ip(spaces_[0], log,
             {"link", "add", device[0], "type", "veth", "peer", "name", device[1], "netns", other});
      !ok)
    return ok;
  for (size_t s = 0; s < 2; ++s) {
    for (auto words : {std::vector<std::string>{"link", "set", "lo", "up"},
                       {"address", "add", address[s] + "/24", "dev", device[s]},
                       {"link", "set", device[s], "up"}})
      if (auto ok = ip(spaces_[s], log, std::move(words)); !ok) return ok;
    endpoints_[s] = address[s] + ":7701";
  }
  return {};
}

std::expected<Networks, Error> Networks::make(Hosts hosts, const std::string& log) {
  Networks out;
  const auto ok = hosts == Hosts::same ? out.use_loopback() : out.make_spaces(log);
  if (!ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace understudy::demo
