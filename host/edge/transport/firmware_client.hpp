// SPDX-License-Identifier: Apache-2.0
// Lines for an appliance's firmware straight over its link, for a tool on a machine where no
// daemon has it. Sends no heartbeats: a server that is only looked at is not there.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "host/core/firmware_exchange/firmware_exchange.hpp"
#include "host/edge/daemon/appliance_uri.hpp"
#include "host/ports/transport/transport.hpp"
#include "protocol/link.hpp"

namespace understudy::edge {

class FirmwareClient final : public ports::TransportOwner {
 public:
  enum class Trouble : uint8_t { link, no_answer, bad_line };
  struct Failure {
    Trouble trouble;
    std::string text;  // what, why, what to do next
  };
  template <class T>
  using Answer = std::expected<T, Failure>;

  /// Waits so long for the link to come up.
  static Answer<std::unique_ptr<FirmwareClient>> open(const ApplianceUri& uri,
                                                      std::chrono::milliseconds patience);
  Answer<core::FirmwareAnswer> say(const std::string& line);
  /// The last tick that came.
  const std::optional<protocol::Tick>& tick() const { return tick_; }

 private:
  explicit FirmwareClient(const ApplianceUri& uri);
  void link_up(const ports::LinkFacts& facts) override;
  void link_turn(const ports::LinkTurn& turn) override;
  void link_down(const std::string& why) override;

  boost::asio::io_context io_;
  // a device's bytes come from its own thread: until then nothing else keeps the context from
  // ending
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> at_work_{
      io_.get_executor()};
  std::unique_ptr<ports::Transport> transport_;
  core::FirmwareExchange exchange_;
  std::optional<core::FirmwareExchange::Outcome> outcome_;
  protocol::LinkDecoder decoder_;
  std::optional<protocol::Tick> tick_;
  const std::chrono::milliseconds patience_;
  bool up_ = false, moved_ = false;
  std::string trouble_;
};

}  // namespace understudy::edge
