// SPDX-License-Identifier: Apache-2.0
// Big-endian reading and writing over a span, as RTP and its payloads have it. A reader that runs
// past its end goes bad and stays bad; a writer does too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace understudy::rtp {

class NetworkReader {
 public:
  explicit constexpr NetworkReader(std::span<const uint8_t> data) : data_(data) {}
  constexpr uint8_t u8() { return static_cast<uint8_t>(take(1)); }
  constexpr uint16_t u16() { return static_cast<uint16_t>(take(2)); }
  constexpr uint32_t u24() { return static_cast<uint32_t>(take(3)); }
  constexpr uint32_t u32() { return static_cast<uint32_t>(take(4)); }
  constexpr std::span<const uint8_t> bytes(size_t n) {
    if (bad_ || n > data_.size() - at_) {
      bad_ = true;
      return {};
    }
    at_ += n;
    return data_.subspan(at_ - n, n);
  }
  constexpr size_t left() const { return bad_ ? 0 : data_.size() - at_; }
  constexpr bool bad() const { return bad_; }

 private:
  constexpr uint64_t take(size_t n) {
    uint64_t v = 0;
    for (const uint8_t b : bytes(n)) v = v << 8 | b;
    return v;
  }
  std::span<const uint8_t> data_;
  size_t at_ = 0;
  bool bad_ = false;
};

class NetworkWriter {
 public:
  explicit constexpr NetworkWriter(std::span<uint8_t> out) : out_(out) {}
  constexpr void u8(uint8_t v) { put(v, 1); }
  constexpr void u16(uint16_t v) { put(v, 2); }
  constexpr void u32(uint32_t v) { put(v, 4); }
  constexpr void u64(uint64_t v) { put(v, 8); }
  constexpr void bytes(std::span<const uint8_t> b) {
    if (bad_ || b.size() > out_.size() - at_) {
      bad_ = true;
      return;
    }
    for (size_t i = 0; i < b.size(); ++i) out_[at_ + i] = b[i];
    at_ += b.size();
  }
  constexpr size_t size() const { return at_; }
  constexpr bool bad() const { return bad_; }

 private:
  constexpr void put(uint64_t v, size_t n) {
    if (bad_ || n > out_.size() - at_) {
      bad_ = true;
      return;
    }
    for (size_t i = 0; i < n; ++i) out_[at_ + i] = static_cast<uint8_t>(v >> (8 * (n - 1 - i)));
    at_ += n;
  }
  std::span<uint8_t> out_;
  size_t at_ = 0;
  bool bad_ = false;
};

}  // namespace understudy::rtp
