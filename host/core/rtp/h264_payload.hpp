// SPDX-License-Identifier: Apache-2.0
// H.264 access units as RTP payloads (RFC 6184, packetization-mode 1), a pure function of the
// unit's bytes: NAL units that fit stand alone or, when neighbours fit together, in a STAP-A; one
// that does not fit is cut into FU-As.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/core/rtp/payloads.hpp"

namespace understudy::rtp {

using NalUnit = std::span<const uint8_t>;  // from its header byte on, never empty

enum NalType : uint8_t {
  nal_idr = 5,
  nal_sequence_parameters = 7,
  nal_picture_parameters = 8,
  nal_stap_a = 24,
  nal_fu_a = 28
};
constexpr uint8_t nal_type(NalUnit nal) {
  return nal.front() & 0x1f;
}

/// Of a byte stream with start codes (H.264, annex B), without them and the zeros around them.
std::vector<NalUnit> nal_units(std::span<const uint8_t> byte_stream);

/// Replaces what `out` holds. `most`: bytes of a payload, at least 3.
void packetize_h264(std::span<const uint8_t> access_unit, size_t most, Payloads& out);

/// What the SDP says of a stream (RFC 6184, 8.1).
struct H264Description {
  std::string profile_level_id;      // six hex digits
  std::string sprop_parameter_sets;  // base64, comma between
};
/// From parameter sets with start codes; empty texts when there is no sequence parameter set.
H264Description describe_h264(std::span<const uint8_t> parameter_sets);

}  // namespace understudy::rtp
