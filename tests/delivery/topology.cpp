// SPDX-License-Identifier: Apache-2.0
#include "tests/delivery/topology.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace understudy::network {
namespace {

using edge::Descriptor;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void write_file(const char* path, const std::string& text) {
  Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.number(), text.data(), text.size()) < 0) fail(path);
}

/// What this process may do here, the programs that it starts may too.
void pass_on_rights() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> rights{};
  if (::syscall(SYS_capget, &header, rights.data()) != 0) fail("capget");
  for (auto& r : rights) r.inheritable = r.permitted;
  if (::syscall(SYS_capset, &header, rights.data()) != 0) fail("capset");
  for (unsigned long i = 0; i <= CAP_LAST_CAP; ++i)
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
}

/// Once a process: a user namespace in which we may do all this, and no network but our own. Not as
/// root: tcpdump would want to become another user, and there is none.
void leave_the_world() {
  static bool done = false;
  if (done) return;
  const auto user = ::getuid(), group = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    fail(
        "unshare (the kernel must allow user namespaces: sysctl "
        "kernel.unprivileged_userns_clone=1)");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "1000 " + std::to_string(user) + " 1");
  write_file("/proc/self/gid_map", "1000 " + std::to_string(group) + " 1");
  pass_on_rights();
  done = true;
}

Descriptor here() {
  Descriptor out(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!out) fail("/proc/thread-self/ns/net");
  return out;
}

uint16_t checksum(const uint8_t* bytes, size_t size, uint32_t sum) {
  for (size_t i = 0; i + 1 < size; i += 2) sum += uint32_t{bytes[i]} << 8 | bytes[i + 1];
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

struct Packet {
  std::vector<uint8_t> bytes;
  Packet& raw(const void* from, size_t n) {
    const auto* b = static_cast<const uint8_t*>(from);
    bytes.insert(bytes.end(), b, b + n);
    return *this;
  }
  Packet& put(std::initializer_list<int> values) {
    for (const int v : values) bytes.push_back(static_cast<uint8_t>(v));
    return *this;
  }
};

/// Gratuitous ARP (RFC 5944, 4.6) and unsolicited neighbour advertisement (RFC 4861, 7.2.6).
void announce() {
  Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  sockaddr_ll link{};
  link.sll_family = AF_PACKET;
  link.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
  link.sll_protocol = htons(ETH_P_ARP);
  socklen_t size = sizeof link;
  if (!socket || ::bind(socket.number(), reinterpret_cast<sockaddr*>(&link), sizeof link) != 0 ||
      ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&link), &size) != 0)
    fail("packet socket");
  const auto* mac = link.sll_addr;
  in_addr four{};
  in6_addr six{}, all{};
  ::inet_pton(AF_INET, service_four, &four);
  ::inet_pton(AF_INET6, service_six, &six);
  ::inet_pton(AF_INET6, "ff02::1", &all);
  Packet arp;
  arp.put({255, 255, 255, 255, 255, 255}).raw(mac, 6).put({8, 6, 0, 1, 8, 0, 6, 4, 0, 1});
  arp.raw(mac, 6).raw(&four, 4).put({0, 0, 0, 0, 0, 0}).raw(&four, 4);
  Packet na;
  na.put({0x33, 0x33, 0, 0, 0, 1}).raw(mac, 6).put({0x86, 0xDD, 0x60, 0, 0, 0, 0, 32, 58, 255});
  na.raw(&six, 16).raw(&all, 16);
  const size_t at = na.bytes.size();
  na.put({136, 0, 0, 0, 0x20, 0, 0, 0}).raw(&six, 16).put({2, 1}).raw(mac, 6);
  uint32_t sum = 32 + 58;
  for (size_t i = at - 32; i < at; i += 2) sum += uint32_t{na.bytes[i]} << 8 | na.bytes[i + 1];
  const uint16_t check = checksum(na.bytes.data() + at, 32, sum);
  na.bytes[at + 2] = uint8_t(check >> 8), na.bytes[at + 3] = uint8_t(check);
  for (const auto& p : {arp, na})
    if (::send(socket.number(), p.bytes.data(), p.bytes.size(), 0) < 0) fail("announcing");
}

}  // namespace

