// SPDX-License-Identifier: Apache-2.0
#include "tests/gateware/core/random_program.hpp"

#include <array>

#include "tests/gateware/control/bench.hpp"
#include "tests/gateware/core/encode.hpp"

namespace understudy::core {
namespace {
namespace e = encode;

class Writer {
 public:
  Writer(uint32_t seed, RandomProgram& program)
      : random_(seed), program_(program), out_(program.image) {}

  void begin() {
    // the trap handler stands at the second word: cause, place and mstatus to the results, then
    // past the instruction
    const std::vector<uint32_t> handler = {e::csr(1, 29, e::mscratch, 29),
                                           e::csr(2, 29, e::mcause, 0),
                                           e::sw(29, 31, 0),
                                           e::csr(2, 29, e::mepc, 0),
                                           e::sw(29, 31, 4),
                                           e::addi(29, 29, 4),
                                           e::csr(1, 0, e::mepc, 29),
                                           e::csr(2, 29, e::mstatus, 0),
                                           e::imm(7, 29, 29, 0x088),
                                           e::sw(29, 31, 8),
                                           e::addi(31, 31, 12),
                                           e::csr(1, 29, e::mscratch, 29),
                                           e::mret};
    out_.push_back(e::jal(0, int32_t(4 * handler.size() + 4)));
    out_.insert(out_.end(), handler.begin(), handler.end());
    out_.push_back(e::auipc(1, 0));
    out_.push_back(e::addi(1, 1, -4 * int32_t(handler.size())));
    out_.push_back(e::csr(1, 0, e::mtvec, 1));
    out_.push_back(e::lui(1, 0x2000));
    out_.push_back(e::addi(1, 1, -0x800));
    out_.push_back(e::csr(1, 0, e::mstatus, 1));  // MPP: machine, as it always is in the core
    for (const uint32_t number : {e::mscratch, e::mepc, e::mcause})
      out_.push_back(e::csr(1, 0, number, 0));
    out_.push_back(e::lui(30, RandomProgram::scratch + 0x1000));
    out_.push_back(e::addi(30, 30, -0x800));
    out_.push_back(e::lui(31, RandomProgram::results));
  }

  void block(unsigned instructions) {
    program_.block_at.push_back(here());
    out_.push_back(e::jal(29, 4 * 30));  // over a table of 29 words
    for (int i = 0; i < 29; ++i) out_.push_back(value());
    for (uint32_t r = 1; r <= 29; ++r) out_.push_back(e::lw(r, 29, 4 * int32_t(r - 1)));
    const size_t end = out_.size() + instructions;
    while (out_.size() < end) instruction(end - out_.size());
    for (uint32_t r = 1; r <= 30; ++r) out_.push_back(e::sw(r, 31, 4 * int32_t(r - 1)));
    out_.push_back(e::csr(2, 1, e::mscratch, 0));
    out_.push_back(e::sw(1, 31, 120));
    out_.push_back(e::addi(31, 31, 124));
  }

  void end() {
    out_.push_back(e::lui(1, 0x5000));
    out_.push_back(e::addi(1, 1, 0x555));
    out_.push_back(e::lui(2, RandomProgram::stop));
    out_.push_back(e::sw(1, 2, 0));
    out_.push_back(e::jal(0, 0));
  }

 private:
  uint32_t here() const { return RandomProgram::base + 4 * uint32_t(out_.size()); }
  uint32_t below(uint32_t n) { return random_() % n; }
  uint32_t any() { return below(32); }
  uint32_t target() { return below(30); }  // a register that may be written: not x30, x31
  int32_t immediate() {
    static constexpr std::array<int32_t, 8> edges = {0, 1, -1, 2047, -2048, 31, 32, -2};
    return below(4) ? int32_t(below(4096)) - 2048 : edges[below(8)];
  }
  uint32_t value() {
    static constexpr std::array<uint32_t, 8> edges = {0,          1,  0xFFFFFFFF, 0x80000000,
                                                      0x7FFFFFFF, 31, 0x0000FFFF, 0x55555555};
    return below(3) ? random_() : edges[below(8)];
  }

  /// One instruction, or a few that belong together; `left` stand until the block's end.
  void instruction(size_t left) {
    const int32_t forward = 4 * int32_t(1 + below(left < 8 ? uint32_t(left) : 8));
    const bool whole = out_.size() >= furthest_;  // no jump leads into what is written next
    switch (below(20)) {
      case 0:
        out_.push_back(below(2) ? e::lui(target(), random_()) : e::auipc(target(), random_()));
        break;
      case 1:
      case 2:
      case 3: {
        const uint32_t f3 = below(8);
        int32_t number = immediate();
        if (f3 == 1 || f3 == 5) number = int32_t(below(32) | (f3 == 5 && below(2) ? 0x400 : 0));
        out_.push_back(e::imm(f3, target(), any(), number));
        break;
      }
      case 4:
      case 5:
      case 6:
      case 7:
      case 8: {
        const uint32_t f3 = below(8);
        out_.push_back(e::reg(f3, (f3 == 0 || f3 == 5) && below(2), target(), any(), any()));
        break;
      }
      case 9:
      case 10:
      case 11: {
        static constexpr std::array<uint32_t, 5> kinds = {0, 1, 2, 4, 5};
        const uint32_t f3 = kinds[below(5)], size = 1u << (f3 & 3);
        out_.push_back(e::load(f3, target(), 30, immediate() & -int32_t(size)));
        break;
      }
      case 12:
      case 13: {
        const uint32_t f3 = below(3);
        out_.push_back(e::store(f3, any(), 30, immediate() & -(1 << f3)));
        break;
      }
      case 14:
      case 15: {
        static constexpr std::array<uint32_t, 6> kinds = {0, 1, 4, 5, 6, 7};
        out_.push_back(e::branch(kinds[below(6)], any(), below(4) ? any() : 0, forward));
        leads(forward - 4);
        break;
      }
      case 16:
        jump(whole ? left : 0, forward);
        break;
      case 17:
        csr(whole ? left : 0);
        break;
      case 18:
        if (whole && left > 6) loop();
        break;
      default:
        trap();
    }
  }

