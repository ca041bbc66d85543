// SPDX-License-Identifier: Apache-2.0
// Many clients in one process, which has a limit on open files of its own. Each connects, asks for
// a few bytes of its own choice and keeps its connection; at each SIGUSR1 all of them ask again.
// After each round a line: how many got the right bytes, heard 503 and an end, or anything else.
// Usage: crowd ADDRESS COUNT, the address being one of the client's place.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>

#include "host/edge/repair/address.hpp"
#include "tests/delivery/pair.hpp"

namespace {

using namespace understudy;
using namespace understudy::network;

constexpr size_t together = 64;

edge::Descriptor connect(const edge::KernelAddress& from, const edge::KernelAddress& to) {
  edge::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  const timeval patience{60, 0};
  ::setsockopt(socket.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (!socket || ::bind(socket.number(), from.get(), from.size) != 0 ||
      ::connect(socket.number(), to.get(), to.size) != 0)
    return {};
  return socket;
}

struct Member {
  edge::Descriptor socket;
  uint64_t at = 0;  // it asks for four bytes from here
};

void ask(const Member& member) {
  const auto text = get("/small", "Range: bytes=" + std::to_string(member.at) + "-" +
                                      std::to_string(member.at + 3) + "\r\n");
  ::send(member.socket.number(), text.data(), text.size(), MSG_NOSIGNAL);
}

enum class Heard { right, turned_away, other };

/// Up to the end of the answer, or of the connection. `text`: what came.
Heard hear(const Member& member, std::string& text) {
  char buffer[2048];
  for (;;) {
    if (const auto body = text.find("\r\n\r\n");
        text.starts_with("HTTP/1.1 206") && body != std::string::npos && text.size() >= body + 8)
      return text.substr(body + 4) == object_bytes(member.at, 4) ? Heard::right : Heard::other;
    const auto n = ::recv(member.socket.number(), buffer, sizeof buffer, 0);
    if (n == 0 && text.starts_with("HTTP/1.1 503")) return Heard::turned_away;
    if (n <= 0) return text += n ? std::strerror(errno) : " (the end)", Heard::other;
    text.append(buffer, static_cast<size_t>(n));
  }
}

/// All ask, some at a time; who is turned away or gets anything else leaves. Says how many.
void round(std::vector<Member>& crowd, const std::function<void(Member&)>& before) {
  size_t heard[3] = {};
  std::string odd;
  for (size_t begin = 0; begin < crowd.size(); begin += together) {
    const auto some = std::span(crowd).subspan(begin, std::min(together, crowd.size() - begin));
    for (auto& member : some) before(member), ask(member);
    for (auto& member : some) {
      std::string text;
      const auto what = hear(member, text);
      if (what == Heard::other) odd = text;
      ++heard[static_cast<size_t>(what)];
      if (what != Heard::right) member.socket.close();
    }
  }
  std::erase_if(crowd, [](const Member& member) { return !member.socket; });
  std::printf("%zu right, %zu turned away, %zu other", heard[0], heard[1], heard[2]);
  odd.empty() ? std::printf("\n") : std::printf(", such as '%.40s'\n", odd.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const auto address = [](const std::string& host, int port) {
    return edge::to_kernel(*edge::parse_socket_address(host + ":" + std::to_string(port)));
  };
  const auto from = address(words[1], 0), to = address(service_four, 80);
  const rlimit limit = [] {
    rlimit out{};
    ::getrlimit(RLIMIT_NOFILE, &out);
    return rlimit{out.rlim_max, out.rlim_max};
  }();
  ::setrlimit(RLIMIT_NOFILE, &limit);
  sigset_t again;
  ::sigemptyset(&again);
  ::sigaddset(&again, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &again, nullptr);

  std::vector<Member> crowd(std::stoul(words[2]));
  for (size_t i = 0; i < crowd.size(); ++i) crowd[i].at = i * 17 % (Pair::small_size - 4);
  round(crowd, [&](Member& member) { member.socket = connect(from, to); });
  for (int signal = 0; ::sigwait(&again, &signal) == 0;) round(crowd, [](Member&) {});
}
