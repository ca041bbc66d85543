// SPDX-License-Identifier: Apache-2.0
// Text to the console. Waits for room, so a long answer holds the loop up for its length on the
// line: presses end by themselves.
#pragma once

#include <cstdint>

#include "firmware/hardware.hpp"

namespace understudy::firmware {

inline void print(char c) {
  while (!(hardware::device(protocol::soc::console) & protocol::soc::console_ready)) {
  }
  hardware::device(protocol::soc::console, static_cast<uint8_t>(c));
}
inline void print(const char* text) {
  while (*text != 0) print(*text++);
}
inline void print_number(uint32_t value) {
  char digits[10];
  int n = 0;
  do digits[n++] = static_cast<char>('0' + value % 10), value /= 10;
  while (value != 0);
  while (n > 0) print(digits[--n]);
}
inline void print_hex(uint32_t value) {
  print("0x");
  int shift = 28;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) print("0123456789abcdef"[value >> shift & 15]);
}

}  // namespace understudy::firmware
