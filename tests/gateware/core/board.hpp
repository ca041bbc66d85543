// SPDX-License-Identifier: Apache-2.0
// The simulated board with somebody at its console, and a host that types lines over the link.
#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "sim/board/board.hpp"

namespace understudy::core {

using sim::FlashModel;

class Board : public sim::Board {
 public:
  using sim::Board::Board;

  static std::vector<uint8_t> firmware() {
    std::ifstream in(UNDERSTUDY_FIRMWARE, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void feed(bool on) { sim::Board::feed(on, on); }
  bool prompt(uint64_t most = 20'000'000) {
    return until(most, [&] { return said.ends_with("> ") && typed_all(); });
  }
  void type_byte(char c) { sim::Board::type(uint8_t(c)); }
  /// Types a line at the console; what was said until the prompt.
  std::string type(const std::string& line, uint64_t most = 30'000'000) {
    const size_t from = said.size();
    for (const char c : line + "\r") type_byte(c);
    until(most,
          [&] { return typed_all() && said.size() > from + line.size() && said.ends_with("> "); });
    return said.substr(from);
  }

  struct Answer {
    std::string text;
    protocol::FirmwareResult result = protocol::FirmwareResult::done;
    unsigned pieces = 0, ticks = 0, garbage = 0;
  };
  /// Sends a line over a server's link; nothing when no whole answer came.
  std::optional<Answer> ask(unsigned server, const std::string& line, uint64_t most = 10'000'000) {
    heard[server].clear();
    send(server, protocol::frame(protocol::FirmwareLine{
                                     ++id_, protocol::LinkText<39>(std::span<const char>(line))})
                     .bytes());
    Answer answer;
    protocol::LinkDecoder decoder;
    bool first = true, last = false, hole = false;
    until(most, [&] {
      for (const uint8_t b : heard[server]) {
        const auto message = decoder.byte(b);
        if (b == 0 && std::exchange(first, false)) decoder = {};  // it may have begun in a frame
        if (!message) continue;
        answer.ticks += protocol::decode_tick(*message).has_value();
        const auto piece = protocol::decode_firmware_text(*message);
        if (!piece || piece->id != id_) continue;
        hole = hole || piece->number != uint8_t(answer.pieces++);
        answer.text.append(piece->text.view().data(), piece->text.size);
        answer.result = piece->result, last = piece->last;
      }
      heard[server].clear();
      return last;
    });
    answer.garbage = decoder.errors();
    if (!last || hole) return std::nullopt;
    return answer;
  }

 private:
  uint8_t id_ = 0;
};

}  // namespace understudy::core
