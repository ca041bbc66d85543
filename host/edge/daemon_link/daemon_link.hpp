// SPDX-License-Identifier: Apache-2.0
// A critical application's end of protocol/application.hpp: registers at the daemon, says that it
// is alive, hears ordered parameters and the discard mark. It never waits for the daemon: a daemon
// that died or hangs must not stop a picture. When the daemon comes back it registers anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/core/error.hpp"
#include "host/edge/packet_socket/packet_socket.hpp"

namespace understudy {

struct DaemonLinkOptions {
  std::filesystem::path socket;  // RUNDIR/applications
  std::string name;
  uint32_t deadline_ms = 100;  // 0: not watched for hanging
  bool wants_parameters = true;
  bool wants_service = false;
};

/// What one call to collect() brought, in the order in which it came.
struct News {
  struct Accepted {};
  struct Parameter {
    uint64_t index;
    uint32_t frame;
    std::string key, value;
  };
  struct Discard {
    bool on;
  };
  struct Service {
    bool serving;
    uint32_t term;
  };
  struct Lost {
    std::string why;  // the connection is gone; retry() tries again
  };
  struct Refused {
    std::string why;
  };
};
using NewsItem = std::variant<News::Accepted, News::Parameter, News::Discard, News::Service,
                              News::Lost, News::Refused>;

class DaemonLink {
 public:
  using Clock = std::chrono::steady_clock;

  explicit DaemonLink(DaemonLinkOptions options) : options_(std::move(options)) {}

  /// To wait for: -1 while there is no connection.
  int descriptor() const { return socket_ ? socket_->descriptor() : -1; }
  bool connected() const { return socket_.has_value(); }
  bool accepted() const { return accepted_; }

  /// Connects and says HELLO when there is no connection and the last try was a while ago.
  void retry(Clock::time_point now);
  /// All that has arrived. Never waits.
  std::vector<NewsItem> collect();
  /// Everything up to this index has arrived. Kept and sent later when the daemon does not read.
  void applied(uint64_t index);
  /// What is made from now on carries the discard mark, or not, as the daemon said.
  void marked(bool discard);
  void alive(uint64_t time);
  /// What this application carries (protocol/application.hpp).
  void load(std::chrono::microseconds lateness, uint64_t backlog_bytes);
  void goodbye();

 private:
  PacketSocket::Sent send(std::span<const uint8_t> packet);
  void flush_applied();
  std::optional<NewsItem> read(std::span<const uint8_t> packet);

  DaemonLinkOptions options_;
  std::optional<PacketSocket> socket_;
  bool accepted_ = false;
  std::optional<std::string> broken_;      // found while sending; told by collect()
  std::optional<uint64_t> applied_waits_;  // index not yet sent
  std::optional<Clock::time_point> last_try_;
};

}  // namespace understudy