int Network::descriptor(Place place) const {
  const Descriptor* all[] = {&bridge_, &server_a_, &server_b_, &client_, &stranger_};
  return all[static_cast<size_t>(place)]->number();
}

Network::Network() {
  leave_the_world();
  for (auto* d : {&bridge_, &server_a_, &server_b_, &client_, &stranger_}) {
    if (::unshare(CLONE_NEWNET) != 0) fail("unshare");
    *d = here();
    // An address of this network's may be used at once, also to ask for a neighbour.
    write_file("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
  }
  if (::setns(bridge_.number(), CLONE_NEWNET) != 0) fail("setns");
  // It is a switch: where the kernel can, its packets do not go through netfilter.
  for (const std::string family : {"ip", "ip6"})
    if (const auto file = "/proc/sys/net/bridge/bridge-nf-call-" + family + "tables";
        std::filesystem::exists(file))
      write_file(file.c_str(), "0");
  ip(Place::bridge, "link add bridge0 type bridge");
  ip(Place::bridge, "link set bridge0 up");
  const std::pair<Place, const char*> ends[] = {{Place::server_a, "1"},
                                                {Place::server_b, "2"},
                                                {Place::client, "9"},
                                                {Place::stranger, "66"}};
  const char* ports[] = {"port-a", "port-b", "port-c", "port-d"};
  size_t i = 0;
  for (const auto& [place, number] : ends) {
    const std::string port = ports[i++], host = number;
    const auto there =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor(place));
    ip(Place::bridge, "link add " + port + " type veth peer name eth0 netns " + there);
    ip(Place::bridge, "link set " + port + " master bridge0 up");
    ip(place, "link set lo up");
    ip(place, "link set eth0 up");
    ip(place, "addr add 10.9.0." + host + "/24 dev eth0");
    ip(place, "addr add fd00:9::" + host + "/64 dev eth0 nodad");
  }
}

void Network::in(Place place, const std::function<void()>& what) const {
  const auto back = here();
  if (::setns(descriptor(place), CLONE_NEWNET) != 0) fail("setns");
  what();
  if (::setns(back.number(), CLONE_NEWNET) != 0) fail("setns");
}

demo::Child Network::start(Place place, std::vector<std::string> words,
                           const std::string& log) const {
  if (words[0].find('/') == std::string::npos)
    words[0] =
        (::access(("/usr/sbin/" + words[0]).c_str(), X_OK) == 0 ? "/usr/sbin/" : "/usr/bin/") +
        words[0];
  auto child = demo::Child::start({words[0], words, log, descriptor(place)});
  if (!child) throw std::runtime_error(child.error().text);
  return std::move(*child);
}

void Network::ip(Place place, const std::string& words) const {
  int code = 0;
  in(place, [&] { code = std::system(("ip " + words).c_str()); });
  if (code != 0) throw std::runtime_error("ip " + words + " failed");
}

std::string Network::output(Place place, const std::string& shell) const {
  std::string out;
  in(place, [&] {
    FILE* pipe = ::popen(shell.c_str(), "r");
    if (!pipe) fail("popen");
    std::array<char, 4096> buffer;
    while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
      out.append(buffer.data(), n);
    ::pclose(pipe);
  });
  return out;
}

void Network::cable(Place place, bool plugged) const {
  const char* ports[] = {"", "port-a", "port-b", "port-c", "port-d"};
  ip(Place::bridge,
     std::string("link set ") + ports[static_cast<size_t>(place)] + (plugged ? " up" : " down"));
}

void Network::give_address(Place server) const {
  ip(server, std::string("addr add ") + service_four + "/24 dev eth0");
  ip(server, std::string("addr add ") + service_six + "/64 dev eth0 nodad");
  // The kernel says yes before it is so; a daemon waits for it too.
  if (!eventually([&] {
        return !output(server, std::string("ip -6 route show table local ") + service_six).empty();
      }))
    throw std::runtime_error("the kernel does not give the service address");
  in(server, announce);
}

void Network::take_address(Place server) const {
  ip(server, std::string("addr del ") + service_four + "/24 dev eth0");
  ip(server, std::string("addr del ") + service_six + "/64 dev eth0");
}

bool eventually(const std::function<bool()>& so, std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace understudy::network
