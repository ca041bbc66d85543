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

#define GATE_PART_(root, part) root##___##part
#define GATE_PART(root, part) GATE_PART_(root, part)
using Root = GATE_ROOT(GATE_MODEL);
void GATE_PART(GATE_ROOT(GATE_MODEL), eval_ico)(Root*);
void GATE_PART(GATE_ROOT(GATE_MODEL), eval_triggers__act)(Root*);
void GATE_PART(GATE_ROOT(GATE_MODEL), eval_nba)(Root*);

namespace understudy::sim {
namespace {
/// The steps of verilator's eval: inputs' combinational logic, which clocks rose, what they clock.
struct Parts {
  static void inputs(Root* root) { GATE_PART(GATE_ROOT(GATE_MODEL), eval_ico)(root); }
  static void triggers(Root* root) { GATE_PART(GATE_ROOT(GATE_MODEL), eval_triggers__act)(root); }
  static void registers(Root* root) { GATE_PART(GATE_ROOT(GATE_MODEL), eval_nba)(root); }
};
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
  return std::make_unique<VerilatedGate<GATE_MODEL, Parts, Trace>>(raster);
}

}  // namespace understudy::sim
