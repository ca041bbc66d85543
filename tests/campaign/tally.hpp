// SPDX-License-Identifier: Apache-2.0
// The runs of a campaign summed up, as a table and as JSON.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace understudy::network {

class Tally {
 public:
  /// What `perform` says of a run.
  void add(const nlohmann::json& run);
  size_t runs() const { return runs_.size(); }
  size_t wrong() const { return wrong_; }
  double worst_ms() const { return worst_ms_; }
  std::string table() const;
  nlohmann::json summary() const;

 private:
  struct Row {
    size_t clients = 0, wrong = 0;
    std::vector<double> from_strike, from_decision;  // milliseconds
  };
  static std::string line(const std::string& name, const Row& row);
  static nlohmann::json json_of(const Row& row);

  std::vector<nlohmann::json> runs_;
  std::map<std::string, Row> by_kind_, by_strike_;
  Row all_;
  size_t wrong_ = 0, resets_ = 0, given_up_ = 0, taken_over_ = 0;
  double worst_ms_ = 0;
};

}  // namespace understudy::network
