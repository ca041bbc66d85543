// SPDX-License-Identifier: Apache-2.0
#include "host/core/parameters/parameters.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace understudy::core {
namespace {
namespace limits = protocol::limits;

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}
}  // namespace

std::expected<void, Error> Parameters::allows(std::string_view key, std::string_view value) const {
  if (key.empty() || key.size() > limits::parameter_key_max ||
      !std::all_of(key.begin(), key.end(), is_key_character))
    return error("a parameter's name is 1 to " + std::to_string(limits::parameter_key_max) +
                 " characters of a-z, 0-9, '_', '.', '-'");
  if (value.size() > limits::parameter_bytes_max)
    return error("the value of '" + std::string(key) + "' has " + std::to_string(value.size()) +
                 " bytes, allowed are " + std::to_string(limits::parameter_bytes_max));
  if (!values_.contains(key) && values_.size() >= limits::parameters_max)
    return error("all " + std::to_string(limits::parameters_max) +
                 " places for parameters are taken");
  return {};
}

void Parameters::set(std::string_view key, std::string_view value) {
  values_.insert_or_assign(std::string(key), std::string(value));
}

std::string_view Parameters::get(std::string_view key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? std::string_view() : std::string_view(it->second);
}

Parameters::Difference Parameters::diff_from(const Parameters& old) const {
  Difference out;
  for (const auto& [key, value] : values_) {
    const auto before = old.values_.find(key);
    if (before == old.values_.end() || before->second != value) out.push_back({key, value});
  }
  for (const auto& [key, value] : old.values_)
    if (!values_.contains(key) && !value.empty()) out.push_back({key, ""});
  return out;
}

void Parameters::apply(const Difference& difference) {
  for (const auto& change : difference) set(change.key, change.value);
}

}  // namespace understudy::core
