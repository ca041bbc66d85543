// SPDX-License-Identifier: Apache-2.0
// The bytes of probes and of their answers: IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293).
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "host/edge/repair/probe_channel.hpp"

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;

constexpr uint8_t flag_fin = 1, flag_reset = 4, flag_ack = 16;
constexpr size_t header_four = 20, header_six = 40, header_tcp = 20, timestamp_option = 12;
constexpr uint8_t hops = 64;

/// Network order, over a growing packet.
struct Writer {
  std::vector<uint8_t> bytes;
  void u8(uint8_t v) { bytes.push_back(v); }
  void u16(uint32_t v) { u8(uint8_t(v >> 8)), u8(uint8_t(v)); }
  void u32(uint32_t v) { u16(v >> 16), u16(v & 0xFFFF); }
  void raw(const uint8_t* b, size_t n) { bytes.insert(bytes.end(), b, b + n); }
};
uint32_t u16(std::span<const uint8_t> b, size_t at) {
  return uint32_t{b[at]} << 8 | b[at + 1];
}
uint32_t u32(std::span<const uint8_t> b, size_t at) {
  return u16(b, at) << 16 | u16(b, at + 2);
}

/// Ones' complement sum (RFC 1071), not yet inverted.
uint32_t sum(std::span<const uint8_t> b, uint32_t from) {
  uint64_t s = from;
  for (size_t i = 0; i + 1 < b.size(); i += 2) s += u16(b, i);
  if (b.size() & 1) s += uint32_t{b.back()} << 8;
  while (s >> 16) s = (s & 0xFFFF) + (s >> 16);
  return static_cast<uint32_t>(s);
}

void put_header(Writer& w, const ProbeSegment& s, size_t tcp) {
  if (s.service.family == Family::ipv4) {
    w.u8(0x45), w.u8(0), w.u16(static_cast<uint32_t>(header_four + tcp)), w.u16(0), w.u16(0x4000);
    w.u8(hops), w.u8(IPPROTO_TCP), w.u16(0);  // the kernel writes this checksum
    w.raw(s.service.endpoint.address.data(), 4);
    w.raw(s.client.endpoint.address.data(), 4);
  } else {
    w.u32(0x60000000), w.u16(static_cast<uint32_t>(tcp)), w.u8(IPPROTO_TCP), w.u8(hops);
    w.raw(s.service.endpoint.address.data(), 16);
    w.raw(s.client.endpoint.address.data(), 16);
  }
}

/// A first SACK block below the acknowledgement (RFC 2883), and how far the others reach.
void take_blocks(std::span<const uint8_t> blocks, core::ClientAnswer& out) {
  for (size_t i = 0; i + 8 <= blocks.size(); i += 8) {
    const core::SequenceNumber begin{u32(blocks, i)}, end{u32(blocks, i + 4)};
    if (end - out.acknowledged > 0) {
      if (!out.beyond || end - *out.beyond > 0) out.beyond = end;
    } else if (i == 0) {
      out.duplicate = begin;
    }
  }
}

/// Timestamps (RFC 7323) and SACK blocks (RFC 2018).
void take_options(std::span<const uint8_t> options, core::ClientAnswer& out) {
  for (size_t i = 0; i < options.size();) {
    const uint8_t kind = options[i];
    if (kind == 0) break;
    if (kind == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= options.size() || options[i + 1] < 2 || options[i + 1] > options.size() - i) break;
    const uint8_t size = options[i + 1];
    if (kind == 8 && size == 10) out.timestamps = {u32(options, i + 2), u32(options, i + 6)};
    if (kind == 5) take_blocks(options.subspan(i + 2, size - 2u), out);
    i += size;
  }
}

/// The TCP part of a packet whose addresses are already in `out`.
bool take_tcp(std::span<const uint8_t> tcp, HeardSegment& out) {
  if (tcp.size() < header_tcp) return false;
  const size_t header = size_t(tcp[12] >> 4) * 4;
  if (header < header_tcp || header > tcp.size()) return false;
  const uint8_t flags = tcp[13];
  if ((flags & (flag_ack | flag_reset)) == 0) return false;
  out.client.endpoint.port = static_cast<uint16_t>(u16(tcp, 0));
  out.service.endpoint.port = static_cast<uint16_t>(u16(tcp, 2));
  auto& a = out.answer;
  a.sequence = {u32(tcp, 4)};
  a.acknowledged = {u32(tcp, 8)};
  a.window = static_cast<uint16_t>(u16(tcp, 14));
  a.payload = static_cast<uint32_t>(tcp.size() - header) + (flags & flag_fin ? 1 : 0);
  a.reset = flags & flag_reset;
  take_options(tcp.subspan(header_tcp, header - header_tcp), a);
  return true;
}

}  // namespace

std::vector<uint8_t> to_packet(const ProbeSegment& s) {
  const size_t options = s.timestamps ? timestamp_option : 0;
  const size_t tcp = header_tcp + options + 1;
  Writer w;
  w.bytes.reserve(header_six + tcp);
  put_header(w, s, tcp);
  const size_t at = w.bytes.size();
  w.u16(s.service.endpoint.port), w.u16(s.client.endpoint.port);
  w.u32(s.sequence), w.u32(s.acknowledge);
  w.u8(static_cast<uint8_t>((header_tcp + options) / 4 << 4)), w.u8(flag_ack);
  w.u16(0xFFFF), w.u16(0), w.u16(0);
  if (s.timestamps)
    w.u16(0x0101), w.u8(8), w.u8(10), w.u32(s.timestamps->value), w.u32(s.timestamps->echo);
  w.u8(0);  // the byte: the client has it already and drops it
  const size_t size = s.service.family == Family::ipv4 ? 4 : 16;
  uint32_t check = sum({s.service.endpoint.address.data(), size}, IPPROTO_TCP);
  check = sum({s.client.endpoint.address.data(), size}, check + static_cast<uint32_t>(tcp));
  check = ~sum(std::span(w.bytes).subspan(at), check) & 0xFFFF;
  w.bytes[at + 16] = uint8_t(check >> 8), w.bytes[at + 17] = uint8_t(check);
  return w.bytes;
}

std::optional<HeardSegment> parse_packet(std::span<const uint8_t> p) {
  HeardSegment out;
  if (p.size() < header_four) return std::nullopt;
  const auto copy = [&](size_t at, size_t n, SocketAddress& to) {
    std::copy_n(p.data() + at, n, to.endpoint.address.data());
  };
  if (p[0] >> 4 == 4) {
    const size_t header = size_t(p[0] & 15) * 4, total = u16(p, 2);
    if (header < header_four || total < header || total > p.size()) return std::nullopt;
    if (p[9] != IPPROTO_TCP || (u16(p, 6) & 0x3FFF) != 0) return std::nullopt;
    copy(12, 4, out.client);
    copy(16, 4, out.service);
    if (!take_tcp(p.subspan(header, total - header), out)) return std::nullopt;
    return out;
  }
  if (p[0] >> 4 != 6 || p.size() < header_six || p[6] != IPPROTO_TCP) return std::nullopt;
  const size_t total = header_six + u16(p, 4);
  if (total > p.size()) return std::nullopt;
  out.service.family = out.client.family = Family::ipv6;
  copy(8, 16, out.client);
  copy(24, 16, out.service);
  if (!take_tcp(p.subspan(header_six, total - header_six), out)) return std::nullopt;
  return out;
}

}  // namespace understudy::edge
