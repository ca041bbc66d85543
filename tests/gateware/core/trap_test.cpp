// SPDX-License-Identifier: Apache-2.0
// What the comparison with QEMU leaves out: misaligned accesses, which QEMU carries out, and the
// timer's interrupt.
#include <gtest/gtest.h>

#include "tests/gateware/core/encode.hpp"
#include "tests/gateware/core/machine.hpp"

namespace understudy::core {
namespace {
namespace e = encode;

constexpr uint32_t base = Machine::base, data = base + 0x400, handler = base + 0x200;

/// mtvec points to a handler that writes to the device, which stops the machine; x1 points to data.
struct Program : Machine {
  explicit Program(const std::vector<uint32_t>& words, unsigned waits = 1)
      : Machine(1024, waits, 7) {
    device = [this](uint32_t, uint32_t) { stopped = true; };
    std::vector<uint32_t> all = {e::auipc(1, 0), e::addi(2, 1, 0x200), e::csr(1, 0, e::mtvec, 2),
                                 e::addi(1, 1, 0x400)};
    all.insert(all.end(), words.begin(), words.end());
    load(base, all);
    load(handler, std::vector<uint32_t>{e::lui(31, 0x1000), e::sw(0, 31, 0), e::jal(0, 0)});
  }
};
constexpr uint32_t first = base + 16;  // where the program begins
constexpr size_t mepc = 41, mcause = 42;

TEST(CoreTraps, a_misaligned_access_traps_at_itself_and_changes_nothing) {
  for (const uint32_t f3 : {0u, 1u, 2u, 4u, 5u})
    for (int32_t at = 0; at < 4; ++at)
      for (const bool is_store : {false, true}) {
        if (is_store && f3 > 2) continue;
        const uint32_t size = 1u << (f3 & 3);
        const bool traps = uint32_t(at) % size != 0;
        Program m({e::addi(5, 0, 0x123), is_store ? e::store(f3, 5, 1, at) : e::load(f3, 5, 1, at),
                   e::ecall});
        m.memory[(data - base) / 4] = 0x89ABCDEF;
        m.run(5000);
        ASSERT_TRUE(m.stopped);
        EXPECT_EQ(m.registers[mcause], traps ? (is_store ? 6u : 4u) : 11u) << f3 << " " << at;
        EXPECT_EQ(m.registers[mepc], traps ? first + 4 : first + 8);
        if (traps) {
          EXPECT_EQ(m.registers[5], 0x123u);
          EXPECT_EQ(m.word(data), 0x89ABCDEFu);
        }
      }
}

TEST(CoreTraps, the_timer_interrupts_between_two_instructions_and_the_program_goes_on) {
  // a counter counts; the handler notes that it was there, and the level falls
  Program m({e::addi(5, 0, 0), e::addi(6, 0, 0x80), e::csr(1, 0, e::mie, 6),
             e::csr(6, 0, e::mstatus, 8), e::addi(5, 5, 1), e::jal(0, -4)});
  m.load(handler, std::vector<uint32_t>{e::csr(2, 7, e::mcause, 0), e::csr(2, 8, e::mepc, 0),
                                        e::csr(2, 9, e::mstatus, 0), e::addi(10, 10, 1),
                                        e::lui(31, 0x1000), e::sw(0, 31, 0), e::mret});
  m.registers[10] = 0;
  m.device = [&m](uint32_t, uint32_t) { m.interrupt(false); };
  m.run(3000);
  EXPECT_EQ(m.registers[10], 0u);
  for (uint32_t round = 1; round <= 50; ++round) {
    const uint32_t before = m.registers[5];
    m.interrupt(true);
    m.run(1500 + 13 * round);
    EXPECT_EQ(m.registers[10], round);
    EXPECT_GT(m.registers[5], before);
    EXPECT_EQ(m.registers[7], 0x80000007u);
    EXPECT_TRUE(m.registers[8] == first + 16 || m.registers[8] == first + 20)
        << std::hex << m.registers[8];
    EXPECT_EQ(m.registers[9], 0x1880u);  // MIE is off within, MPIE has it
  }
}

TEST(CoreTraps, no_interrupt_that_is_not_allowed_twice) {
  for (const bool status : {false, true})
    for (const bool enable : {false, true}) {
      Program m({e::addi(6, 0, enable ? 0x80 : 0), e::csr(1, 0, e::mie, 6),
                 e::csr(status ? 6 : 7, 0, e::mstatus, 8), e::jal(0, 0)});
      m.interrupt(true);
      m.run(5000);
      EXPECT_EQ(m.stopped, status && enable);
    }
}

TEST(Core, takes_so_many_clocks_an_instruction) {
  Program m({e::addi(5, 5, 1), e::addi(5, 5, 1), e::addi(5, 5, 1), e::jal(0, -12)}, 0);
  m.run(1000);
  const auto clocks = m.clocks, instructions = m.instructions;
  m.run(100'000);
  const double each = double(m.clocks - clocks) / double(m.instructions - instructions);
  EXPECT_LT(each, 75);  // README says so
  EXPECT_GT(each, 60);
}

}  // namespace
}  // namespace understudy::core
