// SPDX-License-Identifier: Apache-2.0
// A program made of a seed: blocks of random RV32I instructions, each begun with random registers
// and ended with all of them stored; what traps is written down and passed over. x30 points into
// scratch memory, x31 to where results go.
#pragma once

#include <cstdint>
#include <vector>

namespace understudy::core {

struct RandomProgram {
  static constexpr uint32_t base = 0x8000'0000;
  static constexpr uint32_t scratch = base + 0x10'0000;  // 4 KiB, x30 in the middle
  static constexpr uint32_t results = base + 0x11'0000;
  static constexpr uint32_t bytes = 0x20'0000;  // all that it may touch
  static constexpr uint32_t stop =
      0x0010'0000;  // a store of 0x5555 ends QEMU's `virt`, and the bench

  std::vector<uint32_t> image;  // from `base` on
  std::vector<uint32_t> block_at;

  RandomProgram(uint32_t seed, unsigned blocks, unsigned instructions);
};

}  // namespace understudy::core
