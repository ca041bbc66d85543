// SPDX-License-Identifier: Apache-2.0
// The parameters that both servers must share, as a state that only knows how to tell the
// difference from another one, to take a difference, and to be equal (mosh's idea). Bounded.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/error.hpp"

namespace understudy::core {

struct ParameterChange {
  std::string key;    // 1..63 bytes of [a-z0-9_.-]
  std::string value;  // up to parameter_bytes_max
  bool operator==(const ParameterChange&) const = default;
};

class Parameters {
 public:
  using Difference = std::vector<ParameterChange>;

  /// Whether the change may be made here: key's form, value's size, number of parameters.
  std::expected<void, Error> allows(std::string_view key, std::string_view value) const;
  void set(std::string_view key, std::string_view value);
  /// Empty when there is none.
  std::string_view get(std::string_view key) const;

  /// What must be applied to `old` to give every key here its value; a key that only `old` has gets
  /// an empty one.
  Difference diff_from(const Parameters& old) const;
  void apply(const Difference& difference);
  bool operator==(const Parameters&) const = default;

  const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace understudy::core
