// SPDX-License-Identifier: Apache-2.0
#include "sim/network/group_listener.hpp"

#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "host/edge/repair/address.hpp"
#include "sim/network/hash.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

constexpr auto silence_that_ends = 10s;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("the group's listener: " + what + ": " + std::strerror(errno));
}

edge::KernelAddress kernel_address(const std::string& address, uint16_t port) {
  const bool six = address.find(':') != std::string::npos;
  const auto at = edge::parse_socket_address(
      fmt::format("{}{}{}:{}", six ? "[" : "", address, six ? "]" : "", port));
  if (!at) throw std::runtime_error("the group's listener: " + address + " is no address");
  return edge::to_kernel(*at);
}

/// What follows `name` in an answer, up to one of `ends`.
std::string after(const std::string& answer, const std::string& name, const char* ends) {
  const auto at = answer.find(name);
  if (at == std::string::npos) return {};
  const auto begin = at + name.size();
  return answer.substr(begin, answer.find_first_of(ends, begin) - begin);
}

}  // namespace

GroupListener::GroupListener(const Stage& stage)
    : clip_(stage.transport_stream()),
      url_(fmt::format("rtsp://{}/clip.ts", stage.service().in_url())),
      patience_(std::chrono::steady_clock::now() + silence_that_ends) {
  stage.at_client([&] { open(stage); });
  listening_ = std::jthread([this] { listen(); });
}

void GroupListener::open(const Stage& stage) {
  const auto service = kernel_address(stage.service().text, rtsp_port);
  const auto family = service.storage.ss_family;
  connection_ = Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{5, 0};
  ::setsockopt(connection_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(connection_.get(), reinterpret_cast<const sockaddr*>(&service.storage),
                service.size) != 0)
    fail("connecting to " + url_);
  ask("DESCRIBE", "");
  const auto answer = ask("SETUP", "Transport: RTP/AVP;multicast\r\n");
  session_ = after(answer, "\r\nSession: ", ";\r");
  group_ = after(answer, "destination=", ";\r");
  const auto port = static_cast<uint16_t>(std::atoi(after(answer, ";port=", "-;\r").c_str()));
  if (group_.empty() || port == 0) throw std::runtime_error("no group in the answer:\n" + answer);
  for (size_t i = 0; i < ports_.size(); ++i) {
    ports_[i] = Descriptor(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto at = kernel_address(group_, static_cast<uint16_t>(port + i));
    const int s = ports_[i].get();
    group_req r{};
    r.gr_interface = ::if_nametoindex("eth0");
    r.gr_group = at.storage;
    if (::bind(s, reinterpret_cast<const sockaddr*>(&at.storage), at.size) != 0 ||
        ::setsockopt(s, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP, &r,
                     sizeof r) != 0)
      fail("joining " + group_);
  }
  ask("PLAY", "");
}

/// The answer with its body; throws when it is not 200.
std::string GroupListener::ask(const std::string& method, const std::string& fields) {
  const auto text = fmt::format("{} {}{} RTSP/1.0\r\nCSeq: {}\r\n{}{}\r\n", method, url_,
                                method == "SETUP" ? "/track1" : "", ++asked_,
                                session_.empty() ? "" : "Session: " + session_ + "\r\n", fields);
  if (::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) fail(method);
  std::string answer;
  std::array<char, 4096> buffer;
  size_t whole = std::string::npos;
  while (answer.size() < whole) {
    const ssize_t n = ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) fail(method + " is not answered");
    answer.append(buffer.data(), static_cast<size_t>(n));
    if (const auto head = answer.find("\r\n\r\n"); head != std::string::npos)
      whole = head + 4 + std::strtoul(after(answer, "Content-Length: ", "\r").c_str(), nullptr, 10);
  }
  if (!answer.starts_with("RTSP/1.0 200 "))
    throw std::runtime_error("the group's listener: " + method + ": " + answer);
  return answer;
}

void GroupListener::listen() {
  std::array<char, 2048> buffer;
  while (!stop_) {
    std::array<pollfd, 2> came{{{ports_[0].get(), POLLIN, 0}, {ports_[1].get(), POLLIN, 0}}};
    ::poll(came.data(), came.size(), 100);
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < ports_.size(); ++i)
      for (;;) {
        const ssize_t n = ::recv(ports_[i].get(), buffer.data(), buffer.size(), 0);
        if (n < 0) break;
        const std::string_view packet(buffer.data(), static_cast<size_t>(n));
        i == 0 ? received_.take(packet) : received_.take_control(packet);
        patience_ = std::chrono::steady_clock::now() + silence_that_ends;
      }
  }
}

void GroupListener::collect(std::span<const Heard> heard) {
  if (!flow_) flow_ = first_rtp(heard, true);
}

bool GroupListener::over() {
  const std::lock_guard lock(mutex_);
  return received_.goodbye || std::chrono::steady_clock::now() > patience_;
}

ClientOutcome GroupListener::outcome(std::span<const Heard> heard, WallTime counted) const {
  ClientOutcome o{.name = "listener",
                  .command = fmt::format("SETUP {} (multicast), PLAY, join {}", url_, group_),
                  .unit = "bytes"};
  o.exit = 0;
  const std::lock_guard lock(mutex_);
  const auto& r = received_;
  std::vector<std::string> wrong;
  if (!r.goodbye) wrong.emplace_back("no goodbye came");
  if (r.missing()) wrong.push_back(fmt::format("{} packets did not come", r.missing()));
  if (r.other_source) wrong.push_back(fmt::format("{} packets of another source", r.other_source));
  o.says = fmt::format("{}", fmt::join(wrong, ", "));
  std::error_code none;
  const auto bytes = r.bytes();
  o.wanted = std::filesystem::file_size(clip_, none), o.got = bytes.size();
  o.hashed = "what the packets carried";
  o.hash_wanted = hash_of_file(clip_), o.hash_got = hash_of_text(bytes);
  o.each_number_once = true;
  o.flow = flow_;
  if (flow_) o.stream = stream_of(heard, *flow_, counted);
  return o;
}

}  // namespace understudy::network
