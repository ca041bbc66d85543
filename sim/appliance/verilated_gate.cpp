// SPDX-License-Identifier: Apache-2.0
// Compiled once for each model: GATE_MODEL is verilator's class, GATE_MAKER the function to define.
#include "sim/appliance/verilated_gate.hpp"

#define GATE_TEXT_(x) #x
#define GATE_TEXT(x) GATE_TEXT_(x)
#include GATE_TEXT(GATE_MODEL.h)
#define GATE_ROOT_(x) x##___024root
#define GATE_ROOT(x) GATE_ROOT_(x)
#include GATE_TEXT(GATE_ROOT(GATE_MODEL).h)

#if GATE_TRACES
#include <verilated_fst_c.h>
#endif

namespace understudy::sim {
namespace {
#if GATE_TRACES
struct Trace {
  static constexpr bool enabled = true;
  VerilatedFstC file;
};
#else
struct Trace {
  static constexpr bool enabled = false;
};
#endif
}  // namespace

std::unique_ptr<Gate> GATE_MAKER(const Raster& raster) {
  return std::make_unique<VerilatedGate<GATE_MODEL, Trace>>(raster);
}

}  // namespace understudy::sim
