// SPDX-License-Identifier: Apache-2.0
// The run around the fault as two drawings (SVG): frames wide, and a few lines wide; the x axis is
// the pixel clock.
#pragma once

#include <string>

#include "sim/demo/run.hpp"

namespace understudy::demo {

std::string frames_timeline(const Run& run);
std::string lines_timeline(const Run& run);

/// Text made safe for HTML and SVG.
std::string escaped(std::string_view text);

}  // namespace understudy::demo
