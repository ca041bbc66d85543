// SPDX-License-Identifier: Apache-2.0
#include "tests/campaign/capture.hpp"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t nanosecond_pcap = 0xA1B23C4D;
constexpr uint16_t ipv4 = 0x0800, ipv6 = 0x86DD;
constexpr uint8_t tcp = 6, udp = 17, flag_reset = 4, flag_syn = 2;
constexpr uint16_t last_port = 9;  // "discard"

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A frame's bytes, in network order; beyond the end there are zeros.
class Frame {
 public:
  explicit Frame(std::span<const char> bytes) : bytes_(bytes) {}
  uint8_t byte(size_t at) const {
    return at < bytes_.size() ? static_cast<uint8_t>(bytes_[at]) : uint8_t{0};
  }
  uint16_t two(size_t at) const { return static_cast<uint16_t>(byte(at) << 8 | byte(at + 1)); }
  uint32_t four(size_t at) const { return uint32_t{two(at)} << 16 | two(at + 2); }

 private:
  std::span<const char> bytes_;
};

void take_tcp(const Frame& f, size_t at, size_t bytes, WallTime when, const Mac& from,
              Traffic& out) {
  auto& flow = out.tcp[f.two(at + 2)];
  const uint8_t flags = f.byte(at + 13);
  if (flags & flag_reset) ++flow.resets, ++out.resets;
  if (flags & flag_syn) flow = Traffic::Flow{.resets = flow.resets};  // a port used again
  const size_t header = size_t{f.byte(at + 12)} / 16 * 4;
  if (flags & (flag_reset | flag_syn) || bytes <= header) return;
  const uint32_t end = f.four(at + 4) + static_cast<uint32_t>(bytes - header);
  if (flow.begun && static_cast<int32_t>(end - flow.end) <= 0) return;
  flow.begun = true, flow.end = end;
  flow.pieces.push_back({when, from});
}

void take_frame(const Frame& f, size_t original, WallTime when, Traffic& out) {
  Mac from{};
  for (size_t i = 0; i < from.size(); ++i) from[i] = f.byte(6 + i);
  const bool four = f.two(12) == ipv4;
  if (!four && f.two(12) != ipv6) return;
  const uint8_t protocol = f.byte(four ? 23 : 20);
  const size_t at = four ? 14 + size_t{f.byte(14) & 15u} * 4 : 54;
  // A frame larger than IP's length field is the kernel's own before it is cut into segments.
  const size_t length = four ? f.two(16) : f.two(18);
  const size_t end = length == 0 ? original : (four ? 14 : 54) + length;
  if (end < at) return;
  ++out.packets;
  if (protocol == tcp) take_tcp(f, at, end - at, when, from, out);
  if (protocol == udp) out.udp[f.two(at + 2)].pieces.push_back({when, from});
}

}  // namespace

std::optional<WallTime> Traffic::Flow::first_from(const Mac& from, WallTime not_before) const {
  for (const auto& p : pieces)
    if (p.from == from && p.at >= not_before) return p.at;
  return std::nullopt;
}

Traffic read_capture(const std::string& file) {
  const auto all = contents(file);
  const auto number = [&](size_t at) {
    uint32_t n = 0;
    std::memcpy(&n, all.data() + at, sizeof n);
    return n;
  };
  if (all.size() < 24 || number(0) != nanosecond_pcap)
    throw std::runtime_error(file + " is not what tcpdump writes");
  Traffic out;
  for (size_t at = 24; all.size() - at >= 16;) {
    const size_t captured = number(at + 8), original = number(at + 12);
    const WallTime when(std::chrono::seconds(number(at)) +
                        std::chrono::nanoseconds(number(at + 4)));
    at += 16;
    if (captured > all.size() - at) break;
    take_frame(Frame(std::span(all).subspan(at, captured)), original, when, out);
    at += captured;
  }
  return out;
}

Mac mac_of(const Network& network, Place place) {
  const auto said = network.output(place, "ip -br link show dev eth0");
  unsigned b[6] = {};
  const auto at = said.find(':');
  if (at == std::string::npos || at < 2 ||
      std::sscanf(said.c_str() + at - 2, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4,
                  b + 5) != 6)
    throw std::runtime_error("no network card: " + said);
  Mac out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(b[i]);
  return out;
}

Capture::Capture(const Network& network, const std::string& file)
    : network_(network), file_(file), log_(file + ".log") {
  tcpdump_ =
      network.start(Place::client,
                    {"tcpdump", "-i", "eth0", "-Q", "in", "-s", "96", "-B", "65536", "-w", file_,
                     "-U", "--immediate-mode", "--time-stamp-precision=nano", "tcp or udp"},
                    log_);
  if (!eventually([&] { return contents(log_).find("listening on") != std::string::npos; }))
    throw std::runtime_error("tcpdump does not listen: " + contents(log_));
}

/// A datagram comes last; what came before it is written when it is.
Traffic Capture::finish() {
  const auto last = [&] { return read_capture(file_).udp.contains(last_port); };
  network_.output(Place::server_b,
                  "bash -c 'echo >/dev/udp/10.9.0.9/" + std::to_string(last_port) + "'");
  if (!eventually(last)) throw std::runtime_error("tcpdump has not heard the last packet");
  tcpdump_->interrupt();
  if (!tcpdump_->wait(10s)) throw std::runtime_error("tcpdump does not end");
  if (contents(log_).find("\n0 packets dropped by kernel") == std::string::npos)
    throw std::runtime_error("tcpdump has not heard all: " + contents(log_));
  return read_capture(file_);
}

}  // namespace understudy::network
