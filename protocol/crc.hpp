// SPDX-License-Identifier: Apache-2.0
// The two checksums on the wire. CRC-32C (Castagnoli, RFC 3720 appendix B.4: reflected 0x82F63B78,
// start and final xor all ones; "123456789" -> 0xE3069283) covers pictures and link messages.
// CRC-16/IBM-SDLC (X.25, RFC 1662 appendix C: reflected 0x8408; "123456789" -> 0x906E) covers the
// tag itself: least significant bit first, so gateware feeds it three bits a pixel as they arrive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace understudy::protocol {

namespace detail {
constexpr std::array<std::array<uint32_t, 256>, 8> make_crc32c_tables() {
  std::array<std::array<uint32_t, 256>, 8> t{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c >> 1) ^ ((c & 1) ? 0x82F63B78u : 0u);
    t[0][i] = c;
  }
  for (size_t s = 1; s < 8; ++s)
    for (size_t i = 0; i < 256; ++i) t[s][i] = (t[s - 1][i] >> 8) ^ t[0][t[s - 1][i] & 0xFF];
  return t;
}
inline constexpr auto crc32c_tables = make_crc32c_tables();
}  // namespace detail

/// Running CRC-32C register; feed bytes, then `value()`.
class Crc32c {
 public:
  constexpr void byte(uint8_t b) {
    state_ = (state_ >> 8) ^ detail::crc32c_tables[0][(state_ ^ b) & 0xFF];
  }
  constexpr void bytes(std::span<const uint8_t> data) {
    const auto& t = detail::crc32c_tables;
    size_t i = 0;
    for (; i + 8 <= data.size(); i += 8) {
      const uint32_t low = state_ ^ (uint32_t(data[i]) | uint32_t(data[i + 1]) << 8 |
                                     uint32_t(data[i + 2]) << 16 | uint32_t(data[i + 3]) << 24);
      state_ = t[7][low & 0xFF] ^ t[6][(low >> 8) & 0xFF] ^ t[5][(low >> 16) & 0xFF] ^
               t[4][low >> 24] ^ t[3][data[i + 4]] ^ t[2][data[i + 5]] ^ t[1][data[i + 6]] ^
               t[0][data[i + 7]];
    }
    for (; i < data.size(); ++i) byte(data[i]);
  }
  constexpr uint32_t value() const { return state_ ^ 0xFFFFFFFFu; }

 private:
  uint32_t state_ = 0xFFFFFFFFu;
};

constexpr uint32_t crc32c(std::span<const uint8_t> data) {
  Crc32c c;
  c.bytes(data);
  return c.value();
}

constexpr uint16_t crc16(std::span<const uint8_t> data) {
  uint16_t c = 0xFFFF;
  for (uint8_t b : data) {
    c ^= b;
    for (int k = 0; k < 8; ++k) c = static_cast<uint16_t>((c >> 1) ^ ((c & 1) ? 0x8408u : 0u));
  }
  return static_cast<uint16_t>(c ^ 0xFFFF);
}

}  // namespace understudy::protocol
