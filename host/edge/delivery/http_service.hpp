// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 from a folder, as a protocol that outlives its server: its section is HttpAnswers.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "host/edge/delivery/asset_root.hpp"
#include "host/edge/delivery/http_connection.hpp"
#include "host/edge/delivery/service.hpp"
#include "host/edge/delivery/tcp_transport.hpp"

namespace understudy::edge {

class HttpService final : public Service {
 public:
  HttpService(ServiceHost& host, AssetRoot root, std::vector<SocketAddress> listen);
  ~HttpService() override;

  uint8_t kind() const override { return uint8_t(protocol::checkpoint::SectionKind::http); }
  void append(core::ConnectionId connection, core::SectionWriter& out) override;
  std::expected<std::unique_ptr<core::UnreadyPart>, Error> create(
      const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
      std::unique_ptr<core::UnreadyPart> previous) override;
  std::expected<void, Error> ready(core::ConnectionId connection, core::UnreadyPart& part,
                                   const core::Resume& resume) override;

  protocol::checkpoint::Application application() const override {
    return protocol::checkpoint::Application::http;
  }
  const std::vector<SocketAddress>& listen() const override { return listen_; }
  void accepted(core::ConnectionId connection, StreamSocket& socket) override;
  void append_new(core::SectionWriter& out) const override;
  std::string_view farewell() const override {
    return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\n"
           "Connection: close\r\n\r\n";
  }
  core::StreamOffset end(core::ConnectionId connection) const override;
  void release(core::ConnectionId connection, core::StreamOffset offset) override;
  void begin_ready() override;
  void look() override;
  void drop(core::ConnectionId connection) override;
  void freeze() override;
  void forget() override;

 private:
  struct Part;
  HttpConnection* find(core::ConnectionId connection) const;
  ServiceHost& host_;
  AssetRoot root_;
  std::vector<SocketAddress> listen_;
  std::unordered_map<uint64_t, std::shared_ptr<HttpConnection>> connections_;
  std::vector<core::ConnectionId> ready_;
};

}  // namespace understudy::edge
