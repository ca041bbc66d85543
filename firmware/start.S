# SPDX-License-Identifier: Apache-2.0
# Where the core begins: stack, what stands in memory, then main. A trap of any kind is written down and restarts the core, so it has
# no registers to keep.
    .section .start, "ax"
    .globl start
start:
    la sp, stack_top
    la t0, trap
    csrw mtvec, t0
    la t0, moved_from
    la t1, moved_begin
    la t2, moved_end
1:  bgeu t1, t2, 2f
    lw t3, 0(t0)
    sw t3, 0(t1)
    addi t0, t0, 4
    addi t1, t1, 4
    j 1b
2:  la t1, zero_begin
    la t2, zero_end
3:  bgeu t1, t2, 4f
    sw zero, 0(t1)
    addi t1, t1, 4
    j 3b
4:  call main
5:  j 5b

trap:
    la sp, stack_top
    csrr a0, mcause
    csrr a1, mepc
    call trapped
6:  j 6b
