// SPDX-License-Identifier: Apache-2.0
#include "designs.hpp"

#include <verilated.h>

#include "Vnetlist.h"
#include "Vrtl.h"

namespace understudy::netlist {
namespace {

template <class Model>
class Verilated : public Design {
 public:
  Verilated() {
    context_->randReset(0);
    model_ = std::make_unique<Model>(context_.get());
  }
  ~Verilated() override { model_->final(); }
  Out clock(const In& in) override { return netlist::clock(*model_, in); }

 private:
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Model> model_;
};

}  // namespace

std::unique_ptr<Design> make_rtl() {
  return std::make_unique<Verilated<Vrtl>>();
}
std::unique_ptr<Design> make_netlist() {
  return std::make_unique<Verilated<Vnetlist>>();
}

}  // namespace understudy::netlist
