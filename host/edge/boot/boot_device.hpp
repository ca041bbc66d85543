// SPDX-License-Identifier: Apache-2.0
// How the other server is booted (PM-1, PM-20). One interface; what a device proves differs: a
// power cycle seen to be off proves that the other holds nothing; a magic packet proves nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

enum class BootKind : uint8_t { none, command, ipmi, wol, relay };

struct BootOptions {
  BootKind kind = BootKind::none;
  std::chrono::milliseconds timeout{10'000};  // for all of it
  std::chrono::milliseconds hold{30'000};     // least time between two
  std::vector<std::string> command;           // command: program and its arguments
  std::string host, user, password_file;      // ipmi
  uint16_t port = 623;
  std::string cipher_suite;  // ipmi: as ipmitool's -C; empty: its default
  std::string mac;           // wol
  std::string broadcast = "255.255.255.255";
};

/// What this device needs and this machine does not have, with the key and what to do; empty:
/// nothing.
std::string boot_lacks(const BootOptions& options);

class BootDevice {
 public:
  using Ended = std::function<void(Result<void>)>;
  /// relay: asks the appliance to cut this server's peer's power; it answers when that has struck.
  using AskAppliance = std::function<void(Ended)>;

  static std::unique_ptr<BootDevice> make(boost::asio::io_context& io, const BootOptions& options,
                                          AskAppliance relay);
  virtual ~BootDevice() = default;
  /// Calls back once, later: success means that the other server was off after this call.
  /// A device that is destroyed does not call back.
  virtual void boot(Ended ended) = 0;
  /// Success proves that the other was off. Without it nobody may serve on it.
  virtual bool proves() const = 0;
  virtual std::string describe() const = 0;
};

}  // namespace understudy::edge
