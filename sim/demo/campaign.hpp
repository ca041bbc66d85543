// SPDX-License-Identifier: Apache-2.0
// Many short runs, each with its own random fault, place and seed, and what the worst of them was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/demo/failure.hpp"
#include "sim/demo/options.hpp"
#include "sim/demo/run.hpp"

namespace understudy::demo {

/// One run's result, small enough to be handed from one process to another.
struct CampaignRow {
  uint32_t number = 0;
  FaultName fault = FaultName::none;
  std::string command;  // that repeats it
  bool right = false;
  uint32_t latency_lines = 0, latency_frames = 0, beats_late = 0;
  bool took_over = false;
  uint64_t pixels_wrong = 0, frames_damaged = 0;
  std::vector<std::string> complaints;
};

/// What is run as number `n`: a pure function of the campaign's settings.
Settings campaign_run(const CampaignSettings& campaign, uint32_t n);
std::string campaign_table(const std::vector<CampaignRow>& rows);
Json campaign_json(const CampaignSettings& campaign, const std::vector<CampaignRow>& rows);

/// Runs all and prints the table. The exit code.
int run_campaign(const CampaignSettings& campaign, int interrupt);

}  // namespace understudy::demo
