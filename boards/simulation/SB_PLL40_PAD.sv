// SPDX-License-Identifier: Apache-2.0
// The iCE40's PLL for simulation: the reference is the pixel clock, so one clock of the test is one of the gate.
// It is locked as long as it is not in reset.
module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED",
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED",
    parameter PLLOUT_SELECT = "GENCLK",
    parameter SHIFTREG_DIV_MODE = 0,
    parameter FDA_FEEDBACK = 0,
    parameter FDA_RELATIVE = 0,
    parameter DIVR = 0,
    parameter DIVF = 0,
    parameter DIVQ = 0,
    parameter FILTER_RANGE = 0,
    parameter ENABLE_ICEGATE = 0,
    parameter TEST_MODE = 0
) (
    input  logic       PACKAGEPIN,
    input  logic       RESETB,
    input  logic       BYPASS,
    input  logic       EXTFEEDBACK,
    input  logic [7:0] DYNAMICDELAY,
    input  logic       LATCHINPUTVALUE,
    input  logic       SDI,
    input  logic       SCLK,
    output logic       SDO,
    output logic       PLLOUTCORE,
    output logic       PLLOUTGLOBAL,
    output logic       LOCK
);
  assign PLLOUTCORE = PACKAGEPIN;
  assign PLLOUTGLOBAL = PACKAGEPIN;
  assign LOCK = RESETB;
  assign SDO = 1'b0;
endmodule
