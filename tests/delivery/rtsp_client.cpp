// SPDX-License-Identifier: Apache-2.0
#include "tests/delivery/rtsp_client.hpp"

#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "host/edge/repair/address.hpp"

namespace understudy::network {

using edge::Descriptor;
using namespace std::chrono_literals;

namespace {

Descriptor udp_port(bool six, uint16_t port) {
  Descriptor socket(::socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int on = 1, room = 4 << 20;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  edge::SocketAddress any;
  if (six) any.family = protocol::checkpoint::Family::ipv6;
  any.endpoint.port = port;
  const auto at = edge::to_kernel(any);
  if (::bind(socket.number(), at.get(), at.size) != 0) throw std::runtime_error("no UDP port");
  return socket;
}

void join(const Descriptor& socket, const std::string& group) {
  const auto address = edge::parse_socket_address(group);
  if (!address) throw std::runtime_error("not a group: " + group);
  group_req r{};
  r.gr_interface = ::if_nametoindex("eth0");
  r.gr_group = edge::to_kernel(*address).storage;
  const bool six = address->family == protocol::checkpoint::Family::ipv6;
  if (::setsockopt(socket.number(), six ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_JOIN_GROUP, &r,
                   sizeof r) != 0)
    throw std::runtime_error("cannot join " + group);
}

/// "name=value" among the parameters of a Transport field.
std::string parameter(const std::string& field, const std::string& name) {
  const auto at = field.find(name + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 1;
  return field.substr(begin, field.find(';', begin) - begin);
}

}  // namespace

std::string RtspResponse::field(const std::string& name) const {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RtspClient::RtspClient(const Network& network, By by, const std::string& file, bool six,
                       uint16_t port)
    : network_(network),
      by_(by),
      six_(six),
      port_(port),
      url_("rtsp://" + (six ? "[" + std::string(service_six) + "]" : service_four) + "/" + file),
      connection_(network, six, 554) {}

void RtspClient::send(const std::string& method, const std::string& url,
                      const std::string& fields) {
  connection_.send(method + " " + url + " RTSP/1.0\r\nCSeq: " + std::to_string(++sequence_) +
                   "\r\n" + (session_.empty() ? "" : "Session: " + session_ + "\r\n") + fields +
                   "\r\n");
}

bool RtspClient::read_piece(std::chrono::milliseconds most) {
  auto first = connection_.take(1, most);
  if (first.empty()) return false;
  if (first == "$") {
    const auto head = connection_.take(3);
    if (head.size() < 3) return false;
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(head[i]); };
    const auto packet = connection_.take(size_t{byte(1)} << 8 | byte(2));
    byte(0) == 0 ? received_.take(packet) : received_.take_control(packet);
    return true;
  }
  RtspResponse r;
  r.head = first + connection_.take_head();
  if (r.head.starts_with("RTSP/1.0 ")) r.status = std::stoi(r.head.substr(9, 3));
  if (const auto length = r.field("Content-Length"); !length.empty())
    r.body = connection_.take(std::stoul(length));
  responses_.push_back(r);
  return true;
}

RtspResponse RtspClient::request(const std::string& method, const std::string& fields) {
  send(method, url_, fields);
  const size_t before = responses_.size();
  while (responses_.size() == before)
    if (!read_piece(10s)) return {};
  return responses_.back();
}

std::string RtspClient::set_up() {
  const auto described = request("DESCRIBE");
  if (described.status != 200) return "DESCRIBE: " + described.head;
  std::string transport = "RTP/AVP/TCP;unicast;interleaved=0-1";
  if (by_ == By::group) transport = "RTP/AVP;multicast";
  if (by_ == By::udp) {
    transport =
        "RTP/AVP;unicast;client_port=" + std::to_string(port_) + "-" + std::to_string(port_ + 1);
    network_.in(Place::client, [&] {
      rtp_ = udp_port(six_, port_);
      rtcp_ = udp_port(six_, static_cast<uint16_t>(port_ + 1));
    });
  }
  send("SETUP", url_ + "/track1", "Transport: " + transport + "\r\n");
  if (!read_piece(10s) || responses_.back().status != 200)
    return "SETUP: " + responses_.back().head;
  session_ = responses_.back().field("Session");
  session_ = session_.substr(0, session_.find(';'));
  if (by_ != By::group) return {};
  const auto field = responses_.back().field("Transport");
  const auto port = std::stoi(parameter(field, "port"));
  auto group = parameter(field, "destination");
  if (six_) group = "[" + group + "]";
  network_.in(Place::client, [&] {
    rtp_ = udp_port(six_, static_cast<uint16_t>(port));
    rtcp_ = udp_port(six_, static_cast<uint16_t>(port + 1));
    join(rtp_, group + ":" + std::to_string(port));
    join(rtcp_, group + ":" + std::to_string(port + 1));
  });
  return {};
}

RtspResponse RtspClient::play(const std::string& range) {
  return request("PLAY", range.empty() ? "" : "Range: " + range + "\r\n");
}

bool RtspClient::read_datagrams(std::chrono::milliseconds most) {
  std::array<pollfd, 2> p{{{rtp_.number(), POLLIN, 0}, {rtcp_.number(), POLLIN, 0}}};
  if (::poll(p.data(), p.size(), static_cast<int>(most.count())) <= 0) return false;
  std::array<char, 2048> buffer;
  for (const auto& [d, wanted, came] : p) {
    if (!came) continue;
    const ssize_t n = ::recv(d, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0) continue;
    const std::string_view packet(buffer.data(), static_cast<size_t>(n));
    d == rtp_.number() ? received_.take(packet) : received_.take_control(packet);
  }
  return true;
}

void RtspClient::receive(std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!received_.goodbye) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    if (by_ == By::connection ? !read_piece(left) : !read_datagrams(left)) return;
  }
  // A client that had no core for a while still has packets to read that came before the goodbye.
  while (by_ != By::connection && read_datagrams(0ms)) {
  }
}

}  // namespace understudy::network
