#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verilator -Wall over every board's top, the gate in it, and what the boards share.
set -euo pipefail
cd "$(dirname "$0")/.."
for file in boards/*/board.sh; do
  # shellcheck source=/dev/null
  source "$file"
  board=$(basename "$(dirname "$file")")
  verilator --lint-only -Wall rtl/waivers.vlt boards/waivers.vlt rtl/understudy_pkg.sv \
    -y "boards/$board" -y boards/common -y boards/simulation -y rtl -y rtl/soc -y rtl/pcie --top-module "$top_module" "boards/$board/$top_module.sv"
done
echo "verilator -Wall: the boards are clean ($(ls boards/*/board.sh | wc -l))"
