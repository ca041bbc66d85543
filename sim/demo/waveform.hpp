// SPDX-License-Identifier: Apache-2.0
// The waveform that the appliance wrote, brought into the report's folder: its writer maps files,
// so it works in the temporary folder, and only a copy meets a disk that may be full.
#pragma once

#include <expected>
#include <filesystem>

#include "host/core/error.hpp"

namespace understudy::demo {

/// `from` and its save file for GTKWave, `from`.gtkw, which then names `to`.
/// Errors: which file could not be read or written, and why.
std::expected<void, Error> keep_waveform(const std::filesystem::path& from,
                                         const std::filesystem::path& to);

}  // namespace understudy::demo
