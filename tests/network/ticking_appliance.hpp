// SPDX-License-Identifier: Apache-2.0
// The link side of an appliance that runs freely at 60 frames a second of wall time: ticks to both
// servers, whoever beats and is fit may be on air. It waits for nobody: what a stopped daemon does
// not read stays in its socket, as on a real wire.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace understudy::network {

class TickingAppliance {
 public:
  explicit TickingAppliance(const std::string& directory);
  ~TickingAppliance();
  static std::string uri(const std::string& directory, const std::string& node) {
    return "sim:unix:" + directory + (node == "one" ? "/link-a" : "/link-b");
  }
  /// 0: one, 1: two.
  int on_air() const { return on_air_; }
  uint32_t term() const { return term_; }
  /// An operator's word: whatever the beats say, until the next change.
  void put_on_air(int server) { wanted_ = server; }
  std::atomic<bool> automatic = true;

 private:
  void run(std::string directory);
  std::atomic<int> on_air_ = 0, wanted_ = -1;
  std::atomic<uint32_t> term_ = 1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace understudy::network
