// SPDX-License-Identifier: Apache-2.0
// Two servers and a client on a LAN, without an appliance: real daemons, a power button for each
// that really resets it (its processes killed, its kernel's addresses and rules gone, started
// anew), and a watcher at the client that sees who speaks from the service address.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "sim/network/lan.hpp"

namespace understudy::network {

using Clock = std::chrono::steady_clock;
using Mac = std::array<uint8_t, 6>;

/// Whoever speaks from an address, as a client's network card sees it. Asks by broadcast again and
/// again, so that a second holder would answer too.
class Watcher {
 public:
  struct Seen {
    Clock::time_point at;
    Mac mac;
  };
  Watcher(const Lan& lan, const std::string& node, const std::string& address);
  ~Watcher();
  std::vector<Seen> seen() const;
  /// How often the speaker changed, and the longest time nobody spoke, since the last call.
  size_t count_after(Clock::time_point t, const Mac& mac) const;

 private:
  void watch(int socket);
  bool v6_ = false;
  std::array<uint8_t, 16> address_{};
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

class Stage {
 public:
  /// `more`: sections for both configurations instead of the usual [ping] and [boot].
  explicit Stage(bool v6 = false);
  ~Stage();

  void start(const std::string& node);
  void stop(const std::string& node);  // kill -9, as a machine that dies: nothing is cleaned
  nlohmann::json status(const std::string& node) const;
  nlohmann::json address(const std::string& node) const;
  bool serves(const std::string& node) const;
  std::string ping_state(const std::string& node) const;
  std::string events(const std::string& node) const;
  std::string log(const std::string& node) const;
  Mac mac(const std::string& node) const;
  /// The client's own `ping` reaches the service address.
  bool client_reaches() const;
  int boots(const std::string& node) const;
  Running& daemon(const std::string& node) { return daemons_[node == "two"]; }

  static bool eventually(const std::function<bool()>& holds, int milliseconds = 8000);

  Lan lan;
  std::string directory;
  std::string service, monitor;
  std::string ping =
      "period_ms = 20\ntimeout_ms = 20\nmisses = 3\nsecond_period_ms = 200\n"
      "copy_every = 10\n";
  std::string boot;             // empty: the power button
  std::string server_sections;  // appliance, for instance
  std::string appliance[2] = {"none", "none"};
  int lease_ms = 100;
  bool power_works = true;
  int boot_takes_ms = 100;

 private:
  void power();
  void reset(int node);
  std::string configuration(const std::string& node) const;

  Running daemons_[2];
  std::array<std::atomic<int>, 2> boots_{};
  std::atomic<bool> stop_ = false;
  std::thread power_;
  mutable std::mutex mutex_;
  bool v6_;
};

}  // namespace understudy::network
