// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/h264_payload.hpp"

#include <algorithm>
#include <string_view>

#include "host/core/check.hpp"

namespace understudy::rtp {
namespace {

constexpr uint8_t forbidden_and_importance = 0xe0;  // F and NRI of a NAL unit's header
constexpr uint8_t fragment_start = 0x80, fragment_end = 0x40;

/// Where the next 00 00 01 begins, or the end.
size_t find_start_code(std::span<const uint8_t> b, size_t from) {
  for (size_t i = from; i + 3 <= b.size(); ++i) {
    if (b[i + 2] > 1)
      i += 2;  // none can begin at i, i + 1 or i + 2
    else if (b[i] == 0 && b[i + 1] == 0 && b[i + 2] == 1)
      return i;
  }
  return b.size();
}

void fragment(NalUnit nal, size_t most, Payloads& out) {
  const auto indicator = static_cast<uint8_t>((nal[0] & forbidden_and_importance) | nal_fu_a);
  const size_t step = most - 2;
  for (size_t at = 1; at < nal.size(); at += step) {
    const size_t size = std::min(step, nal.size() - at);
    out.append(indicator);
    out.append(static_cast<uint8_t>(nal_type(nal) | (at == 1 ? fragment_start : 0) |
                                    (at + size == nal.size() ? fragment_end : 0)));
    out.append(nal.subspan(at, size));
    out.end_payload();
  }
}

/// One alone, or several in a STAP-A, whose header is the most important of theirs (RFC
/// 6184, 5.7.1).
void aggregate(std::span<const NalUnit> nals, Payloads& out) {
  if (nals.empty()) return;
  if (nals.size() == 1) {
    out.append(nals[0]);
    return out.end_payload();
  }
  uint8_t forbidden = 0, importance = 0;
  for (const auto& nal : nals) {
    forbidden = static_cast<uint8_t>(forbidden | (nal[0] & 0x80));
    importance = std::max<uint8_t>(importance, nal[0] & 0x60);
  }
  out.append(static_cast<uint8_t>(forbidden | importance | nal_stap_a));
  for (const auto& nal : nals) {
    out.append(static_cast<uint8_t>(nal.size() >> 8));
    out.append(static_cast<uint8_t>(nal.size()));
    out.append(nal);
  }
  out.end_payload();
}

std::string base64(std::span<const uint8_t> in) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < in.size(); i += 3) {
    const size_t n = std::min<size_t>(3, in.size() - i);
    uint32_t v = uint32_t{in[i]} << 16;
    if (n > 1) v |= uint32_t{in[i + 1]} << 8;
    if (n > 2) v |= in[i + 2];
    for (size_t k = 0; k < 4; ++k) out += k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace

std::vector<NalUnit> nal_units(std::span<const uint8_t> byte_stream) {
  std::vector<NalUnit> out;
  size_t start = find_start_code(byte_stream, 0);
  while (start < byte_stream.size()) {
    const size_t begin = start + 3;
    start = find_start_code(byte_stream, begin);
    size_t end = start;
    while (end > begin && byte_stream[end - 1] == 0) --end;
    if (end > begin) out.push_back(byte_stream.subspan(begin, end - begin));
  }
  return out;
}

void packetize_h264(std::span<const uint8_t> access_unit, size_t most, Payloads& out) {
  CHECK(most >= 3);
  out.clear();
  std::vector<NalUnit> group;
  size_t group_bytes = 1;  // as a STAP-A
  const auto flush = [&] {
    aggregate(group, out);
    group.clear();
    group_bytes = 1;
  };
  for (const auto nal : nal_units(access_unit)) {
    if (group_bytes + 2 + nal.size() > most || nal.size() > 0xffff) flush();
    if (nal.size() > most) {
      fragment(nal, most, out);
      continue;
    }
    group.push_back(nal);
    group_bytes += 2 + nal.size();
  }
  flush();
}

H264Description describe_h264(std::span<const uint8_t> parameter_sets) {
  constexpr std::string_view hex = "0123456789abcdef";
  H264Description out;
  for (const auto nal : nal_units(parameter_sets)) {
    const auto type = nal_type(nal);
    if (type != nal_sequence_parameters && type != nal_picture_parameters) continue;
    if (type == nal_sequence_parameters && nal.size() >= 4 && out.profile_level_id.empty())
      for (size_t i = 1; i < 4; ++i) {
        out.profile_level_id += hex[nal[i] >> 4];
        out.profile_level_id += hex[nal[i] & 15];
      }
    if (!out.sprop_parameter_sets.empty()) out.sprop_parameter_sets += ',';
    out.sprop_parameter_sets += base64(nal);
  }
  if (out.profile_level_id.empty()) out.sprop_parameter_sets.clear();
  return out;
}

}  // namespace understudy::rtp
