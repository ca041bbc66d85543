// SPDX-License-Identifier: Apache-2.0
// What one run of the network demo came to: facts, the verdict over them, and both in words.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/network/client.hpp"

namespace understudy::network {

struct Holder {                   // who is on air, as the daemon on air says it
  std::string server = "nobody";  // "A", "B"
  uint32_t term = 0;
  Mac mac{};  // of its network card
};

struct Outcome {
  std::string fault, fault_words, command;
  bool expect_change = true;
  WallTime struck;
  uint64_t bytes_at_fault = 0;  // of the download
  Holder before, after;
  Mac second{};  // of the server that is to go on
  std::string second_name = "B";
  struct Decision {
    WallTime at;
    std::string words;
  };
  std::vector<Decision> decisions;  // of the second's daemon, after the fault
  std::vector<ClientOutcome> clients;
  Voices voices;
  uint32_t packets_missed = 0;
  // Dropped by the fence of the one who served, for its daemon did not run and the lease was over.
  uint64_t held_back = 0;
  std::string delivery_says;  // of the takeover
  std::vector<Heard> heard;   // all of it, for the drawings

  std::vector<std::string> complaints() const;
  /// What the machine did to the run besides the fault; empty: nothing. What is wrong in a run that
  /// was disturbed says nothing about the servers.
  std::string disturbance() const;
  double after_fault(WallTime at) const {  // ms
    return std::chrono::duration<double, std::milli>(at - struck).count();
  }
};

std::string mac_text(const Mac& m);
/// "curl           256 MiB of 256 MiB": what a client got, in words.
std::string got_words(const ClientOutcome& client);
std::vector<std::string> summary(const Outcome& outcome);
nlohmann::ordered_json to_json(const Outcome& outcome);

}  // namespace understudy::network
