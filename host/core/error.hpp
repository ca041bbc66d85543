// SPDX-License-Identifier: Apache-2.0
// What went wrong in the world, as a value: one sentence that names the thing and what was
// expected.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace understudy {

struct Error {
  std::string text;
  bool operator==(const Error&) const = default;
};

inline std::unexpected<Error> error(std::string text) {
  return std::unexpected(Error{std::move(text)});
}

}  // namespace understudy
