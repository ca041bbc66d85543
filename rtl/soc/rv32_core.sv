// SPDX-License-Identifier: Apache-2.0
// A bit-serial RV32I core with machine mode: one bit of a word a clock, lowest first, so an adder is one cell. Registers and
// most CSRs stand in the same memory as data, behind the one port. About 75 clocks an instruction, and twice that when
// it shifts far, loads or traps. Area came first: it decides nothing that is urgent.
// Has: RV32I, mstatus (MIE, MPIE), mie (MTIE), mtvec (direct), mscratch, mepc, mcause, mret, wfi (goes on at once), fence (nothing to do).
// A misaligned access or jump traps; every other CSR and instruction is illegal. No mtval, no bus errors.
// The port: an access stands until a clock with `bus_ready`, in which read data are there. A register's access names it by
// `bus_index`: x1..x31, and from 32 on the CSRs; memory's by `bus_addr`, a whole word, written where `bus_strobe` says.
module rv32_core #(
    parameter logic [31:0] RESET_PC = 32'h0000_0000  // a multiple of four
) (
    input logic clk,
    input logic rst,

    input logic timer_interrupt,  // level

    output logic        bus_valid,
    output logic        bus_write,
    output logic        bus_register,
    output logic        bus_fetch,
    output logic        bus_sequential,  // with bus_fetch: the word after the last one fetched
    output logic [ 5:0] bus_index,
    output logic [31:0] bus_addr,
    output logic [ 3:0] bus_strobe,
    output logic [31:0] bus_wdata,
    input  logic        bus_ready,
    input  logic [31:0] bus_rdata
);
  typedef enum logic [4:0] {
    FETCH,       // the word at A, which is PC
    READ_1,      // rs1 (mret: mepc) to A
    READ_2,      // rs2 (CSR: the CSR) to B
    EXECUTE,     // serial: the result to B, or an address to A
    DECIDE,      // what comes next
    LOAD,        // memory's word to B
    LOAD_ALIGN,  // serial: B to its place, sign
    STORE_ALIGN, // B turns to its lanes
    STORE,       // B to memory
    CSR_WRITE,   // B to the CSR
    MOVE,        // serial: A to B
    WRITE_BACK,  // B to rd
    ADVANCE,     // serial: the next PC, also to A
    TRAP_PC,     // serial: PC to B
    TRAP_MEPC,
    TRAP_CAUSE,  // serial: the cause to B
    TRAP_MCAUSE,
    TRAP_MTVEC   // mtvec to A
  } state_t;

  localparam logic [4:0] OP_LOAD = 5'b00000, OP_FENCE = 5'b00011, OP_IMMEDIATE = 5'b00100, OP_AUIPC = 5'b00101, OP_STORE = 5'b01000,
      OP_REGISTER = 5'b01100, OP_LUI = 5'b01101, OP_BRANCH = 5'b11000, OP_JALR = 5'b11001, OP_JAL = 5'b11011, OP_SYSTEM = 5'b11100;
  localparam logic [5:0] INDEX_MSTATUS = 6'd32, INDEX_MIE = 6'd36, INDEX_MTVEC = 6'd37, INDEX_MEPC = 6'd41, INDEX_MCAUSE = 6'd42;
  localparam logic [3:0] CAUSE_JUMP = 4'd0, CAUSE_ILLEGAL = 4'd2, CAUSE_EBREAK = 4'd3, CAUSE_LOAD = 4'd4, CAUSE_STORE = 4'd6,
      CAUSE_TIMER = 4'd7, CAUSE_ECALL = 4'd11;

  state_t state_q;
  logic [31:0] a_q, b_q, pc_q;
  logic [31:0] ir_q;     // turns with the serial passes, and stands upright between them
  logic [4:0] op_q;      // copies of what has to stand still
  logic [2:0] funct3_q;
  logic alt_q, sign_q;
  logic [4:0] count_q;   // the bit of this clock
  logic [4:0] amount_q;  // clocks of shifting before the bits count
  logic carry_q, pc_carry_q, less_q, differ_q, extend_q;
  logic jump_q;          // the next PC is A's: a trap, mret
  logic jumped_q, interrupt_q;
  logic [3:0] cause_q;
  logic mie_q, mpie_q, mtie_q, csr_mstatus_q, csr_mie_q, csr_aligned_q;

  // --- what the instruction is ----------------------------------------------------------------
  logic is_load, is_store, is_branch, is_jalr, is_jal, is_lui, is_auipc, is_system, is_alu, is_csr, is_shift, is_slt, is_mret;
  assign is_load = op_q == OP_LOAD, is_store = op_q == OP_STORE;
  assign is_branch = op_q == OP_BRANCH, is_jalr = op_q == OP_JALR, is_jal = op_q == OP_JAL;
  assign is_lui = op_q == OP_LUI, is_auipc = op_q == OP_AUIPC, is_system = op_q == OP_SYSTEM;
  assign is_alu = op_q == OP_REGISTER || op_q == OP_IMMEDIATE;
  assign is_csr = is_system && funct3_q[1:0] != 2'd0;
  assign is_shift = is_alu && funct3_q[1:0] == 2'd1;
  assign is_slt = is_alu && funct3_q[2:1] == 2'b01;
  assign is_mret = is_system && !is_csr && ir_q[29];  // where ir_q stands upright

  logic illegal, csr_known, plain, wide;
  logic [5:0] csr_index;
  assign csr_index = {2'b10, ir_q[26], ir_q[22:20]};
  assign csr_known = ir_q[31:27] == 5'b00110 && ir_q[25:23] == 3'd0
      && (ir_q[26] ? ir_q[22:20] <= 3'd2 : ir_q[22:20] == 3'd0 || ir_q[22:20] == 3'd4 || ir_q[22:20] == 3'd5);
  assign plain = ir_q[31:25] == 7'd0;
  assign wide = {ir_q[31], ir_q[29:25]} == 6'd0 && (!ir_q[30] || funct3_q == 3'd5);
  always_comb begin
    case (op_q)
      OP_LUI, OP_AUIPC, OP_JAL: illegal = 1'b0;
      OP_FENCE: illegal = funct3_q[2:1] != 2'd0;
      OP_JALR: illegal = funct3_q != 3'd0;
      OP_BRANCH: illegal = funct3_q[2:1] == 2'b01;
      OP_LOAD: illegal = funct3_q[1:0] == 2'd3 || funct3_q == 3'd6;
      OP_STORE: illegal = funct3_q[2] || funct3_q == 3'd3;
      OP_IMMEDIATE: illegal = funct3_q[1:0] == 2'd1 && !wide;
      OP_REGISTER: illegal = !plain && !(wide || (funct3_q == 3'd0 && ir_q[31:25] == 7'h20));
      OP_SYSTEM:
        if (is_csr) illegal = !csr_known;
        else illegal = funct3_q[2] || ir_q[19:7] != '0
              || !(ir_q[31:20] == 12'h302 || ir_q[31:20] == 12'h105 || ir_q[31:21] == '0);
      default: illegal = 1'b1;
    endcase
    if (ir_q[1:0] != 2'b11) illegal = 1'b1;
  end

  // --- one bit ---
  logic serial, shifting, right, hold, step, last;
  assign serial = state_q == EXECUTE || state_q == LOAD_ALIGN || state_q == MOVE || state_q == ADVANCE
      || state_q == TRAP_PC || state_q == TRAP_CAUSE;
  assign shifting = amount_q != '0;
  assign right = funct3_q[2];
  assign hold = shifting && ((state_q == EXECUTE && right) || state_q == LOAD_ALIGN);
  assign step = serial && !hold;
  assign last = step && count_q == 5'd31;

  logic first, bit_2, immediate;
  assign first = count_q == 5'd0, bit_2 = count_q == 5'd2;
  always_comb begin
    if (is_lui || is_auipc) immediate = ir_q[0] && count_q >= 5'd12;
    else if (first && (is_branch || is_jal)) immediate = 1'b0;
    else if (count_q < 5'd5 && (is_store || is_branch)) immediate = ir_q[7];
    else if (count_q < 5'd11) immediate = ir_q[20];
    else if (count_q == 5'd11 && is_branch) immediate = ir_q[28];
    else if (count_q == 5'd11 && is_jal) immediate = ir_q[9];
    else if (count_q < 5'd20 && is_jal) immediate = ir_q[0];
    else immediate = sign_q;
  end

  logic x, y, y_added, subtract, carry, sum, alu;
  assign x = a_q[0];
  assign y = op_q == OP_REGISTER || is_branch ? b_q[0] : immediate;
  assign subtract = op_q == OP_REGISTER && alt_q;
  assign y_added = y ^ subtract;
  assign carry = first ? subtract : carry_q;
  assign sum = x ^ y_added ^ carry;
  always_comb
    case (funct3_q)
      3'd0: alu = sum;
      3'd1: alu = x && !shifting;
      3'd2, 3'd3: alu = 1'b0;  // bit 0 is put in when it is known
      3'd4: alu = x ^ y;
      3'd5: alu = x;
      3'd6: alu = x | y;
      default: alu = x & y;
    endcase

  logic taken, pc_added, pc_carry, pc_sum, from_a, pc_next;
  assign taken = is_jal || (is_branch && funct3_q[0] ^ (funct3_q[2] ? less_q : !differ_q));
  assign pc_added = (state_q == ADVANCE ? taken : is_auipc) ? immediate : bit_2;
  assign pc_carry = pc_carry_q && !first;
  assign pc_sum = pc_q[0] ^ pc_added ^ pc_carry;
  assign from_a = jump_q || is_jalr;
  assign pc_next = from_a ? a_q[0] && count_q[4:1] != '0 : pc_sum;

  logic csr_old, csr_source, csr_new;
  always_comb begin
    csr_old = b_q[0];
    if (csr_mstatus_q)
      csr_old = (count_q == 5'd3 && mie_q) || (count_q == 5'd7 && mpie_q) || count_q == 5'd11 || count_q == 5'd12;
    if (csr_mie_q) csr_old = count_q == 5'd7 && mtie_q;
    csr_source = funct3_q[2] ? ir_q[15] && count_q < 5'd5 : a_q[0];
    case (funct3_q[1:0])
      2'd1: csr_new = csr_source;
      2'd2: csr_new = csr_old | csr_source;
      default: csr_new = csr_old & ~csr_source;
    endcase
    if (csr_aligned_q && count_q[4:1] == '0) csr_new = 1'b0;
  end

  logic a_in, b_in, in_width;
  assign in_width = funct3_q[1] || (!count_q[4] && (funct3_q[0] || !count_q[3]));
  always_comb begin
    a_in = is_shift ? alt_q && a_q[31] : sum;
    if (is_csr) a_in = csr_old;
    if (state_q == ADVANCE) a_in = pc_next;

    case (state_q)
      EXECUTE:
        if (is_alu) b_in = alu;
        else if (is_lui) b_in = immediate;
        else if (is_csr) b_in = csr_new;
        else if (is_store) b_in = b_q[0];
        else b_in = pc_sum;
      LOAD_ALIGN: b_in = in_width ? b_q[0] : extend_q;
      MOVE: b_in = a_q[0];
      TRAP_PC: b_in = pc_q[0];
      TRAP_CAUSE: b_in = count_q[4:2] == '0 ? cause_q[count_q[1:0]] : count_q == 5'd31 && interrupt_q;
      default: b_in = b_q[0];  // turns
    endcase
  end

  // --- the port -------------------------------------------------------------------------------
  // a fetch that was asked for is waited for: whoever answers may be in the middle of it
  logic interrupt, asked_q, reads_zero, done;
  assign interrupt = state_q == FETCH && !asked_q && timer_interrupt && mtie_q && mie_q;
  always_comb begin
    bus_valid = 1'b1;
    bus_write = 1'b0;
    bus_register = 1'b1;
    bus_index = {1'b0, ir_q[19:15]};
    case (state_q)
      FETCH: begin
        bus_valid = !interrupt;
        bus_register = 1'b0;
      end
      LOAD: bus_register = 1'b0;
      STORE: begin
        bus_write = 1'b1;
        bus_register = 1'b0;
      end
      READ_1: if (is_mret) bus_index = INDEX_MEPC;
      READ_2: bus_index = is_system ? csr_index : {1'b0, ir_q[24:20]};
      WRITE_BACK: begin
        bus_write = 1'b1;
        bus_index = {1'b0, ir_q[11:7]};
        bus_valid = ir_q[11:7] != '0;  // never x0
      end
      CSR_WRITE: begin
        bus_write = 1'b1;
        bus_index = csr_index;
      end
      TRAP_MEPC, TRAP_MCAUSE: begin
        bus_write = 1'b1;
        bus_index = state_q == TRAP_MEPC ? INDEX_MEPC : INDEX_MCAUSE;
      end
      TRAP_MTVEC: bus_index = INDEX_MTVEC;
      default: bus_valid = 1'b0;
    endcase
  end
  assign bus_fetch = state_q == FETCH;
  assign bus_sequential = !jumped_q;
  assign reads_zero = bus_register && bus_index == '0;
  assign bus_addr = a_q;
  assign bus_wdata = {b_q[31:1], is_slt && !jump_q ? less_q : b_q[0]};
  assign bus_strobe = funct3_q[1] ? 4'b1111 : funct3_q[0] ? {{2{a_q[1]}}, {2{!a_q[1]}}}
      : {a_q[1:0] == 2'd3, a_q[1:0] == 2'd2, a_q[1:0] == 2'd1, a_q[1:0] == 2'd0};
  assign done = bus_ready || !bus_valid;

  logic misaligned;  // in DECIDE
  assign misaligned = is_load || is_store ? (funct3_q[0] && a_q[0]) || (funct3_q[1] && a_q[1:0] != 2'd0)
      : is_jalr ? a_q[1] : is_jal ? ir_q[21] : taken && ir_q[8];

  state_t state_d;
  logic trap;
  logic [3:0] cause;
  always_comb begin
    state_d = state_q;
    trap = 1'b0;
    cause = CAUSE_ILLEGAL;
    case (state_q)
      FETCH:
        if (interrupt) begin
          trap = 1'b1;
          cause = CAUSE_TIMER;
        end else if (bus_ready) state_d = READ_1;
      READ_1:
        if (bus_ready) begin
          state_d = is_mret ? ADVANCE : READ_2;
          if (illegal) trap = 1'b1;
          else if (is_system && !is_csr && ir_q[31:21] == '0) begin
            trap = 1'b1;
            cause = ir_q[20] ? CAUSE_EBREAK : CAUSE_ECALL;
          end
        end
      READ_2: if (bus_ready) state_d = EXECUTE;
      EXECUTE: if (last) state_d = DECIDE;
      DECIDE: begin
        trap = misaligned;
        cause = is_load ? CAUSE_LOAD : is_store ? CAUSE_STORE : CAUSE_JUMP;
        state_d = is_load ? LOAD : is_store ? STORE_ALIGN : is_csr ? CSR_WRITE
            : is_branch || is_system || op_q == OP_FENCE ? ADVANCE : WRITE_BACK;
      end
      LOAD: if (bus_ready) state_d = LOAD_ALIGN;
      LOAD_ALIGN: if (last) state_d = WRITE_BACK;
      STORE_ALIGN: if (!shifting) state_d = STORE;
      STORE: if (bus_ready) state_d = ADVANCE;
      CSR_WRITE: if (bus_ready) state_d = MOVE;
      MOVE: if (last) state_d = WRITE_BACK;
      WRITE_BACK: if (done) state_d = ADVANCE;
      ADVANCE: if (last) state_d = FETCH;
      TRAP_PC: if (last) state_d = TRAP_MEPC;
      TRAP_MEPC: if (bus_ready) state_d = TRAP_CAUSE;
      TRAP_CAUSE: if (last) state_d = TRAP_MCAUSE;
      TRAP_MCAUSE: if (bus_ready) state_d = TRAP_MTVEC;
      default: if (bus_ready) state_d = ADVANCE;  // TRAP_MTVEC
    endcase
    if (trap) state_d = TRAP_PC;
  end

  always_ff @(posedge clk) begin
    state_q <= state_d;
    asked_q <= state_q == FETCH && !interrupt && !bus_ready;
    if (step) begin
      count_q <= count_q + 5'd1;
      ir_q <= {ir_q[0], ir_q[31:1]};
      pc_q <= {state_q == ADVANCE ? pc_next : pc_q[0], pc_q[31:1]};
      carry_q <= (x && y_added) || (x && carry) || (y_added && carry);
      pc_carry_q <= (pc_q[0] && pc_added) || (pc_q[0] && pc_carry) || (pc_added && pc_carry);
      if (in_width) extend_q <= b_q[0] && !funct3_q[2];
    end
    if (step && state_q == EXECUTE) begin
      differ_q <= (x ^ y) || (differ_q && !first);
      // signed: the highest bit counts the other way round
      if (x ^ y) less_q <= last && !(is_branch ? funct3_q[1] : funct3_q[0]) ? x : y;
      else if (first) less_q <= 1'b0;
      if (is_csr && csr_mstatus_q && count_q == 5'd3) mie_q <= csr_new;
      if (is_csr && csr_mstatus_q && count_q == 5'd7) mpie_q <= csr_new;
      if (is_csr && csr_mie_q && count_q == 5'd7) mtie_q <= csr_new;
    end

    if (serial && !(state_q == EXECUTE && is_shift && !right && shifting)) a_q <= {a_in, a_q[31:1]};
    if ((serial && !(state_q == EXECUTE && right && shifting)) || (state_q == STORE_ALIGN && shifting)) b_q <= {b_in, b_q[31:1]};
    if (shifting && (serial || state_q == STORE_ALIGN)) amount_q <= amount_q - 5'd1;

    if (bus_ready)
      case (state_q)
        FETCH:
          if (!interrupt) begin
            ir_q <= bus_rdata;
            op_q <= bus_rdata[6:2];
            funct3_q <= bus_rdata[14:12];
            alt_q <= bus_rdata[30];
            sign_q <= bus_rdata[31];
          end
        READ_1, TRAP_MTVEC: a_q <= reads_zero ? '0 : bus_rdata;
        READ_2: begin
          b_q <= reads_zero ? '0 : bus_rdata;
          amount_q <= !is_shift ? '0 : op_q == OP_IMMEDIATE ? ir_q[24:20] : reads_zero ? '0 : bus_rdata[4:0];
          csr_mstatus_q <= csr_index == INDEX_MSTATUS;
          csr_mie_q <= csr_index == INDEX_MIE;
          csr_aligned_q <= csr_index == INDEX_MTVEC || csr_index == INDEX_MEPC;
        end
        LOAD: b_q <= bus_rdata;
        default: ;
      endcase
    // right by as many bytes as the address says, or left
    if (state_q == DECIDE) amount_q <= {a_q[1] ^ (is_store && a_q[0]), a_q[0], 3'd0};

    if (trap) begin
      jump_q <= 1'b1;
      interrupt_q <= interrupt;
      cause_q <= cause;
      mpie_q <= mie_q;
      mie_q <= 1'b0;
    end else if (state_q == READ_1 && bus_ready && is_mret) {jump_q, mie_q, mpie_q} <= {1'b1, mpie_q, 1'b1};
    if (state_q == ADVANCE && last) begin
      jump_q <= 1'b0;
      jumped_q <= from_a || taken;
    end

    if (rst) begin
      state_q <= FETCH;
      a_q <= RESET_PC;
      pc_q <= RESET_PC;
      count_q <= '0;
      asked_q <= 1'b0;
      amount_q <= '0;
      jump_q <= 1'b0;
      jumped_q <= 1'b1;
      mie_q <= 1'b0;
      mpie_q <= 1'b0;
      mtie_q <= 1'b0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;

`ifdef FORMAL_WHOLE
  // One instruction, whole: from any state in which the core may stand between two, before a memory without waiting, to the next
  // fetch, where such a state has to be again. What it has to do is said a second time in rv32_manual.sv.
  logic f_began = 1'b0, f_ended = 1'b0;
  logic [7:0] f_clocks = '0;
  logic [31:0] f_word, f_pc, f_a, f_b, f_memory, f_mtvec;
  logic f_interrupt, f_wrote, f_stored, f_loaded, f_csr_wrote, f_trapped, f_mie, f_mpie, f_mtie;

  always_comb begin
    assume (!rst && bus_ready && !f_ended);
    if (!f_began) begin
      assume (state_q == FETCH && a_q == pc_q && pc_q[1:0] == 2'd0 && count_q == '0 && !jump_q);
`ifdef FORMAL_OPCODE
      assume (!interrupt && bus_rdata[6:0] == 7'(`FORMAL_OPCODE));
`else
      case (bus_rdata[6:0])
        7'h03, 7'h13, 7'h17, 7'h23, 7'h33, 7'h37, 7'h63, 7'h67, 7'h6F, 7'h73: assume (interrupt);
        default: ;
      endcase
`endif
    end
  end

  always_ff @(posedge clk) begin
    f_clocks <= f_clocks + 8'd1;
    case (state_q)
      READ_1: f_a <= bus_index == '0 ? '0 : bus_rdata;
      READ_2: f_b <= bus_index == '0 ? '0 : bus_rdata;
      LOAD: f_memory <= bus_rdata;
      TRAP_MTVEC: f_mtvec <= bus_rdata;
      default: ;
    endcase
    if (bus_valid) begin
      f_wrote <= f_wrote || state_q == WRITE_BACK;
      f_stored <= f_stored || state_q == STORE;
      f_loaded <= f_loaded || state_q == LOAD;
      f_csr_wrote <= f_csr_wrote || state_q == CSR_WRITE;
      f_trapped <= f_trapped || state_q == TRAP_MTVEC;
    end
    if (!f_began) begin
      f_began <= 1'b1;
      f_word <= bus_rdata;
      f_pc <= pc_q;
      f_interrupt <= interrupt;
      {f_wrote, f_stored, f_loaded, f_csr_wrote, f_trapped} <= '0;
      {f_mie, f_mpie, f_mtie} <= {mie_q, mpie_q, mtie_q};
    end else if (state_q == FETCH) f_ended <= 1'b1;
  end

  logic m_legal, m_trap, m_writes, m_is_csr, m_is_mret;
  logic [31:0] m_cause, m_result, m_next, m_address, m_csr_new;
  logic [2:0] m_status;
  rv32_manual manual (
      .word(f_word), .pc(f_pc), .rs1(f_a), .rs2(f_b), .loaded(f_memory), .mtvec(f_mtvec), .interrupt(f_interrupt), .status({f_mie, f_mpie, f_mtie}),
      .legal(m_legal), .trap(m_trap), .cause(m_cause), .writes(m_writes), .result(m_result), .next(m_next), .address(m_address),
      .is_csr(m_is_csr), .is_mret(m_is_mret), .csr_new(m_csr_new), .status_next(m_status)
  );

  always_ff @(posedge clk)
    if (f_began && !f_ended) begin
      // it reads the registers rs1 and rs2, or the CSR
      if (state_q == READ_1 && m_legal) assert (bus_index == (m_is_mret ? INDEX_MEPC : {1'b0, f_word[19:15]}));
      if (state_q == READ_2) assert (bus_index == (m_is_csr ? {2'b10, f_word[26], f_word[22:20]} : {1'b0, f_word[24:20]}) || is_system);
      // what comes to rd is what the manual says, and nothing when it traps
      if (state_q == WRITE_BACK && bus_valid) assert (!m_trap && bus_index == {1'b0, f_word[11:7]} && bus_wdata == m_result);
      // a load and a store go to rs1 plus the number, when that is aligned
      if (state_q == LOAD) assert (!m_trap && f_word[6:0] == 7'h03 && bus_addr == m_address);
      if (state_q == STORE) assert (!m_trap && f_word[6:0] == 7'h23 && bus_addr == m_address);
      // a store puts the low bytes of rs2 where the address says, and changes no others
      if (state_q == STORE) begin
        assert (bus_strobe == ((f_word[13] ? 4'hF : f_word[12] ? 4'h3 : 4'h1) << m_address[1:0]));
        for (int i = 0; i < 4; i++)
          if (bus_strobe[i]) assert (bus_wdata[8*i+:8] == 8'(f_b >> {2'(i) - m_address[1:0], 3'd0}));
      end
      // a CSR gets rs1 or the number, or its old value with that set or cleared in it
      if (state_q == CSR_WRITE) begin
        assert (!m_trap && m_is_csr && bus_index == {2'b10, f_word[26], f_word[22:20]});
        if (bus_index != INDEX_MSTATUS && bus_index != INDEX_MIE) assert (bus_wdata == m_csr_new);
      end
      // a trap keeps its instruction's place and its cause, and goes to mtvec
      if (state_q == TRAP_MEPC) assert (m_trap && bus_write && bus_index == INDEX_MEPC && bus_wdata == f_pc);
      if (state_q == TRAP_MCAUSE) assert (m_trap && bus_write && bus_index == INDEX_MCAUSE && bus_wdata == m_cause);
      if (state_q == TRAP_MTVEC) assert (m_trap && !bus_write && bus_index == INDEX_MTVEC);
      if (state_q == FETCH) begin
        // the next instruction stands where the manual says
        assert (pc_q == m_next);
        if (bus_sequential) assert (pc_q == f_pc + 32'd4);
        // it ends in a state in which it may begin
        assert (a_q == pc_q && pc_q[1:0] == 2'd0 && count_q == '0 && !jump_q);
        // it has done what it owes, and nothing else
        assert (f_trapped == m_trap && f_wrote == (m_writes && f_word[11:7] != '0 && !m_trap));
        assert (f_loaded == (f_word[6:0] == 7'h03 && !m_trap) && f_stored == (f_word[6:0] == 7'h23 && !m_trap));
        assert (f_csr_wrote == (m_is_csr && !m_trap));
        // interrupts are allowed as the manual says: not after a trap, as before it after mret
        assert ({mie_q, mpie_q, mtie_q} == m_status);
      end
      // it ends in time
      assert (f_clocks < 8'(`FORMAL_WHOLE));
    end
`ifdef FORMAL_REACH
  always_comb assert (!(f_began && state_q == FETCH));
`endif
`else
  always_comb if (!past_q) assume (rst);
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst) && $past(bus_valid && !bus_ready)) begin
      // an access that waits stands still, and so does the core: what is proven before a memory without waiting holds before any
      assert ({bus_valid, bus_write, bus_register, bus_index, bus_addr, bus_strobe, bus_wdata}
          == $past({bus_valid, bus_write, bus_register, bus_index, bus_addr, bus_strobe, bus_wdata}));
      assert (state_q == $past(state_q));
      assert ({a_q, b_q, pc_q, ir_q, count_q, amount_q, jump_q, less_q, mie_q, mpie_q, mtie_q}
          == $past({a_q, b_q, pc_q, ir_q, count_q, amount_q, jump_q, less_q, mie_q, mpie_q, mtie_q}));
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // x0 is never written, and reads zero whatever stands in its place
      if (bus_valid && bus_write && bus_register) assert (bus_index != '0);
      if ($past(bus_ready && state_q == READ_1 && bus_index == '0 && !rst)) assert (a_q == '0);
      if ($past(bus_ready && state_q == READ_2 && bus_index == '0 && !rst)) assert (b_q == '0);
      // between serial passes the bit counter stands at nought, and the state is one of those that there are
      assert (serial || count_q == '0);
      assert (state_q <= TRAP_MTVEC);
      // the first instruction is fetched from where reset says
      if ($past(rst) && bus_fetch && bus_valid) assert (bus_addr == RESET_PC);
      // waiting for an access is the only way to stand still
      if (!$past(rst) && !$past(bus_valid && !bus_ready) && !$past(serial) && !$past(state_q == STORE_ALIGN)) assert (state_q != $past(state_q));
      cover (state_q == EXECUTE && $past(reads_zero));
    end
`endif
`endif
endmodule
