// SPDX-License-Identifier: Apache-2.0
// The configuration in flash as two copies, each in a sector of its own with a sequence number and
// a checksum. A new one goes over the older or broken copy, so the newer stays whole until the new
// one is: power may go at any byte.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "firmware/config.hpp"
#include "protocol/crc.hpp"

namespace understudy::firmware {

/// Where the two copies stand: addresses of sectors that are erased as one.
class Flash {
 public:
  virtual void read(uint32_t address, std::span<uint8_t> to) = 0;
  virtual void erase(uint32_t address) = 0;  // the sector: all ones
  virtual void program(uint32_t address,
                       std::span<const uint8_t> bytes) = 0;  // clears bits, within a page of 256

 protected:
  ~Flash() = default;
};

class ConfigStore {
 public:
  static constexpr uint32_t magic = 0x4755'5531;     // "1UUG"
  static constexpr uint32_t head_bytes = 4 + 4 + 4;  // magic, sequence, size
  static constexpr uint32_t record_bytes =
      head_bytes + 4 * static_cast<uint32_t>(config_values.size()) + 4;
  static constexpr uint32_t record_bytes_max = 256;  // a page
  static_assert(record_bytes <= record_bytes_max);
  enum class Loaded : uint8_t { newest, older, none };  // older: the other copy is broken

  constexpr ConfigStore(Flash& flash, std::array<uint32_t, 2> sectors)
      : flash_(flash), sectors_(sectors) {}

  [[gnu::noinline]] Loaded load(Config& config) {
    std::array<Found, 2> found;
    for (size_t i = 0; i < 2; ++i) found[i] = look(i);
    if (!found[0].good && !found[1].good) {
      config.reset();
      next_ = 0, sequence_ = 0;
      return Loaded::none;
    }
    const bool second =
        !found[0].good ||
        (found[1].good && static_cast<int32_t>(found[1].sequence - found[0].sequence) > 0);
    // what an older firmware did not write, or is out of range here, is the default
    config.reset();
    for (size_t i = 0;
         i < config_values.size() && head_bytes + 4 * (i + 1) + 4 <= found[second].size; ++i)
      (void)config.set(i, word(sectors_[second] + head_bytes + 4 * static_cast<uint32_t>(i)));
    next_ = second ? 0 : 1, sequence_ = found[second].sequence + 1;
    return found[0].good && found[1].good ? Loaded::newest : Loaded::older;
  }

  /// After load(). True when what was written reads back; the other copy was not touched.
  [[gnu::noinline]] bool save(const Config& config) {
    const uint32_t at = sectors_[next_];
    protocol::Crc32c crc;
    flash_.erase(at);
    // word by word: there is no stack for the whole record
    put(at, magic, crc), put(at + 4, sequence_, crc), put(at + 8, record_bytes, crc);
    for (uint32_t i = 0; i < config_values.size(); ++i)
      put(at + head_bytes + 4 * i, config.get(i), crc);
    put(at + record_bytes - 4, crc.value(), crc);
    const Found found = look(next_);
    if (!found.good || found.sequence != sequence_) return false;
    next_ = 1 - next_, ++sequence_;
    return true;
  }

 private:
  struct Found {
    bool good = false;
    uint32_t sequence = 0;
    uint32_t size = 0;
  };
  void put(uint32_t address, uint32_t value, protocol::Crc32c& crc) {
    std::array<uint8_t, 4> bytes;
    for (uint32_t k = 0; k < 4; ++k) {
      bytes[k] = static_cast<uint8_t>(value >> (8 * k));
      crc.byte(bytes[k]);
    }
    flash_.program(address, bytes);
  }
  uint8_t byte(uint32_t address) {
    uint8_t b = 0;
    flash_.read(address, {&b, 1});
    return b;
  }
  uint32_t word(uint32_t address) {
    std::array<uint8_t, 4> bytes;
    flash_.read(address, bytes);
    uint32_t v = 0;
    for (uint32_t k = 0; k < 4; ++k) v |= static_cast<uint32_t>(bytes[k]) << (8 * k);
    return v;
  }
  Found look(size_t i) {
    Found f;
    const uint32_t at = sectors_[i];
    f.sequence = word(at + 4);
    f.size = word(at + 8);
    if (word(at) != magic || f.size < head_bytes + 4 || f.size > record_bytes_max) return f;
    protocol::Crc32c crc;
    for (uint32_t k = 0; k < f.size - 4; ++k) crc.byte(byte(at + k));
    f.good = word(at + f.size - 4) == crc.value();
    return f;
  }

  Flash& flash_;
  std::array<uint32_t, 2> sectors_;
  size_t next_ = 0;        // the copy that is written next
  uint32_t sequence_ = 0;  // ... and its number
};

}  // namespace understudy::firmware
