// SPDX-License-Identifier: Apache-2.0
// What a record says, in words for a person: every code by its name, every number with its unit.
#pragma once

#include <string>

#include "sim/demo/event_merge.hpp"

namespace understudy::demo {

/// "unprotected, picture_a"; "none" for 0.
std::string alarm_words(uint32_t alarms);
/// The facts of a merged record without its time, who and kind: "frame 120, line 200, from B".
std::string fact_words(const Json& record);

}  // namespace understudy::demo
