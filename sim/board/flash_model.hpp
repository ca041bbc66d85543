// SPDX-License-Identifier: Apache-2.0
// An SPI flash at its pins, as the boards have one: asleep until woken, read, write enable, status,
// page program, sector erase. Power can be cut at any byte that is erased or programmed: that byte
// is left half changed, those after it as they were.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace understudy::sim {

class FlashModel {
 public:
  std::vector<uint8_t> content = std::vector<uint8_t>(2u << 20, 0xFF);
  bool asleep = true;
  int64_t cut_after = -1;  // bytes erased or programmed until power is cut; none: -1
  bool cut = false;
  uint64_t changed = 0;                                       // bytes erased or programmed
  unsigned reads = 0, programs = 0, erases = 0, refused = 0;  // commands

  void power_up() {
    asleep = true, cut = false, cut_after = -1;
    enabled_ = false, busy_ = 0, cs_q_ = true;
  }
  /// The pins of this clock; what the flash puts on its output.
  bool pins(bool cs_n, bool sck, bool mosi) {
    if (cs_n && !cs_q_) finish();
    if (!cs_n && cs_q_) bits_ = 0, in_ = 0, bytes_.clear();
    if (!cs_n && sck && !sck_q_) {
      in_ = uint8_t(in_ << 1 | mosi);
      if (++bits_ % 8 == 0) {
        if (bits_ > 8 && bytes_[0] == 0x05 && busy_ > 0) --busy_;
        bytes_.push_back(in_);
        if (bytes_.size() > 300) bytes_.resize(300);
      }
    }
    if (!cs_n && !sck && sck_q_) out_ = output();
    cs_q_ = cs_n, sck_q_ = sck;
    return out_;
  }

 private:
  uint32_t address() const {
    return (uint32_t(bytes_[1]) << 16 | uint32_t(bytes_[2]) << 8 | bytes_[3]) %
           uint32_t(content.size());
  }
  bool output() const {
    if (bits_ < 8 || asleep || cut) return true;
    if (bytes_[0] == 0x05) return (busy_ > 0 ? 1u : 0u) >> (7 - bits_ % 8) & 1;
    if (bytes_[0] != 0x03 || bits_ < 32 || busy_ > 0) return true;
    const uint64_t at = bits_ - 32;
    return content[(address() + at / 8) % content.size()] >> (7 - at % 8) & 1;
  }
  void change(uint32_t at, uint8_t value) {
    if (cut) return;
    if (cut_after == 0) {
      content[at] = uint8_t((content[at] & 0xA5) | (value & 0x5A));
      cut = true;
      return;
    }
    if (cut_after > 0) --cut_after;
    content[at] = value;
    ++changed;
  }
  void finish() {
    if (bytes_.empty()) return;
    const uint8_t command = bytes_[0];
    if (command == 0xAB) asleep = false;
    if (command == 0xB9) asleep = true;
    if (asleep) return;
    if (command == 0x03) ++reads;
    if (command == 0x06) enabled_ = true;
    if (command != 0x20 && command != 0x02) return;
    if (!enabled_ || busy_ > 0 || bytes_.size() < 4) {
      ++refused;
      return;
    }
    enabled_ = false;
    busy_ = 3;  // until its status was read so often
    if (command == 0x20) {
      ++erases;
      for (uint32_t i = 0; i < 4096; ++i) change((address() & ~0xFFFu) + i, 0xFF);
    } else {
      ++programs;
      for (size_t i = 4; i < bytes_.size(); ++i) {
        const uint32_t at = (address() & ~0xFFu) | ((address() + uint32_t(i) - 4) & 0xFF);
        change(at, content[at] & bytes_[i]);
      }
    }
  }

  bool cs_q_ = true, sck_q_ = false, out_ = true, enabled_ = false;
  uint8_t in_ = 0;
  uint64_t bits_ = 0;
  unsigned busy_ = 0;
  std::vector<uint8_t> bytes_;
};

}  // namespace understudy::sim
