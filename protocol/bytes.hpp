// SPDX-License-Identifier: Apache-2.0
// Little-endian reading and writing over a span. Nothing on a wire is ever cast to a struct: a
// reader that runs past its end goes bad and stays bad, so a decoder checks once, at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace understudy::protocol {

class ByteReader {
 public:
  explicit constexpr ByteReader(std::span<const uint8_t> data) : data_(data) {}
  constexpr uint8_t u8() { return static_cast<uint8_t>(take(1)); }
  constexpr uint16_t u16() { return static_cast<uint16_t>(take(2)); }
  constexpr uint32_t u32() { return static_cast<uint32_t>(take(4)); }
  constexpr uint64_t u48() { return take(6); }
  constexpr uint64_t u64() { return take(8); }
  /// The next `n` bytes, or an empty span and a bad reader.
  constexpr std::span<const uint8_t> bytes(size_t n) {
    if (bad_ || n > data_.size() - at_) {
      bad_ = true;
      return {};
    }
    const auto s = data_.subspan(at_, n);
    at_ += n;
    return s;
  }
  constexpr size_t left() const { return bad_ ? 0 : data_.size() - at_; }
  constexpr bool bad() const { return bad_; }
  /// All read, nothing missing, nothing left over.
  constexpr bool complete() const { return !bad_ && at_ == data_.size(); }

 private:
  constexpr uint64_t take(size_t n) {
    if (bad_ || n > data_.size() - at_) {
      bad_ = true;
      return 0;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < n; ++i) v |= uint64_t{data_[at_ + i]} << (8 * i);
    at_ += n;
    return v;
  }
  std::span<const uint8_t> data_;
  size_t at_ = 0;
  bool bad_ = false;
};

/// Writes into a caller's buffer; goes bad instead of past the end.
class ByteWriter {
 public:
  explicit constexpr ByteWriter(std::span<uint8_t> out) : out_(out) {}
  constexpr void u8(uint8_t v) { put(v, 1); }
  constexpr void u16(uint16_t v) { put(v, 2); }
  constexpr void u32(uint32_t v) { put(v, 4); }
  constexpr void u48(uint64_t v) { put(v, 6); }
  constexpr void u64(uint64_t v) { put(v, 8); }
  constexpr void bytes(std::span<const uint8_t> b) {
    for (uint8_t x : b) put(x, 1);
  }
  constexpr size_t size() const { return at_; }
  constexpr bool bad() const { return bad_; }
  constexpr std::span<const uint8_t> written() const { return out_.first(at_); }

 private:
  constexpr void put(uint64_t v, size_t n) {
    if (bad_ || n > out_.size() - at_) {
      bad_ = true;
      return;
    }
    for (size_t i = 0; i < n; ++i) out_[at_ + i] = static_cast<uint8_t>(v >> (8 * i));
    at_ += n;
  }
  std::span<uint8_t> out_;
  size_t at_ = 0;
  bool bad_ = false;
};

}  // namespace understudy::protocol
