// SPDX-License-Identifier: Apache-2.0
// The RTP payloads of one access unit, one after the other in one buffer; to be used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace understudy::rtp {

class Payloads {
 public:
  size_t size() const { return ends_.size(); }
  size_t bytes() const { return bytes_.size(); }
  std::span<const uint8_t> operator[](size_t i) const {
    const size_t begin = i ? ends_[i - 1] : 0;
    return std::span(bytes_).subspan(begin, ends_[i] - begin);
  }
  void clear() {
    bytes_.clear();
    ends_.clear();
  }
  void append(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void append(uint8_t byte) { bytes_.push_back(byte); }
  /// What was appended since the last one is a payload.
  void end_payload() { ends_.push_back(static_cast<uint32_t>(bytes_.size())); }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<uint32_t> ends_;
};

}  // namespace understudy::rtp
