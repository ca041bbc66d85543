// SPDX-License-Identifier: Apache-2.0
#include "tests/network/answer_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace understudy::network {

using namespace std::chrono_literals;

AnswerProbe::AnswerProbe(const std::string& address)
    : socket_(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)) {
  const int on = 1;
  if (!socket_ || ::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
    throw std::runtime_error("no raw socket at the client");
  asking_ = std::thread([this, address] { ask(address); });
  hearing_ = std::thread([this] { hear(); });
}

AnswerProbe::~AnswerProbe() {
  stop_ = true;
  asking_.join();
  hearing_.join();
}

void AnswerProbe::ask(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  icmphdr echo{};
  echo.type = ICMP_ECHO;
  echo.checksum = static_cast<uint16_t>(~htons(ICMP_ECHO << 8));  // all else is 0
  auto next = std::chrono::steady_clock::now();
  while (!stop_) {
    ::sendto(socket_.get(), &echo, sizeof echo, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to),
             sizeof to);
    std::this_thread::sleep_until(next += 1ms);
  }
}

void AnswerProbe::hear() {
  std::array<char, 256> packet;
  std::array<char, 256> control;
  while (!stop_) {
    pollfd p{socket_.get(), POLLIN, 0};
    if (::poll(&p, 1, 50) <= 0) continue;
    iovec io{packet.data(), packet.size()};
    msghdr m{};
    m.msg_iov = &io, m.msg_iovlen = 1;
    m.msg_control = control.data(), m.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(socket_.get(), &m, MSG_DONTWAIT);
    if (n < 28 || packet[20] != ICMP_ECHOREPLY) continue;
    for (auto* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
      timespec at{};
      std::memcpy(&at, CMSG_DATA(c), sizeof at);
      const std::lock_guard lock(mutex_);
      answers_.push_back(
          WallTime(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec)));
    }
  }
}

double AnswerProbe::longest_silence_after(WallTime since) const {
  const std::lock_guard lock(mutex_);
  std::chrono::nanoseconds longest{};
  auto last = since;
  const auto take = [&](WallTime at) {
    if (at > since) longest = std::max<std::chrono::nanoseconds>(longest, at - last);
    last = at;
  };
  for (const auto at : answers_) take(at);
  take(wall_now());
  return std::chrono::duration<double, std::milli>(longest).count();
}

}  // namespace understudy::network
