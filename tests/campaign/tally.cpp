// SPDX-License-Identifier: Apache-2.0
#include "tests/campaign/tally.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace understudy::network {
namespace {

using nlohmann::json;

double part_of(std::vector<double> all, double part) {
  if (all.empty()) return 0;
  std::sort(all.begin(), all.end());
  return all[static_cast<size_t>(part * double(all.size() - 1))];
}

std::string milliseconds(const std::vector<double>& all, double part) {
  return all.empty() ? "-" : fmt::format("{:.1f}", part_of(all, part));
}

}  // namespace

void Tally::add(const json& run) {
  runs_.push_back(run);
  wrong_ += !run["complaints"].empty();
  resets_ += run.value("resets", size_t{0});
  given_up_ += run.value("given_up", size_t{0});
  taken_over_ += run.value("taken_over", size_t{0});
  if (!run.contains("clients")) return;
  for (const auto& c : run["clients"])
    for (auto* row : {&by_kind_[c["kind"]], &by_strike_[run["strike"]], &all_}) {
      ++row->clients;
      row->wrong += c.contains("wrong");
      if (!c.contains("from_decision_ms")) continue;
      row->from_strike.push_back(c["from_strike_ms"]);
      row->from_decision.push_back(c["from_decision_ms"]);
      worst_ms_ = std::max(worst_ms_, row->from_decision.back());
    }
}

std::string Tally::line(const std::string& name, const Row& row) {
  return fmt::format("{:<14}{:>8}{:>7}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}\n", name, row.clients,
                     row.wrong, milliseconds(row.from_strike, 0.5),
                     milliseconds(row.from_strike, 1), milliseconds(row.from_decision, 0.5),
                     milliseconds(row.from_decision, 0.99), milliseconds(row.from_decision, 0.999),
                     milliseconds(row.from_decision, 1));
}

std::string Tally::table() const {
  auto out = fmt::format("{:<14}{:>8}{:>7}{:>22}{:>44}\n", "", "", "", "from strike, ms",
                         "from decision to first new byte, ms");
  out += fmt::format("{:<14}{:>8}{:>7}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "clients", "count",
                     "wrong", "median", "worst", "median", "99 %", "99.9 %", "worst");
  for (const auto& [name, row] : by_kind_) out += line(name, row);
  out += "\n";
  for (const auto& [name, row] : by_strike_) out += line(name, row);
  out += "\n" + line("all", all_);
  out += fmt::format(
      "\n{} runs, {} not right; {} connections taken over, {} given up; {} resets at the client\n",
      runs_.size(), wrong_, taken_over_, given_up_, resets_);
  return out;
}

json Tally::json_of(const Row& row) {
  json out{{"clients", row.clients}, {"wrong", row.wrong}};
  for (const auto& [name, all] :
       {std::pair{"from_strike_ms", &row.from_strike}, {"from_decision_ms", &row.from_decision}})
    out[name] = {{"measured", all->size()},
                 {"median", part_of(*all, 0.5)},
                 {"p99", part_of(*all, 0.99)},
                 {"p999", part_of(*all, 0.999)},
                 {"worst", part_of(*all, 1)}};
  return out;
}

json Tally::summary() const {
  json out{{"runs", runs_.size()},      {"wrong", wrong_},
           {"taken_over", taken_over_}, {"given_up", given_up_},
           {"resets", resets_},         {"all", json_of(all_)},
           {"by_kind", json::object()}, {"by_strike", json::object()}};
  for (const auto& [name, row] : by_kind_) out["by_kind"][name] = json_of(row);
  for (const auto& [name, row] : by_strike_) out["by_strike"][name] = json_of(row);
  out["each"] = runs_;
  return out;
}

}  // namespace understudy::network
