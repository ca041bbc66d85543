// SPDX-License-Identifier: Apache-2.0
// What an instruction of RV32I has to do, said with whole words and without a thought of how: the core's proof holds the core against
// it. No part of the gateware. Written from the RISC-V manuals (unprivileged 2.2 to 2.8, privileged 3.1), not from the core.
module rv32_manual (
    input logic [31:0] word,
    input logic [31:0] pc,
    input logic [31:0] rs1,       // for mret: mepc
    input logic [31:0] rs2,       // for CSR instructions: the CSR
    input logic [31:0] loaded,    // memory's word
    input logic [31:0] mtvec,
    input logic        interrupt, // the timer's, and it is allowed
    input logic [ 2:0] status,    // MIE, MPIE, MTIE

    output logic        legal,
    output logic        trap,
    output logic [31:0] cause,
    output logic        writes,   // rd, if it does not trap and rd is not x0
    output logic [31:0] result,
    output logic [31:0] next,
    output logic [31:0] address,
    output logic        is_csr,
    output logic        is_mret,
    output logic [31:0] csr_new,
    output logic [ 2:0] status_next
);
  localparam logic [6:0] LUI = 7'h37, AUIPC = 7'h17, JAL = 7'h6F, JALR = 7'h67, BRANCH = 7'h63, LOAD = 7'h03, STORE = 7'h23,
      IMMEDIATE = 7'h13, REGISTER = 7'h33, FENCE = 7'h0F, SYSTEM = 7'h73;
  localparam logic [31:0] ECALL = 32'h0000_0073, EBREAK = 32'h0010_0073, MRET = 32'h3020_0073, WFI = 32'h1050_0073;

  logic [6:0] opcode, funct7;
  logic [2:0] funct3;
  logic [11:0] csr;
  logic [31:0] number_i, number_s, number_b, number_j, number_u;
  assign opcode = word[6:0];
  assign funct3 = word[14:12];
  assign funct7 = word[31:25];
  assign csr = word[31:20];
  assign number_i = {{20{word[31]}}, word[31:20]};
  assign number_s = {{20{word[31]}}, word[31:25], word[11:7]};
  assign number_b = {{20{word[31]}}, word[7], word[30:25], word[11:8], 1'b0};
  assign number_j = {{12{word[31]}}, word[19:12], word[20], word[30:21], 1'b0};
  assign number_u = {word[31:12], 12'd0};

  assign is_csr = opcode == SYSTEM && funct3[1:0] != 2'd0;
  assign is_mret = word == MRET;
  assign address = rs1 + (opcode == STORE ? number_s : number_i);

  always_comb
    case (opcode)
      LUI, AUIPC, JAL: legal = 1'b1;
      JALR: legal = funct3 == 3'd0;
      BRANCH: legal = funct3 != 3'd2 && funct3 != 3'd3;
      LOAD: legal = funct3 != 3'd3 && funct3 != 3'd6 && funct3 != 3'd7;
      STORE: legal = funct3 <= 3'd2;
      IMMEDIATE: legal = (funct3 != 3'd1 && funct3 != 3'd5) || funct7 == 7'h00 || (funct3 == 3'd5 && funct7 == 7'h20);
      REGISTER: legal = funct7 == 7'h00 || (funct7 == 7'h20 && (funct3 == 3'd0 || funct3 == 3'd5));
      FENCE: legal = funct3 <= 3'd1;
      SYSTEM:
        if (is_csr) legal = csr == 12'h300 || csr == 12'h304 || csr == 12'h305 || csr == 12'h340 || csr == 12'h341 || csr == 12'h342;
        else legal = word == ECALL || word == EBREAK || word == MRET || word == WFI;
      default: legal = 1'b0;
    endcase

  logic jumps, aligned;
  logic [31:0] target;
  always_comb begin
    case (funct3)
      3'd0: jumps = rs1 == rs2;
      3'd1: jumps = rs1 != rs2;
      3'd4: jumps = $signed(rs1) < $signed(rs2);
      3'd5: jumps = $signed(rs1) >= $signed(rs2);
      3'd6: jumps = rs1 < rs2;
      default: jumps = rs1 >= rs2;
    endcase
    target = pc + 32'd4;
    if (opcode == JAL) target = pc + number_j;
    if (opcode == JALR) target = {address[31:1], 1'b0};
    if (opcode == BRANCH && jumps) target = pc + number_b;
    if (is_mret) target = {rs1[31:2], 2'd0};

    aligned = funct3[1:0] == 2'd0 || (funct3[1:0] == 2'd1 && !address[0]) || address[1:0] == 2'd0;
    trap = 1'b1;
    if (interrupt) cause = 32'h8000_0007;
    else if (!legal) cause = 32'd2;
    else if (word == ECALL) cause = 32'd11;
    else if (word == EBREAK) cause = 32'd3;
    else if (opcode == LOAD && !aligned) cause = 32'd4;
    else if (opcode == STORE && !aligned) cause = 32'd6;
    else begin
      cause = 32'd0;
      trap = target[1:0] != 2'd0;
    end
    next = trap ? {mtvec[31:2], 2'd0} : target;
  end

  logic [31:0] csr_old, csr_source, operand, lane;
  assign writes = opcode == LUI || opcode == AUIPC || opcode == JAL || opcode == JALR || opcode == LOAD || opcode == IMMEDIATE
      || opcode == REGISTER || is_csr;
  always_comb begin
    csr_old = rs2;
    if (csr == 12'h300) csr_old = {19'd0, 2'b11, 3'd0, status[1], 3'd0, status[2], 3'd0};
    if (csr == 12'h304) csr_old = {24'd0, status[0], 7'd0};
    csr_source = funct3[2] ? {27'd0, word[19:15]} : rs1;
    csr_new = funct3[1:0] == 2'd1 ? csr_source : funct3[1:0] == 2'd2 ? csr_old | csr_source : csr_old & ~csr_source;
    if (csr == 12'h305 || csr == 12'h341) csr_new[1:0] = 2'd0;

    status_next = status;
    if (trap) status_next = {1'b0, status[2], status[0]};
    else if (is_mret) status_next = {status[1], 1'b1, status[0]};
    else if (is_csr && csr == 12'h300) status_next = {csr_new[3], csr_new[7], status[0]};
    else if (is_csr && csr == 12'h304) status_next[0] = csr_new[7];

    operand = opcode == REGISTER ? rs2 : number_i;
    lane = loaded >> {address[1:0], 3'd0};
    case (opcode)
      LUI: result = number_u;
      AUIPC: result = pc + number_u;
      JAL, JALR: result = pc + 32'd4;
      LOAD:
        case (funct3)
          3'd0: result = {{24{lane[7]}}, lane[7:0]};
          3'd1: result = {{16{lane[15]}}, lane[15:0]};
          3'd4: result = {24'd0, lane[7:0]};
          3'd5: result = {16'd0, lane[15:0]};
          default: result = lane;
        endcase
      SYSTEM: result = csr_old;
      default:
        case (funct3)
          3'd0: result = opcode == REGISTER && funct7 == 7'h20 ? rs1 - operand : rs1 + operand;
          3'd1: result = rs1 << operand[4:0];
          3'd2: result = {31'd0, $signed(rs1) < $signed(operand)};
          3'd3: result = {31'd0, rs1 < operand};
          3'd4: result = rs1 ^ operand;
          3'd5: result = funct7 == 7'h20 ? 32'($signed(rs1) >>> operand[4:0]) : rs1 >> operand[4:0];
          3'd6: result = rs1 | operand;
          default: result = rs1 & operand;
        endcase
    endcase
  end
endmodule
