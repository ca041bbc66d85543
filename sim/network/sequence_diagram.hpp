// SPDX-License-Identifier: Apache-2.0
// Who said what to whom when the download changed servers: drawn from the packets heard at the
// client's network card, and the daemons' decisions.
#pragma once

#include <string>
#include <vector>

#include "sim/network/outcome.hpp"

namespace understudy::network {

struct SequenceRow {
  enum class By : uint8_t { first, client, second, nobody };  // nobody: across all three
  WallTime at;
  By by = By::nobody;
  std::string words;
};

/// Around the change of servers, in order of time; what is alike and follows itself is one row.
std::vector<SequenceRow> sequence_rows(const Outcome& outcome);
/// As SVG.
std::string sequence_diagram(const Outcome& outcome);

}  // namespace understudy::network
