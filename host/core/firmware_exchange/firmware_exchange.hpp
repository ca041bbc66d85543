// SPDX-License-Identifier: Apache-2.0
// One line for the firmware on the appliance's soft core and its answer in pieces
// (protocol/link.hpp). Nothing is sent twice: a line that boots a server must not be carried out
// twice because its answer was lost. Who owns it keeps the time.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/link.hpp"

namespace understudy::core {

struct FirmwareAnswer {
  std::string text;  // lines, each with its newline
  protocol::FirmwareResult result = protocol::FirmwareResult::done;
};

std::string_view to_text(protocol::FirmwareResult result);

class FirmwareExchange {
 public:
  /// An answer that is whole, or why there is none.
  using Outcome = std::expected<FirmwareAnswer, std::string>;
  /// So long without a piece, and there is nobody: an erase of the flash takes 0.4 s.
  static constexpr std::chrono::milliseconds patience{3000};

  /// `first_id`: any; those of two programs should differ.
  explicit FirmwareExchange(uint8_t first_id) : id_(first_id) {}

  /// What is wrong with a line; empty: it can be sent.
  static std::string fault_of(std::string_view line);
  /// The message to be sent, or what is wrong with the line. Not while another is under way.
  std::expected<protocol::FirmwareLine, std::string> begin(std::string_view line);
  /// A piece that came; the outcome with the last one, when one is missing, or when the answer has
  /// no end. Pieces of other lines are passed over. What is neither printable nor a newline becomes
  /// '?': the text goes to terminals.
  std::optional<Outcome> take(const protocol::FirmwareText& piece);
  /// Nothing came for `patience`.
  Outcome give_up();
  /// It is a piece of the answer that is under way.
  bool waits_for(const protocol::FirmwareText& piece) const { return busy_ && piece.id == id_; }
  bool busy() const { return busy_; }

 private:
  bool busy_ = false;
  uint8_t id_, next_ = 0;
  uint32_t pieces_ = 0;
  std::string text_;
};

}  // namespace understudy::core
