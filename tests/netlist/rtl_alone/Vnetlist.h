// SPDX-License-Identifier: Apache-2.0
// No bitstream at hand: the RTL stands in the netlist's place too. So plain tests run a board's scenarios, links
// and inputs on every change; that the bits do the same is `./dev test netlist`.
#pragma once

#include "Vrtl.h"

using Vnetlist = Vrtl;
