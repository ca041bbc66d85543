// SPDX-License-Identifier: Apache-2.0
#include "host/core/firmware_exchange/firmware_exchange.hpp"

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"
#include "protocol/link_wire.hpp"

namespace understudy::core {

namespace {

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

std::string_view to_text(protocol::FirmwareResult result) {
  switch (result) {
    case protocol::FirmwareResult::done:
      return "done";
    case protocol::FirmwareResult::refused:
      return "refused";
    case protocol::FirmwareResult::wrong:
      return "wrong";
    case protocol::FirmwareResult::failed:
      return "failed";
  }
  return "unknown";
}

std::string FirmwareExchange::fault_of(std::string_view line) {
  using protocol::limits::firmware_line_max;
  if (line.empty()) return "an empty line; try: help";
  if (line.size() > firmware_line_max)
    return "a line of " + std::to_string(line.size()) + " characters; the firmware takes " +
           std::to_string(firmware_line_max);
  if (!std::ranges::all_of(line, is_printable))
    return "a line with a character that is not printable ASCII";
  return "";
}

std::expected<protocol::FirmwareLine, std::string> FirmwareExchange::begin(std::string_view line) {
  CHECK(!busy_);
  if (auto fault = fault_of(line); !fault.empty()) return std::unexpected(std::move(fault));
  busy_ = true, next_ = 0, pieces_ = 0;
  text_.clear();
  return protocol::FirmwareLine{++id_,
                                protocol::LinkText<protocol::limits::firmware_line_max>(line)};
}

std::optional<FirmwareExchange::Outcome> FirmwareExchange::take(
    const protocol::FirmwareText& piece) {
  if (!waits_for(piece)) return std::nullopt;
  if (piece.number != next_++) {
    busy_ = false;
    return std::unexpected(
        "a part of the firmware's answer was lost on the link; whether it did what it was told is "
        "not known. See: understudy console progress");
  }
  for (const char c : piece.text.view()) text_ += is_printable(c) || c == '\n' ? c : '?';
  if (++pieces_ > protocol::limits::firmware_pieces_max) {
    busy_ = false;
    return std::unexpected("the firmware's answer has no end; is that an Understudy's firmware?");
  }
  if (!piece.last) return std::nullopt;
  busy_ = false;
  return FirmwareAnswer{std::exchange(text_, {}), piece.result};
}

FirmwareExchange::Outcome FirmwareExchange::give_up() {
  busy_ = false;
  return std::unexpected(
      "the appliance's soft core does not answer: this board has none (boards/README.md says which "
      "have), or its firmware is not in the flash (understudy flash --firmware), or it hangs. The "
      "gate goes on without it");
}

}  // namespace understudy::core
