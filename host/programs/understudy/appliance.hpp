// SPDX-License-Identifier: Apache-2.0
// What the commands for the appliance's firmware share: a line to it and its answer, through the
// daemon or, with --appliance, straight over the link.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "host/core/firmware_exchange/firmware_exchange.hpp"
#include "host/edge/transport/firmware_client.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

/// Gives a command the option --appliance.
std::shared_ptr<std::string> add_appliance_choice(CLI::App& command);

/// Prints what went wrong, as text or as JSON, and gives the exit code back.
int fail(const Context& context, int code, const std::string& text);

class Appliance {
 public:
  /// `uri` empty: through the daemon. On any trouble prints it and gives the exit code.
  static std::expected<Appliance, int> open(const Context& context, const std::string& uri);
  /// The firmware's answer, whatever it is.
  std::expected<core::FirmwareAnswer, int> say(const std::string& line);
  /// The same, and anything but *done* is printed and ends in an exit code.
  std::expected<std::string, int> done(const std::string& line);

  struct Progress {
    std::string state, why;  // none, busy, good, bad, cut
  };
  /// Of "boot", "selftest" or "press", as the firmware says it.
  std::expected<Progress, int> progress(const std::string& what);
  /// Asks until it is no longer busy; `tell` gets each new reason.
  std::expected<Progress, int> wait(const std::string& what);

 private:
  Appliance(const Context& context, std::unique_ptr<edge::FirmwareClient> direct)
      : context_(&context), direct_(std::move(direct)) {}
  const Context* context_;
  std::unique_ptr<edge::FirmwareClient> direct_;
};

}  // namespace understudy::tool
