// SPDX-License-Identifier: Apache-2.0
// One structured line of the daemon's events: what happened, when, and named facts in a fixed
// order. Nothing in it depends on process ids, sockets or random numbers, so two runs with one seed
// give the same records.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/core/time.hpp"

namespace understudy {

enum class Severity : uint8_t { debug, info, warning, error };

constexpr std::string_view to_text(Severity s) {
  constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
  return names[static_cast<uint8_t>(s)];
}

using RecordValue = std::variant<bool, int64_t, std::string>;
using RecordField = std::pair<std::string, RecordValue>;

struct Record {
  Instant at;
  FrameNumber frame;  // the last tick's
  Term term;
  Severity severity = Severity::info;
  std::string kind;                 // snake_case: "state", "gate", "application", ...
  std::vector<RecordField> fields;  // in the order to be written
};

}  // namespace understudy
