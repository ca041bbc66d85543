// SPDX-License-Identifier: Apache-2.0
// A BAR in memory that reads all ones when its device goes, as the bus itself would answer. Linux
// takes the pages of sysfs' `resourceN` away with the device, and the next access is a SIGBUS: its
// handler puts a page of ones in the place. Refused: looking first whether the device is there (it
// goes between the look and the access).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace understudy::edge {

class BarMapping {
 public:
  BarMapping() = default;
  BarMapping(BarMapping&& from) noexcept : words_(std::exchange(from.words_, nullptr)) {}
  BarMapping& operator=(BarMapping&& from) noexcept {
    std::swap(words_, from.words_);
    return *this;
  }
  ~BarMapping();

  /// The first mailbox::bar_bytes of an open file; empty, and errno says why, when that fails or
  /// too many are mapped already (ENOSPC).
  static BarMapping of(int file);
  explicit operator bool() const { return words_ != nullptr; }
  uint32_t* words() const { return words_; }

 private:
  explicit BarMapping(uint32_t* words) : words_(words) {}
  uint32_t* words_ = nullptr;
};

}  // namespace understudy::edge
