// SPDX-License-Identifier: Apache-2.0
// The command line of understudy-demo.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "sim/demo/failure.hpp"
#include "sim/demo/run.hpp"

namespace understudy::demo {

struct CampaignSettings {
  std::string programs, video, raster = "480p";
  uint32_t runs = 300, frames = 48, jobs = 0;  // jobs 0: as many as there are cores
  uint64_t seed = 1;
  std::string report;  // JSON goes there; empty: none
};

/// From here on the pair is proven equal, in any raster and with any seed: eight equal frames after
/// the first, and the source's lines run two and a little ahead of the output's.
inline constexpr uint32_t first_protected_frame = 8, first_protected_line = 3;

/// Nothing to run: help was printed.
struct OnlyHelp {};

using Command = std::variant<Settings, CampaignSettings, OnlyHelp>;

/// Errors are told as one sentence that names the option and what is allowed.
Result<Command> read_options(int argc, const char* const* argv);

/// "120" or "120:200". The line that is not given comes from the seed.
Result<std::pair<uint32_t, std::optional<uint32_t>>> read_place(const std::string& text);
/// "90:caption=hello".
Result<ParameterChange> read_change(const std::string& text);

}  // namespace understudy::demo
