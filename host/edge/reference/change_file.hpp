// SPDX-License-Identifier: Apache-2.0
// Parameter changes as a file: a JSON object a line, {"index":I,"frame":F,"key":"K","value":"V"}.
// Other members and empty lines are passed over. Errors name the file and the line.
#pragma once

#include <expected>
#include <filesystem>
#include <istream>
#include <string>

#include "host/core/error.hpp"
#include "host/core/render/parameter_timeline.hpp"

namespace understudy::reference {

std::expected<render::ParameterTimeline, Error> read_changes(std::istream& in,
                                                             const std::string& name);
std::expected<render::ParameterTimeline, Error> read_change_file(const std::filesystem::path& file);

}  // namespace understudy::reference
