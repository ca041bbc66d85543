// SPDX-License-Identifier: Apache-2.0
// RTCP (RFC 3550, 6): what a sender says (a compound of sender report, source description and, at
// the end, a goodbye), and what is taken from receivers (their report blocks and goodbyes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace understudy::rtp {

struct SenderReport {
  uint32_t ssrc = 0;
  uint64_t time = 0;                 // ns since 1970; NTP's time on the wire
  uint32_t timestamp = 0;            // RTP's clock at that time
  uint32_t packets = 0, octets = 0;  // sent before; payload only
};

/// 32.32 fixed point since 1900 (RFC 5905, 6).
uint64_t ntp_time(uint64_t unix_nanoseconds);

/// Bytes of one compound; the same for every report of one source.
size_t report_bytes(std::string_view cname, bool goodbye);
/// Bytes written; 0 when they do not fit. `cname`: 1..255 bytes.
size_t encode(const SenderReport& report, std::string_view cname, bool goodbye,
              std::span<uint8_t> out);

struct ReportBlock {
  uint32_t source = 0;  // about whom
  uint8_t fraction_lost = 0;
  int32_t lost = 0;
  uint32_t highest_sequence = 0, jitter = 0;
  bool operator==(const ReportBlock&) const = default;
};

struct Received {
  uint32_t sender = 0;              // who says it
  std::vector<ReportBlock> blocks;  // at most rtcp_blocks_max
  bool goodbye = false;
};

/// Any compound whose first packet is a report; nothing when a length or version is wrong.
std::optional<Received> decode_rtcp(std::span<const uint8_t> in);

}  // namespace understudy::rtp
