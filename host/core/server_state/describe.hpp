// SPDX-License-Identifier: Apache-2.0
// The state table for people: STATES.md is this text, and a test fails when it is not.
#pragma once

#include <string>

namespace understudy::core {

/// The picture (docs/states.svg), the table row by row, and what each event means.
std::string states_markdown();

}  // namespace understudy::core
