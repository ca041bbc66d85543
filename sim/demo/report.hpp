// SPDX-License-Identifier: Apache-2.0
// What a run leaves behind: report.json for programs, report.html for people (stands alone: style,
// drawings and pictures inside, no network), ten lines for the terminal.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/demo/run.hpp"

namespace understudy::demo {

/// All but `wall` is the same in two runs of one seed.
Json report_json(const Run& run);
std::string report_html(const Run& run);

/// "0 of 240 frames lost. B's lines went out 2 lines after the fault; on air from frame 121."
std::string headline(const Run& run);
std::vector<std::string> summary(const Run& run);
/// What one types to have this run again; not where its report went, so that two runs say the same.
std::string command(const Settings& settings);

/// Errors: which file could not be written and why.
std::expected<void, Error> write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace understudy::demo
