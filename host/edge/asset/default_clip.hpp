// SPDX-License-Identifier: Apache-2.0
// Where the clip is that the build makes with make_default_clip: beside the running program.
#pragma once

#include <expected>
#include <filesystem>

#include "host/core/error.hpp"

namespace understudy::asset {

std::expected<std::filesystem::path, Error> default_clip();

/// An asset as a person names it: a file, or `default`.
std::expected<std::filesystem::path, Error> named_asset(const std::string& name);

}  // namespace understudy::asset
