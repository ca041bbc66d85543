// SPDX-License-Identifier: Apache-2.0
// The run around the fault as two drawings (SVG): frames wide, and a few lines wide; the x axis is
// the pixel clock.
#pragma once

#include <string>

#include "sim/demo/drawing.hpp"
#include "sim/demo/run.hpp"

namespace understudy::demo {

std::string frames_timeline(const Run& run);
std::string lines_timeline(const Run& run);

}  // namespace understudy::demo
