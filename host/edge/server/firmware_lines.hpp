// SPDX-License-Identifier: Apache-2.0
// Lines of the control socket's clients for the appliance's firmware, one after the other over the
// daemon's link. What they mean is the firmware's business; who may ask is the socket's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <string>

#include "host/core/firmware_exchange/firmware_exchange.hpp"

namespace understudy::edge {

class FirmwareLines {
 public:
  static constexpr size_t waiting_max = 8;
  using Outcome = core::FirmwareExchange::Outcome;
  using Done = std::function<void(const Outcome&)>;
  using Send = std::function<void(const protocol::FirmwareLine&)>;

  FirmwareLines(boost::asio::io_context& io, Send send);
  /// What is wrong with the line, or that too many wait, is told at once.
  void ask(std::string line, Done done);
  void take(const protocol::FirmwareText& piece);
  /// The link went down: nobody will answer.
  void abandon(const std::string& why);

 private:
  struct Asked {
    std::string line;
    Done done;
  };
  void next();
  void wait();
  void end(const Outcome& outcome);

  Send send_;
  boost::asio::steady_timer timer_;
  core::FirmwareExchange exchange_;
  std::deque<Asked> asked_;  // the first one is under way
};

}  // namespace understudy::edge
