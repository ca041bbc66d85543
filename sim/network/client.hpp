// SPDX-License-Identifier: Apache-2.0
// A client of the service address, as anybody would have one, and what it got in the end.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "sim/network/stream.hpp"

namespace understudy::network {

struct ClientOutcome {
  std::string name, command;  // "curl"; as it would be typed
  std::string unit;           // of `wanted` and `got`: "bytes", "pictures"
  int exit = -1;              // of the program; 0 when it is none
  std::string says;           // what it complained of
  uint64_t wanted = 0, got = 0;
  std::string hashed;  // what the hashes are of
  std::string hash_wanted, hash_got;
  std::optional<Flow> flow;  // of what it was sent
  Stream stream;
  bool each_number_once = false;  // a group's listener, who cannot ask again, and shows what comes

  bool right() const { return exit == 0 && says.empty() && hash_got == hash_wanted; }
};

class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  virtual ~Client() = default;
  /// Takes what has come since; `heard`: all of it, at the network card.
  virtual void collect(std::span<const Heard> heard) = 0;
  /// The service sends it something.
  virtual bool flows() const = 0;
  virtual bool over() = 0;
  /// When it is over. `counted`: from when on silences count. Throws std::runtime_error when what
  /// it should have got cannot be told.
  virtual ClientOutcome outcome(std::span<const Heard> heard, WallTime counted) const = 0;
};

}  // namespace understudy::network
