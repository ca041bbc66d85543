// SPDX-License-Identifier: Apache-2.0
// One run: a mix of clients in a network of its own, the strike, what came of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/campaign/mix.hpp"

namespace understudy::network {

/// Makes the folder that runs serve from: big, small, v.ts. Once a campaign; ffmpeg makes v.ts.
void make_assets(const std::string& folder);

/// {seed, strict, strike, clients: [{kind, ipv6, from_strike_ms, from_decision_ms, wrong}],
/// taken_over, given_up, resets, complaints}. Times are to the client's first new byte from the
/// second server, at its network card. `keep`: where logs and the capture go when it is not right.
nlohmann::json perform(const Mix& mix, const std::string& assets, const std::string& keep);

}  // namespace understudy::network
