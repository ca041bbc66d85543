// SPDX-License-Identifier: Apache-2.0
// The other end of a daemon's control socket: asks, waits no longer than told, follows events.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

class ControlClient {
 public:
  enum class Trouble : uint8_t { unreachable, timed_out, garbage };
  struct Failure {
    Trouble trouble;
    std::string text;  // what, why, what to do next
  };
  template <class T>
  using Answer = std::expected<T, Failure>;

  /// `path` is the socket or the run directory that holds it.
  static Answer<ControlClient> open(const std::string& path);
  Answer<nlohmann::json> ask(const nlohmann::json& request, std::chrono::milliseconds most);
  /// The next line of the daemon's.
  Answer<nlohmann::json> next(std::chrono::milliseconds most);
  int number() const { return socket_.number(); }
  /// A whole line waits already.
  bool buffered() const { return input_.find('\n') != std::string::npos; }

 private:
  ControlClient(std::string path, Descriptor socket)
      : path_(std::move(path)), socket_(std::move(socket)) {}
  std::string path_;
  Descriptor socket_;
  std::string input_;
};

}  // namespace understudy::edge
