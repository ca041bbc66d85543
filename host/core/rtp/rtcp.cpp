// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/rtcp.hpp"

#include "host/core/rtp/network_bytes.hpp"
#include "protocol/limits.hpp"

namespace understudy::rtp {
namespace {

enum PacketType : uint8_t { sender_report = 200, receiver_report, description, goodbye_packet };
constexpr uint8_t item_cname = 1;
constexpr uint64_t seconds_1900_to_1970 = 2'208'988'800;
constexpr size_t sender_report_bytes = 28, goodbye_bytes = 8;

/// Chunk: source, item (type, length, text), at least one zero, to a multiple of four.
constexpr size_t description_bytes(size_t cname) {
  return 4 + (4 + 2 + cname + 1 + 3) / 4 * 4;
}

void header(NetworkWriter& w, uint8_t count, PacketType type, size_t bytes) {
  w.u8(static_cast<uint8_t>(0x80 | count)), w.u8(type);
  w.u16(static_cast<uint16_t>(bytes / 4 - 1));
}

}  // namespace

uint64_t ntp_time(uint64_t unix_nanoseconds) {
  constexpr uint64_t second = 1'000'000'000;
  return (unix_nanoseconds / second + seconds_1900_to_1970) << 32 |
         ((unix_nanoseconds % second) << 32) / second;
}

size_t report_bytes(std::string_view cname, bool goodbye) {
  return sender_report_bytes + description_bytes(cname.size()) + (goodbye ? goodbye_bytes : 0);
}

size_t encode(const SenderReport& report, std::string_view cname, bool goodbye,
              std::span<uint8_t> out) {
  if (cname.empty() || cname.size() > 255) return 0;
  NetworkWriter w(out);
  header(w, 0, sender_report, sender_report_bytes);
  w.u32(report.ssrc), w.u64(ntp_time(report.time)), w.u32(report.timestamp);
  w.u32(report.packets), w.u32(report.octets);
  const size_t chunk = description_bytes(cname.size());
  header(w, 1, description, chunk);
  w.u32(report.ssrc), w.u8(item_cname), w.u8(static_cast<uint8_t>(cname.size()));
  for (const char c : cname) w.u8(static_cast<uint8_t>(c));
  for (size_t i = 10 + cname.size(); i < chunk; ++i) w.u8(0);
  if (goodbye) {
    header(w, 1, goodbye_packet, goodbye_bytes);
    w.u32(report.ssrc);
  }
  return w.bad() ? 0 : w.size();
}

namespace {

bool take_blocks(NetworkReader& r, size_t count, Received& out) {
  for (size_t i = 0; i < count; ++i) {
    ReportBlock b;
    b.source = r.u32(), b.fraction_lost = r.u8();
    const uint32_t lost = r.u24();
    b.lost = static_cast<int32_t>(lost ^ 0x800000) - 0x800000;  // 24 bits with a sign
    b.highest_sequence = r.u32(), b.jitter = r.u32();
    r.bytes(8);
    if (r.bad()) return false;
    if (out.blocks.size() < protocol::limits::rtcp_blocks_max) out.blocks.push_back(b);
  }
  return true;
}

}  // namespace

std::optional<Received> decode_rtcp(std::span<const uint8_t> in) {
  NetworkReader all(in);
  Received out;
  for (bool first = true; all.left() > 0; first = false) {
    const uint8_t start = all.u8(), type = all.u8();
    NetworkReader r(all.bytes(size_t{4} * all.u16()));
    if (all.bad() || start >> 6 != 2) return std::nullopt;
    if (first && type != sender_report && type != receiver_report) return std::nullopt;
    if (type == sender_report || type == receiver_report) {
      out.sender = r.u32();
      if (type == sender_report) r.bytes(20);
      if (r.bad() || !take_blocks(r, start & 0x1f, out)) return std::nullopt;
    }
    if (type == goodbye_packet) out.goodbye = true;
  }
  return in.empty() ? std::nullopt : std::optional(out);
}

}  // namespace understudy::rtp
