// SPDX-License-Identifier: Apache-2.0
// Text to the console, or to the host whose line is being answered. Waits for room, so a long
// answer holds the loop up for its length on the line: presses end by themselves.
#pragma once

#include <array>
#include <cstdint>

#include "firmware/hardware.hpp"
#include "firmware/link_console.hpp"

namespace understudy::firmware {

inline constinit LinkVoice<hardware::LinkPort> voice{{}};

inline void print(char c) {
  if (voice.open()) return voice.put(c);
  while (!(hardware::device(protocol::soc::console) & protocol::soc::console_ready)) {
  }
  hardware::device(protocol::soc::console, static_cast<uint8_t>(c));
}
inline void print(const char* text) {
  while (*text != 0) print(*text++);
}
inline constexpr std::array<uint32_t, 10> powers_of_ten = {
    1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
inline void print_number(uint32_t value) {
  // by subtraction: the core does not divide
  bool begun = false;
  for (const uint32_t power : powers_of_ten) {
    char digit = '0';
    for (; value >= power; value -= power) ++digit;
    begun = begun || digit != '0' || power == 1;
    if (begun) print(digit);
  }
}
inline void print_hex(uint32_t value) {
  print("0x");
  int shift = 28;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) print("0123456789abcdef"[value >> shift & 15]);
}

}  // namespace understudy::firmware
