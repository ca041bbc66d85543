// SPDX-License-Identifier: Apache-2.0
#include "host/edge/server/firmware_lines.hpp"

#include <random>

namespace understudy::edge {

FirmwareLines::FirmwareLines(boost::asio::io_context& io, Send send)
    : send_(std::move(send)), timer_(io), exchange_(uint8_t(std::random_device{}())) {}

void FirmwareLines::ask(std::string line, Done done) {
  if (asked_.size() == waiting_max)
    return done(std::unexpected("too many lines wait for the firmware; try again"));
  asked_.push_back({std::move(line), std::move(done)});
  next();
}

void FirmwareLines::next() {
  while (!exchange_.busy() && !asked_.empty()) {
    const auto message = exchange_.begin(asked_.front().line);
    if (!message) {
      end(std::unexpected(message.error()));
      continue;
    }
    send_(*message);
    wait();
  }
}

void FirmwareLines::wait() {
  timer_.expires_after(core::FirmwareExchange::patience);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !exchange_.busy()) return;
    end(exchange_.give_up());
    next();
  });
}

void FirmwareLines::take(const protocol::FirmwareText& piece) {
  if (!exchange_.waits_for(piece)) return;
  const auto outcome = exchange_.take(piece);
  if (!outcome) return wait();
  timer_.cancel();
  end(*outcome);
  next();
}

void FirmwareLines::abandon(const std::string& why) {
  timer_.cancel();
  if (exchange_.busy()) (void)exchange_.give_up();
  while (!asked_.empty()) end(std::unexpected(why));
}

void FirmwareLines::end(const Outcome& outcome) {
  const auto asked = std::move(asked_.front());
  asked_.pop_front();
  asked.done(outcome);
}

}  // namespace understudy::edge
