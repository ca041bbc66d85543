// SPDX-License-Identifier: Apache-2.0
// The two designs of a board behind one interface: a clock of the gate at a time.
#pragma once

#include <memory>

#include "board.hpp"

namespace understudy::netlist {

class Design {
 public:
  virtual ~Design() = default;
  virtual Out clock(const In& in) = 0;
};
std::unique_ptr<Design> make_rtl();
std::unique_ptr<Design> make_netlist();

}  // namespace understudy::netlist
