// SPDX-License-Identifier: Apache-2.0
// What a receiver does with RTP payloads of H.264 (RFC 6184): puts the NAL units together again.
// And media that tests make up.
#pragma once

#include <optional>
#include <random>
#include <vector>

#include "host/core/rtp/h264_payload.hpp"
#include "host/core/rtp/media_index.hpp"
#include "host/core/rtp/network_bytes.hpp"
#include "protocol/limits.hpp"

namespace understudy::rtp {

using Bytes = std::vector<uint8_t>;

/// The NAL units of these payloads, in order; nothing when one is not as it should be.
inline std::optional<std::vector<Bytes>> reassemble(const Payloads& payloads) {
  std::vector<Bytes> out;
  bool open = false;
  for (size_t i = 0; i < payloads.size(); ++i) {
    const auto p = payloads[i];
    if (p.empty() || (open && nal_type(p) != nal_fu_a)) return std::nullopt;
    if (nal_type(p) == nal_stap_a) {
      NetworkReader r(p.subspan(1));
      while (r.left() > 0) {
        const auto nal = r.bytes(r.u16());
        if (r.bad() || nal.empty()) return std::nullopt;
        out.emplace_back(nal.begin(), nal.end());
      }
    } else if (nal_type(p) == nal_fu_a) {
      if (p.size() < 3) return std::nullopt;
      const bool start = p[1] & 0x80, end = p[1] & 0x40;
      if (start == open || (start && end)) return std::nullopt;
      if (start) out.push_back({static_cast<uint8_t>((p[0] & 0xe0) | (p[1] & 0x1f))});
      out.back().insert(out.back().end(), p.begin() + 2, p.end());
      open = !end;
    } else {
      out.emplace_back(p.begin(), p.end());
    }
  }
  return open ? std::nullopt : std::optional(out);
}

inline std::vector<Bytes> copies(const std::vector<NalUnit>& nals) {
  std::vector<Bytes> out;
  for (const auto n : nals) out.emplace_back(n.begin(), n.end());
  return out;
}

/// A byte stream of NAL units with sizes around `sizes`' and no zeros in them.
inline Bytes made_unit(std::mt19937& random, const std::vector<size_t>& sizes) {
  Bytes out;
  for (const size_t size : sizes) {
    out.insert(out.end(), {0, 0, 0, 1});
    constexpr uint8_t types[] = {1, 5, 6, 7, 8, 9};
    out.push_back(static_cast<uint8_t>(random() % 4 << 5 | types[random() % 6]));
    for (size_t i = 1; i < size; ++i) out.push_back(static_cast<uint8_t>(1 + random() % 255));
  }
  return out;
}

/// Units of made-up bytes, 25 in a second, the first of each ten a key.
class MadeMedia final : public Media {
 public:
  explicit MadeMedia(size_t units, unsigned seed = 1) {
    std::mt19937 random(seed);
    for (size_t u = 0; u < units; ++u) {
      std::vector<size_t> sizes{2 + random() % 40, 1 + random() % 30};
      if (u % 10 == 0)
        sizes.push_back(2000 + random() % 50'000);
      else
        sizes.push_back(1 + random() % 3000);
      Payloads p;
      packetize_h264(made_unit(random, sizes), protocol::limits::rtp_payload_max, p);
      const auto time = static_cast<int64_t>(u) * 3600;
      index_.add({time, time + 7200 - 3600 * int64_t(u % 3), static_cast<uint32_t>(p.size()),
                  static_cast<uint32_t>(p.bytes()), u % 10 == 0});
      payloads_.push_back(std::make_shared<const Payloads>(std::move(p)));
    }
  }
  const MediaIndex& index() const override { return index_; }
  std::shared_ptr<const Payloads> payloads(size_t unit) override {
    return unit < payloads_.size() ? payloads_[unit] : nullptr;
  }

 private:
  MediaIndex index_;
  std::vector<std::shared_ptr<const Payloads>> payloads_;
};

}  // namespace understudy::rtp
