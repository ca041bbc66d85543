// SPDX-License-Identifier: Apache-2.0
// TCP as a protocol of the stack: its section is what the two kernels agreed on; its unready part
// is a socket that waits (host/edge/repair/unready_socket.hpp); ready, it restores it. Owns the
// sockets of all live connections; the services above use them.
#pragma once

#include <chrono>
#include <memory>
#include <unordered_map>

#include "host/core/connection/protocol.hpp"
#include "host/edge/delivery/stream_socket.hpp"
#include "host/edge/repair/own_interface.hpp"
#include "host/edge/repair/unready_socket.hpp"

namespace understudy::edge {

class TcpTransport final : public core::Protocol {
 public:
  uint8_t kind() const override { return uint8_t(protocol::checkpoint::SectionKind::transport); }
  void append(core::ConnectionId connection, core::SectionWriter& out) override;
  std::expected<std::unique_ptr<core::UnreadyPart>, Error> create(
      const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
      std::unique_ptr<core::UnreadyPart> previous) override;
  std::expected<void, Error> ready(core::ConnectionId connection, core::UnreadyPart& part,
                                   const core::Resume& resume) override;

  StreamSocket& add(core::ConnectionId connection, Descriptor socket,
                    const ConnectionOrigin& origin);
  /// Null when there is none.
  StreamSocket* find(core::ConnectionId connection) const;
  void drop(core::ConnectionId connection) { live_.erase(connection.value); }
  /// Their clients hear nothing.
  void abandon_all();
  void drop_all() { live_.clear(); }
  size_t size() const { return live_.size(); }
  /// What connections that are to come keep to.
  void keep_to(const OwnInterface& own) { own_ = own; }

  /// What a probe to a held connection's client must carry.
  static uint32_t timestamp_now(const core::UnreadyPart& part);
  /// What the client has sent beyond the part's record: the service reads it first.
  static void put_ahead(core::UnreadyPart& part, std::string bytes, bool closed);
  static bool has_timestamps(const core::UnreadyPart& part);
  /// Its client says which bytes it had before, when it gets them again (RFC 2883).
  static bool tells_doubles(const core::UnreadyPart& part);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Part;
  OwnInterface own_;
  std::unordered_map<uint64_t, std::unique_ptr<StreamSocket>> live_;
};

}  // namespace understudy::edge
