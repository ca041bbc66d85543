// SPDX-License-Identifier: Apache-2.0
#include "host/edge/hold/segment.hpp"

#include <algorithm>

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;

constexpr uint8_t flag_fin = 1, flag_syn = 2, flag_reset = 4, flag_ack = 16;
constexpr uint8_t option_end = 0, option_none = 1, option_segment = 2, option_scale = 3,
                  option_selective = 4, option_timestamp = 8;
constexpr size_t header_four = 20, header_six = 40, header_tcp = 20;
constexpr uint8_t scale_max = 14;

uint32_t u16(std::span<const uint8_t> b, size_t at) {
  return uint32_t{b[at]} << 8 | b[at + 1];
}
uint32_t u32(std::span<const uint8_t> b, size_t at) {
  return u16(b, at) << 16 | u16(b, at + 2);
}

/// Where the parts of a packet lie.
struct Parts {
  Family family = Family::ipv4;
  std::span<const uint8_t> from, to, tcp;
};

std::optional<Parts> split(std::span<const uint8_t> p) {
  if (p.size() < header_four) return std::nullopt;
  if (p[0] >> 4 == 4) {
    const size_t header = size_t(p[0] & 15) * 4;
    // A merged packet may be longer than its length field says (0 then).
    const size_t total = u16(p, 2) ? u16(p, 2) : p.size();
    if (header < header_four || total < header || total > p.size()) return std::nullopt;
    if (p[9] != IPPROTO_TCP || (u16(p, 6) & 0x3FFF) != 0) return std::nullopt;
    return Parts{Family::ipv4, p.subspan(12, 4), p.subspan(16, 4),
                 p.subspan(header, total - header)};
  }
  if (p[0] >> 4 != 6 || p.size() < header_six || p[6] != IPPROTO_TCP) return std::nullopt;
  const size_t total = u16(p, 4) ? header_six + u16(p, 4) : p.size();
  if (total > p.size()) return std::nullopt;
  return Parts{Family::ipv6, p.subspan(8, 16), p.subspan(24, 16),
               p.subspan(header_six, total - header_six)};
}

SocketAddress end_of(Family family, std::span<const uint8_t> address, uint32_t port) {
  SocketAddress out;
  out.family = family;
  std::copy(address.begin(), address.end(), out.endpoint.address.begin());
  out.endpoint.port = static_cast<uint16_t>(port);
  return out;
}

void take_option(uint8_t kind, std::span<const uint8_t> value, Segment& out) {
  if (kind == option_segment && value.size() == 2)
    out.segment_max = static_cast<uint16_t>(u16(value, 0));
  if (kind == option_scale && value.size() == 1) out.scale = std::min(value[0], scale_max);
  if (kind == option_selective && value.empty()) out.selective = true;
  if (kind == option_timestamp && value.size() == 8) out.timestamp = u32(value, 0);
}

void take_options(std::span<const uint8_t> options, Segment& out) {
  for (size_t i = 0; i < options.size() && options[i] != option_end;) {
    if (options[i] == option_none) {
      ++i;
      continue;
    }
    if (i + 1 >= options.size() || options[i + 1] < 2 || options[i + 1] > options.size() - i)
      return;
    take_option(options[i], options.subspan(i + 2, options[i + 1] - 2u), out);
    i += options[i + 1];
  }
}

/// Ones' complement sum (RFC 1071).
uint64_t sum(std::span<const uint8_t> b) {
  uint64_t s = 0;
  for (size_t i = 0; i + 1 < b.size(); i += 2) s += u16(b, i);
  if (b.size() & 1) s += uint32_t{b.back()} << 8;
  return s;
}

}  // namespace

std::optional<Segment> parse_segment(std::span<const uint8_t> packet) {
  const auto parts = split(packet);
  if (!parts || parts->tcp.size() < header_tcp) return std::nullopt;
  const auto tcp = parts->tcp;
  const size_t header = size_t(tcp[12] >> 4) * 4;
  if (header < header_tcp || header > tcp.size()) return std::nullopt;
  Segment out;
  out.from = end_of(parts->family, parts->from, u16(tcp, 0));
  out.to = end_of(parts->family, parts->to, u16(tcp, 2));
  out.sequence = u32(tcp, 4), out.acknowledged = u32(tcp, 8);
  const uint8_t flags = tcp[13];
  out.syn = flags & flag_syn, out.ack = flags & flag_ack;
  out.fin = flags & flag_fin, out.reset = flags & flag_reset;
  out.bytes = tcp.subspan(header);
  take_options(tcp.subspan(header_tcp, header - header_tcp), out);
  return out;
}

bool checksum_right(std::span<const uint8_t> packet) {
  const auto parts = split(packet);
  if (!parts) return false;
  uint64_t s = sum(parts->from) + sum(parts->to) + IPPROTO_TCP + parts->tcp.size();
  s += sum(parts->tcp);
  while (s >> 16) s = (s & 0xFFFF) + (s >> 16);
  return s == 0xFFFF;
}

}  // namespace understudy::edge
