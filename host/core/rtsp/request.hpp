// SPDX-License-Identifier: Apache-2.0
// What a client sends on an RTSP connection (RFC 2326, 4, 6 and 10.12): requests, and between them
// interleaved packets. `Input` takes the bytes as they come, in any pieces, and holds what is not
// whole yet: never more than rtsp_unread_max. An interleaved packet that is longer than any report
// is passed over, not held.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/limits.hpp"

namespace understudy::rtsp {

struct Request {
  std::string method, url;
  uint32_t sequence = 0;  // CSeq
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  /// The first one's value, without spaces around; empty when there is none. Case does not matter.
  std::string_view field(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// Not RTSP 1.0, or too much of it: answered with an error, and the connection ends.
struct Unreadable {
  int status = 400;
  uint32_t sequence = 0;  // when it got so far
};

struct Interleaved {
  uint8_t channel = 0;
  std::vector<uint8_t> bytes;
};

struct Incomplete {};  // more bytes are needed

class Input {
 public:
  using Piece = std::variant<Incomplete, Request, Interleaved, Unreadable>;

  /// How many bytes may be given to take(): at least 1 after next() said Incomplete.
  size_t room() const { return protocol::limits::rtsp_unread_max - unread_.size() + skip_; }
  void take(std::span<const uint8_t> bytes);
  /// The next whole piece. Nothing after Unreadable.
  Piece next();

  // For the checkpoint: what is received and was not given out yet.
  const std::string& unread() const { return unread_; }
  uint32_t skip() const { return skip_; }
  bool restore(std::string_view unread, uint32_t skip);

 private:
  Piece next_interleaved();
  std::string unread_;
  uint32_t skip_ = 0;  // bytes to come that belong to a packet that is passed over
};

bool equal_ignoring_case(std::string_view x, std::string_view y);
std::string_view trimmed(std::string_view s);

}  // namespace understudy::rtsp
