// SPDX-License-Identifier: Apache-2.0
// A line typed at the console: what was typed so far, and its words. Longer than the buffer is
// refused as a whole.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace understudy::firmware {

class CommandLine {
 public:
  static constexpr size_t length_max = 39;
  static constexpr size_t words_max = 4;

  /// One byte; true when a line is complete. What is not printable is passed over, backspace takes
  /// one back.
  bool put(uint8_t c) {
    if (over_) length_ = 0, over_ = false;
    if (c == '\r' || c == '\n') {
      over_ = true;
      split();
      return true;
    }
    if ((c == 8 || c == 127) && length_ > 0) --length_;
    if (c < ' ' || c > '~') return false;
    if (length_ < length_max) text_[length_] = static_cast<char>(c);
    if (length_ <= length_max) ++length_;
    return false;
  }
  void clear() { length_ = words_ = 0, over_ = false; }
  bool too_long() const { return length_ > length_max; }
  size_t words() const { return words_; }
  bool is(size_t word, const char* text) const {
    if (word >= words_) return false;
    const char* at = &text_[start_[word]];
    while (*at == *text && *at != 0) ++at, ++text;
    return *at == *text;
  }
  const char* word(size_t i) const { return i < words_ ? &text_[start_[i]] : ""; }
  /// Decimal, or hexadecimal behind 0x; nothing when it is none or does not fit.
  std::optional<uint32_t> number(size_t word) const {
    const char* at = this->word(word);
    uint32_t base = 10, value = 0;
    if (at[0] == '0' && at[1] == 'x') base = 16, at += 2;
    if (*at == 0) return std::nullopt;
    for (; *at != 0; ++at) {
      uint32_t digit = 99;
      if (*at >= '0' && *at <= '9') digit = static_cast<uint32_t>(*at - '0');
      if (*at >= 'a' && *at <= 'f') digit = static_cast<uint32_t>(*at - 'a' + 10);
      if (digit >= base) return std::nullopt;
      if (value > (0xFFFF'FFFF - digit) / base) return std::nullopt;
      value = value * base + digit;
    }
    return value;
  }

 private:
  void split() {
    words_ = 0;
    if (too_long()) return;
    text_[length_] = 0;
    bool inside = false;
    for (uint8_t i = 0; i < length_; ++i) {
      if (text_[i] == ' ') {
        text_[i] = 0, inside = false;
      } else if (!inside) {
        inside = true;
        if (words_ < words_max) start_[words_] = i;
        ++words_;
      }
    }
    if (words_ > words_max) words_ = words_max;
  }

  std::array<char, length_max + 1> text_{};
  std::array<uint8_t, words_max> start_{};
  uint8_t length_ = 0, words_ = 0;
  bool over_ = false;
};

}  // namespace understudy::firmware
