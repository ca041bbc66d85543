// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/firmware_client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>

#include "host/edge/transport/open_transport.hpp"

namespace understudy::edge {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int simulation_slower = 4;  // than a board, on a busy machine

/// The appliance is simulated, or its device modelled by umockdev (`understudy-board --usb`).
bool is_simulated(const ApplianceUri& uri) {
  return uri.kind == ApplianceUri::Kind::sim || std::getenv("UMOCKDEV_DIR") != nullptr;
}

}  // namespace

FirmwareClient::FirmwareClient(const ApplianceUri& uri)
    : transport_(open_transport(io_, uri)),
      exchange_(uint8_t(std::random_device{}())),
      patience_(core::FirmwareExchange::patience * (is_simulated(uri) ? simulation_slower : 1)) {}

FirmwareClient::Answer<std::unique_ptr<FirmwareClient>> FirmwareClient::open(
    const ApplianceUri& uri, std::chrono::milliseconds patience) {
  if (uri.kind == ApplianceUri::Kind::none)
    return std::unexpected(
        Failure{Trouble::link, "\"none\" is no appliance; see: understudy find"});
  if (uri.kind == ApplianceUri::Kind::sim && ::access(uri.path.c_str(), R_OK | W_OK) != 0)
    return std::unexpected(
        Failure{Trouble::link,
                fmt::format("{}. Does the simulation run (./dev board simulated), and is it yours? "
                            "`understudy find` lists them",
                            std::strerror(errno))});
  auto client = std::unique_ptr<FirmwareClient>(new FirmwareClient(uri));
  client->transport_->start(*client);
  const auto end = Clock::now() + patience;
  while (!client->up_ && client->trouble_.empty() && Clock::now() < end)
    client->io_.run_one_until(end);
  if (client->up_) return client;
  return std::unexpected(Failure{
      Trouble::link, client->trouble_.empty()
                         ? "nothing is heard there; is it still running? See: understudy find"
                         : client->trouble_});
}

FirmwareClient::Answer<core::FirmwareAnswer> FirmwareClient::say(const std::string& line) {
  const auto message = exchange_.begin(line);
  if (!message) return std::unexpected(Failure{Trouble::bad_line, message.error()});
  outcome_.reset();
  transport_->send(protocol::frame(*message).bytes());
  auto end = Clock::now() + patience_;
  while (!outcome_ && up_ && Clock::now() < end) {
    io_.run_one_until(end);
    if (std::exchange(moved_, false)) end = Clock::now() + patience_;
  }
  if (outcome_ && *outcome_) return **outcome_;
  if (outcome_) return std::unexpected(Failure{Trouble::no_answer, outcome_->error()});
  const auto why = exchange_.give_up().error();
  if (!up_) return std::unexpected(Failure{Trouble::link, "the link was lost: " + trouble_});
  return std::unexpected(Failure{Trouble::no_answer, why});
}

void FirmwareClient::link_up(const ports::LinkFacts&) {
  up_ = true;
  trouble_.clear();
  decoder_ = {};
}

void FirmwareClient::link_turn(const ports::LinkTurn& turn) {
  for (const uint8_t byte : turn.bytes) {
    const auto message = decoder_.byte(byte);
    if (!message) continue;
    if (const auto tick = protocol::decode_tick(*message)) tick_ = *tick;
    const auto piece = protocol::decode_firmware_text(*message);
    if (!piece || !exchange_.waits_for(*piece)) continue;
    moved_ = true;
    if (auto outcome = exchange_.take(*piece)) outcome_ = std::move(*outcome);
  }
  if (transport_->lockstep()) transport_->finish_turn(std::nullopt, 0);
}

void FirmwareClient::link_down(const std::string& why) {
  up_ = false, trouble_ = why;
}

}  // namespace understudy::edge
