// SPDX-License-Identifier: Apache-2.0
// RTSP 1.0 from a folder, as a protocol that outlives its server. The control connection and its
// data connections (MediaFlows) are one bundle: sections of one record, made ready together.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "host/edge/daemon/key_file.hpp"
#include "host/edge/delivery/rtsp_connection.hpp"

namespace understudy::edge {

struct RtspOptions {
  std::vector<SocketAddress> listen;
  MediaOptions media;  // its services are those of `listen`
};

class RtspService final : public Service {
 public:
  /// `key`: the same on both servers; without one, any.
  static Result<std::unique_ptr<RtspService>> open(ServiceHost& host, AssetRoot root,
                                                   RtspOptions options,
                                                   const std::optional<PeerKey>& key);
  ~RtspService() override;

  uint8_t kind() const override { return uint8_t(protocol::checkpoint::SectionKind::rtsp); }
  void append(core::ConnectionId connection, core::SectionWriter& out) override;
  std::expected<std::unique_ptr<core::UnreadyPart>, Error> create(
      const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
      std::unique_ptr<core::UnreadyPart> previous) override;
  std::expected<void, Error> ready(core::ConnectionId connection, core::UnreadyPart& part,
                                   const core::Resume& resume) override;

  std::vector<core::Protocol*> protocols() override { return {flows_.get(), this}; }
  protocol::checkpoint::Application application() const override {
    return protocol::checkpoint::Application::rtsp;
  }
  const std::vector<SocketAddress>& listen() const override { return options_.listen; }
  void accepted(core::ConnectionId connection, StreamSocket& socket) override;
  void append_new(core::SectionWriter& out) const override;
  core::StreamOffset end(core::ConnectionId connection) const override;
  void release(core::ConnectionId connection, core::StreamOffset offset) override;
  void begin_ready() override;
  void look() override;
  void drop(core::ConnectionId connection) override;
  MadeInStep made_in_step() const override { return flows_->made_in_step(); }
  void freeze() override;
  void forget() override;

 private:
  struct Part;
  RtspService(ServiceHost& host, AssetRoot root, RtspOptions options, const PeerKey& key);
  RtspConnection* find(core::ConnectionId connection) const;
  FlowIdentity identify(const ConnectionOrigin& origin, uint32_t number) const;

  ServiceHost& host_;
  AssetRoot root_;
  RtspOptions options_;
  PeerKey key_;
  RtspConnection::Identify identify_;
  std::unique_ptr<MediaFlows> flows_;
  std::unordered_map<uint64_t, std::shared_ptr<RtspConnection>> connections_;
  std::vector<core::ConnectionId> ready_;
};

}  // namespace understudy::edge
