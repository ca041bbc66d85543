#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lints the gateware: verilator -Wall over the top and every module that stands outside it, then yosys
# synthesis of the 640x480 top (memories kept) which fails on a latch or a combinational loop.
# Usage: lint.sh [YOSYS_LOG]; prints cells and memory bits.
set -euo pipefail
cd "$(dirname "$0")"
log=${1:-$(mktemp)}
verilator=(verilator --lint-only -Wall -y . -y soc -y pcie waivers.vlt understudy_pkg.sv)
for top in understudy_top video_crossing soc/soc_top pcie/pcie_link; do
  "${verilator[@]}" --top-module "${top##*/}" "$top.sv"
done
for raster in "48 80 16 20 52 60 17 18" "1920 2200 1080 1125 2008 2052 1084 1089"; do
  read -r ha ht va vt hs he vs ve <<<"$raster"
  "${verilator[@]}" --top-module understudy_top understudy_top.sv -GH_ACTIVE="$ha" -GH_TOTAL="$ht" \
    -GV_ACTIVE="$va" -GV_TOTAL="$vt" -GH_SYNC_START="$hs" -GH_SYNC_END="$he" -GV_SYNC_START="$vs" -GV_SYNC_END="$ve"
done
echo "verilator -Wall: clean ($(ls ./*.sv soc/*.sv pcie/*.sv | wc -l) files)"

modules=$(ls ./*.sv | grep -v understudy_pkg)
# shellcheck disable=SC2086
if ! yosys -Q -T -l "$log" -p "
    read_verilog -sv understudy_pkg.sv $(echo $modules);
    hierarchy -check -top understudy_top; proc; flatten; opt -fast; tee -q -o $log.words stat; memory -nomap; opt -fast; check -assert;
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$_DLATCH*;
    tee -q -o $log.stat stat -width;" >"$log.out" 2>&1; then
  grep -hE "ERROR|^Warning" "$log" | sort -u | head -20 >&2 || true
  echo "lint.sh: yosys refuses the gate; its log is $log" >&2
  exit 1
fi
if grep -E "Latch inferred|found logic loop" "$log" >&2; then
  echo "lint.sh: a latch or a loop (log: $log)" >&2
  exit 1
fi
bits=$(sed -n 's/.*Number of memory bits: *//p' "$log.words" | head -1)
memories=$(sed -n 's/.*Number of memories: *//p' "$log.words" | head -1)
cells=$(sed -n 's/.*Number of cells: *//p' "$log.stat" | head -1)
flops=$(awk '$1 ~ /^\$[a-z]*dff[a-z]*_[0-9]+$/ {split($1, part, "_"); n += part[2] * $2} END {print n + 0}' "$log.stat")
echo "yosys $(yosys -V | cut -d' ' -f2), understudy_top 640x480: $cells word-level cells, $flops flip-flops; $memories memories, $bits bits"
echo "no latch, no loop"

# the soft core and its devices: on an iCE40 a cell is a LUT with its flip-flop
read -ra soc <<<"$(ls soc/*.sv | grep -v rv32_manual | paste -sd' ')"
for top in rv32_core soc_top; do
  yosys -Q -T -l "$log.soc" -p "read_verilog -sv understudy_pkg.sv ${soc[*]}; synth_ice40 -abc9 -device hx -top $top; check -assert; select -assert-none t:\$dlatch t:\$_DLATCH*" >/dev/null ||
    { echo "lint.sh: yosys refuses $top; its log is $log.soc" >&2; exit 1; }
  awk -v top=$top '/SB_LUT4|SB_DFF|SB_RAM40_4K/ {n[substr($1, 1, 6)] += $2} /^=== / {delete n}
    END {printf "%s on iCE40: %d LUT4, %d flip-flops, %d block RAM\n", top, n["SB_LUT"], n["SB_DFF"], n["SB_RAM"]}' "$log.soc"
done

# the link behind PCIe, for the devices whose streams it speaks
yosys -Q -T -l "$log.pcie" -p "read_verilog -sv understudy_pkg.sv pcie/*.sv; synth_xilinx -family xc7 -top pcie_link; check -assert; select -assert-none t:LDCE t:LDPE" >/dev/null ||
  { echo "lint.sh: yosys refuses pcie_link; its log is $log.pcie" >&2; exit 1; }
awk '/^=== / {delete n} /^ +(LUT[1-6]|FD[CPRS]E|RAMB36E1) / {n[substr($1, 1, 2)] += $2}
  END {printf "pcie_link on Xilinx 7: %d LUTs, %d flip-flops, %d block RAM of 36 kbit\n", n["LU"], n["FD"], n["RA"]}' "$log.pcie"
