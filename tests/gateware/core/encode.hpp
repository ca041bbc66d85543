// SPDX-License-Identifier: Apache-2.0
// RV32I instructions as words: what tests need of an assembler.
#pragma once

#include <cstdint>

namespace understudy::core::encode {

inline constexpr uint32_t mstatus = 0x300, mie = 0x304, mtvec = 0x305, mscratch = 0x340,
                          mepc = 0x341, mcause = 0x342;
inline constexpr uint32_t ecall = 0x00000073, ebreak = 0x00100073, mret = 0x30200073,
                          wfi = 0x10500073;

constexpr uint32_t field(uint32_t value, unsigned low, unsigned bits, unsigned at) {
  return (value >> low & ((1u << bits) - 1)) << at;
}
constexpr uint32_t r_type(uint32_t f7, uint32_t rs2, uint32_t rs1, uint32_t f3, uint32_t rd,
                          uint32_t op) {
  return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op << 2 | 3;
}
constexpr uint32_t i_type(int32_t value, uint32_t rs1, uint32_t f3, uint32_t rd, uint32_t op) {
  return r_type(0, 0, rs1, f3, rd, op) | uint32_t(value) << 20;
}
constexpr uint32_t reg(uint32_t f3, bool alt, uint32_t rd, uint32_t rs1, uint32_t rs2) {
  return r_type(alt ? 0x20 : 0, rs2, rs1, f3, rd, 0b01100);
}
constexpr uint32_t imm(uint32_t f3, uint32_t rd, uint32_t rs1, int32_t value) {
  return i_type(value, rs1, f3, rd, 0b00100);
}
constexpr uint32_t addi(uint32_t rd, uint32_t rs1, int32_t value) {
  return imm(0, rd, rs1, value);
}
constexpr uint32_t lui(uint32_t rd, uint32_t value) {
  return (value & 0xFFFFF000) | rd << 7 | 0x37;
}
constexpr uint32_t auipc(uint32_t rd, uint32_t value) {
  return (value & 0xFFFFF000) | rd << 7 | 0x17;
}
constexpr uint32_t load(uint32_t f3, uint32_t rd, uint32_t rs1, int32_t at) {
  return i_type(at, rs1, f3, rd, 0);
}
constexpr uint32_t lw(uint32_t rd, uint32_t rs1, int32_t at) {
  return load(2, rd, rs1, at);
}
constexpr uint32_t store(uint32_t f3, uint32_t rs2, uint32_t rs1, int32_t at) {
  const auto value = uint32_t(at);
  return r_type(0, rs2, rs1, f3, 0, 0b01000) | field(value, 0, 5, 7) | field(value, 5, 7, 25);
}
constexpr uint32_t sw(uint32_t rs2, uint32_t rs1, int32_t at) {
  return store(2, rs2, rs1, at);
}
constexpr uint32_t branch(uint32_t f3, uint32_t rs1, uint32_t rs2, int32_t by) {
  const auto value = uint32_t(by);
  return r_type(0, rs2, rs1, f3, 0, 0b11000) | field(value, 11, 1, 7) | field(value, 1, 4, 8) |
         field(value, 5, 6, 25) | field(value, 12, 1, 31);
}
constexpr uint32_t jal(uint32_t rd, int32_t by) {
  const auto value = uint32_t(by);
  return field(value, 20, 1, 31) | field(value, 1, 10, 21) | field(value, 11, 1, 20) |
         field(value, 12, 8, 12) | rd << 7 | 0x6F;
}
constexpr uint32_t jalr(uint32_t rd, uint32_t rs1, int32_t at) {
  return i_type(at, rs1, 0, rd, 0b11001);
}
/// f3: 1 write, 2 set, 3 clear; 5, 6, 7 the same with a number from 0 to 31 in `source`.
constexpr uint32_t csr(uint32_t f3, uint32_t rd, uint32_t number, uint32_t source) {
  return i_type(int32_t(number), source, f3, rd, 0b11100);
}

}  // namespace understudy::core::encode
