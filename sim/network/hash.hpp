// SPDX-License-Identifier: Apache-2.0
// SHA-256 as `sha256sum` says it, so that anybody can compare.
#pragma once

#include <string>

namespace understudy::network {

/// 64 hex digits; empty when the file cannot be read.
std::string hash_of_file(const std::string& path);
std::string hash_of_text(const std::string& text);

}  // namespace understudy::network
