// SPDX-License-Identifier: Apache-2.0
// The core alone before a memory of 32-bit words, with as many clocks of waiting an access as a
// seed says.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "Vrv32_core.h"
#include "tests/gateware/control/bench.hpp"

namespace understudy::core {

class Machine {
 public:
  static constexpr uint32_t base = 0x8000'0000;
  std::vector<uint32_t> memory;
  std::array<uint32_t, 64> registers{};
  std::function<void(uint32_t address, uint32_t value)> device;  // a store outside of memory
  bool stopped = false;
  uint64_t instructions = 0, clocks = 0;

  Machine(size_t words, unsigned waits, uint32_t seed)
      : memory(words), waits_(waits), random_(seed) {
    for (auto& r : registers) r = random_();  // nothing is zero at power up
    block_->timer_interrupt = 0;
    block_->bus_ready = 0;
  }
  void load(uint32_t address, std::span<const uint32_t> words) {
    for (const uint32_t w : words) memory.at((address - base) / 4) = w, address += 4;
  }
  uint32_t word(uint32_t address) const { return memory.at((address - base) / 4); }
  void interrupt(bool level) { block_->timer_interrupt = level; }

  void clock() {
    block_.settle();
    block_->bus_ready = 0;
    if (block_->bus_valid) {
      if (left_ == 0) {
        answer();
        left_ = waits_ ? random_() % (waits_ + 1) : 0;
      } else {
        --left_;
      }
    }
    block_.clock();
    ++clocks;
  }
  /// Until the program stops itself or so many clocks have gone by.
  void run(uint64_t most) {
    while (!stopped && most-- > 0) clock();
  }

 private:
  void answer() {
    auto& b = *block_.operator->();
    b.bus_ready = 1;
    b.bus_rdata = random_();
    if (b.bus_register) {
      if (b.bus_write)
        registers[b.bus_index] = b.bus_wdata;
      else
        b.bus_rdata = registers[b.bus_index];
      return;
    }
    const uint32_t address = b.bus_addr & ~3u, at = (address - base) / 4;
    if (b.bus_fetch) ++instructions;
    if (at >= memory.size()) {
      if (b.bus_write && device) device(address, b.bus_wdata);
      return;
    }
    if (!b.bus_write) {
      b.bus_rdata = memory[at];
      return;
    }
    for (unsigned lane = 0; lane < 4; ++lane)
      if (b.bus_strobe >> lane & 1) {
        const uint32_t mask = 0xFFu << (8 * lane);
        memory[at] = (memory[at] & ~mask) | (b.bus_wdata & mask);
      }
  }

  unsigned waits_, left_ = 0;
  gateware::Random random_;
  gateware::Block<Vrv32_core> block_;
};

}  // namespace understudy::core
