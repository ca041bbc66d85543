// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <future>

#include "stage.hpp"

namespace understudy::network {

using namespace std::chrono_literals;

namespace {

constexpr auto ask_every = 5ms;

std::vector<uint8_t> request(const std::array<uint8_t, 16>& address, bool v6, const Mac& mine) {
  std::vector<uint8_t> out;
  const auto put = [&out](std::initializer_list<uint8_t> bytes) { out.insert(out.end(), bytes); };
  const auto put_mac = [&] { out.insert(out.end(), mine.begin(), mine.end()); };
  if (!v6) {
    put({255, 255, 255, 255, 255, 255});
    put_mac();
    put({8, 6, 0, 1, 8, 0, 6, 4, 0, 1});
    put_mac();
    put({10, 0, 0, 9, 0, 0, 0, 0, 0, 0});
    out.insert(out.end(), address.begin(), address.begin() + 4);
    return out;
  }
  // A neighbour solicitation to the solicited-node group, from fd00::9.
  const uint8_t from[16] = {0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  uint8_t to[16] = {0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF};
  std::copy(address.begin() + 13, address.end(), to + 13);
  put({0x33, 0x33, 0xFF, to[13], to[14], to[15]});
  put_mac();
  put({0x86, 0xDD, 0x60, 0, 0, 0, 0, 32, 58, 255});
  out.insert(out.end(), from, from + 16);
  out.insert(out.end(), to, to + 16);
  const size_t icmp = out.size();
  put({135, 0, 0, 0, 0, 0, 0, 0});
  out.insert(out.end(), address.begin(), address.end());
  put({1, 1});
  put_mac();
  uint32_t sum = 32 + 58;
  for (size_t i = icmp - 32; i < out.size(); i += 2) sum += out[i] << 8 | out[i + 1];
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  out[icmp + 2] = static_cast<uint8_t>(~sum >> 8);
  out[icmp + 3] = static_cast<uint8_t>(~sum);
  return out;
}

}  // namespace

Watcher::Watcher(const Lan& lan, const std::string& node, const std::string& address) {
  v6_ = address.find(':') != std::string::npos;
  ::inet_pton(v6_ ? AF_INET6 : AF_INET, address.c_str(), address_.data());
  const int network = lan.network_of(node);
  std::promise<void> ready;
  thread_ = std::thread([this, network, &ready] {
    ::setns(network, CLONE_NEWNET);
    const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    ready.set_value();
    watch(socket);
    ::close(socket);
  });
  ready.get_future().wait();
  ::close(network);
}

Watcher::~Watcher() {
  stop_ = true;
  thread_.join();
}

void Watcher::watch(int socket) {
  ifreq interface{};
  std::strcpy(interface.ifr_name, "eth0");
  ::ioctl(socket, SIOCGIFHWADDR, &interface);
  Mac mine;
  std::memcpy(mine.data(), interface.ifr_hwaddr.sa_data, 6);
  ::ioctl(socket, SIOCGIFINDEX, &interface);
  sockaddr_ll here{.sll_family = AF_PACKET,
                   .sll_protocol = htons(ETH_P_ALL),
                   .sll_ifindex = interface.ifr_ifindex};
  ::bind(socket, reinterpret_cast<sockaddr*>(&here), sizeof here);
  const auto ask = request(address_, v6_, mine);
  auto next = Clock::now();
  std::array<uint8_t, 2048> f;
  while (!stop_) {
    if (Clock::now() >= next) {
      next = Clock::now() + ask_every;
      (void)!::send(socket, ask.data(), ask.size(), 0);
    }
    pollfd p{socket, POLLIN, 0};
    if (::poll(&p, 1, 1) <= 0) continue;
    const ssize_t n = ::recv(socket, f.data(), f.size(), MSG_DONTWAIT);
    if (n < 42) continue;
    Mac from;
    std::copy(&f[6], &f[12], from.begin());
    if (from == mine) continue;
    const unsigned type = f[12] << 8 | f[13];
    const size_t bytes = v6_ ? 16 : 4;
    const uint8_t* who = type == 0x0806 && !v6_   ? &f[28]
                         : type == 0x0800 && !v6_ ? &f[26]
                         : type == 0x86DD && v6_  ? &f[22]
                                                  : nullptr;
    if (!who || !std::equal(who, who + bytes, address_.begin())) continue;
    const std::lock_guard lock(mutex_);
    seen_.push_back({Clock::now(), from});
  }
}

std::vector<Watcher::Seen> Watcher::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

size_t Watcher::count_after(Clock::time_point t, const Mac& mac) const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(seen_, [&](const Seen& s) { return s.at > t && s.mac == mac; }));
}

}  // namespace understudy::network