  void jump(size_t left, int32_t forward) {
    if (left < 12 || below(2)) {
      out_.push_back(e::jal(target(), forward));
      leads(forward - 4);
      return;
    }
    const uint32_t from = 1 + below(29);
    out_.push_back(e::auipc(from, 0));
    // an odd address is made even; one that is not a word's traps
    const int32_t odd = below(4) == 0 ? 2 : int32_t(below(2));
    out_.push_back(e::jalr(below(2) ? from : target(), from, 4 + forward + odd));
    leads(forward);
  }

  /// The last word written jumps so far past itself.
  void leads(int32_t by) {
    const size_t to = out_.size() + size_t(by) / 4;
    if (to > furthest_) furthest_ = to;
  }

  void csr(size_t left) {
    static constexpr std::array<uint32_t, 6> kinds = {1, 2, 3, 5, 6, 7};
    switch (below(4)) {
      case 0:
        if (left < 4) return;
        // of mstatus, what the core has: MIE and MPIE
        out_.push_back(e::csr(6 + below(2), 0, e::mstatus, 8));
        out_.push_back(e::imm(7, 28, target(), 0x80));
        out_.push_back(e::csr(2 + below(2), 28, e::mstatus, 28));
        out_.push_back(e::imm(7, 28, 28, 0x088));
        break;
      case 1:
        if (left < 2) return;
        out_.push_back(e::imm(7, 28, any(), -4));
        out_.push_back(e::csr(1, target(), e::mepc, 28));
        break;
      case 2:
        out_.push_back(e::csr(2, target(), below(2) ? e::mepc : e::mcause, 0));
        break;
      default:
        out_.push_back(e::csr(kinds[below(6)], target(), e::mscratch, any()));
    }
  }

  void loop() {
    const uint32_t counter = 1 + below(29);
    uint32_t changed = target();
    if (changed == counter) changed = 0;
    out_.push_back(e::addi(counter, 0, int32_t(1 + below(5))));
    out_.push_back(e::reg(below(8), false, changed, any(), any()));
    out_.push_back(e::addi(counter, counter, -1));
    out_.push_back(e::branch(1, counter, 0, -8));
  }

  /// What both sides call a trap: calls, and words that are no instruction of RV32I.
  void trap() {
    static constexpr std::array<uint32_t, 3> not_loads = {3, 6, 7};
    const uint32_t word = random_();
    const auto with = [&](uint32_t f3, uint32_t op) {
      return (word & ~0x707Fu) | f3 << 12 | op << 2 | 3;
    };
    switch (below(15)) {
      case 0:
      case 1:
        out_.push_back(e::ecall);
        break;
      case 2:
      case 3:
        out_.push_back(e::ebreak);
        break;
      case 4:
        out_.push_back((word & ~3u) | below(3));  // compressed
        break;
      case 5:
        out_.push_back(with(not_loads[below(3)], 0b00000));
        break;
      case 6:
        out_.push_back(with(3 + below(5), 0b01000));
        break;
      case 7:
        out_.push_back(with(2 + below(2), 0b11000));
        break;
      case 8:
        out_.push_back(with(1 + below(7), 0b11001));
        break;
      case 9:
        out_.push_back(e::r_type(1, any(), any(), below(8), any(), 0b01100));  // multiply, divide
        break;
      case 10:
        out_.push_back(e::r_type(0x20, any(), any(), 1 + below(3), any(), 0b01100));
        break;
      case 11:
        out_.push_back(e::r_type(1u << below(5), any(), any(), below(2) ? 1 : 5, any(),
                                 0b00100));  // shifts by 32 and more
        break;
      case 12:
        out_.push_back(below(2) ? 0x0FF0000F : 0x0000100F);  // fences: no trap, and nothing else
        break;
      case 13:
        out_.push_back(e::csr(1 + below(3), any(), 0x5C0 + below(16), any()));
        break;
      default:
        out_.push_back(below(2) ? 0u : 0xFFFFFFFFu);
    }
  }

  gateware::Random random_;
  RandomProgram& program_;
  std::vector<uint32_t>& out_;
  size_t furthest_ = 0;  // where the furthest jump so far leads
};

}  // namespace

RandomProgram::RandomProgram(uint32_t seed, unsigned blocks, unsigned instructions) {
  Writer writer(seed, *this);
  writer.begin();
  for (unsigned i = 0; i < blocks; ++i) writer.block(instructions);
  writer.end();
}

}  // namespace understudy::core
