// SPDX-License-Identifier: Apache-2.0
// A verilated block with one clock: set inputs, `settle()` to see what they make of this clock's
// outputs, `clock()` to step. Each block has a context of its own, seeded, so that tests do not
// touch each other.
#pragma once

#include <verilated.h>

#include <cstdint>
#include <memory>
#include <random>

namespace understudy::gateware {

/// 32 random bits a call, the same ones for the same seed everywhere.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

template <class Model>
class Block {
 public:
  explicit Block(int seed = 1) {
    context_->randSeed(seed);
    context_->randReset(2);
    model_ = std::make_unique<Model>(context_.get());
    model_->rst = 1;
    clock();
    clock();
    model_->rst = 0;
  }
  ~Block() { model_->final(); }

  Model* operator->() { return model_.get(); }
  void settle() {
    model_->clk = 0;
    model_->eval();
  }
  void clock(uint64_t n = 1) {
    for (; n > 0; --n) {
      settle();
      model_->clk = 1;
      model_->eval();
      model_->clk = 0;
      if constexpr (requires { model_->since; })  // a block that is told the time
        model_->clock = (model_->clock + 1) & 0xFFFFFF;
      model_->eval();
    }
  }

 private:
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Model> model_;
};

}  // namespace understudy::gateware
