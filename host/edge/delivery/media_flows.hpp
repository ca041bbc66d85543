// SPDX-License-Identifier: Apache-2.0
// All data connections of the RTSP service, as a protocol of the stack: its section is RTP's, its
// unready part a flow that makes packets in step and discards them, and that hears its group.
// Ready, it sends from the next packet on.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "host/edge/daemon/watch.hpp"
#include "host/edge/delivery/asset_root.hpp"
#include "host/edge/delivery/media_flow.hpp"
#include "host/edge/delivery/service.hpp"
#include "host/edge/stream/media_library.hpp"

namespace understudy::edge {

/// The same in every build: both servers must agree.
uint64_t stable_hash(std::string_view text);

struct MediaOptions {
  std::vector<SocketAddress> services;  // each gets a pair of UDP ports
  uint16_t rtp_port = 6970;             // even; RTCP's is the next
  std::optional<SocketAddress> group;   // multicast: the first port of the address is for RTP
  GroupOptions by;
};

class MediaFlows final : public core::Protocol {
 public:
  static Result<std::unique_ptr<MediaFlows>> open(ServiceHost& host, AssetRoot& root,
                                                  const MediaOptions& options);

  uint8_t kind() const override { return uint8_t(protocol::checkpoint::SectionKind::rtp); }
  void append(core::ConnectionId connection, core::SectionWriter& out) override;
  std::expected<std::unique_ptr<core::UnreadyPart>, Error> create(
      const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
      std::unique_ptr<core::UnreadyPart> previous) override;
  std::expected<void, Error> ready(core::ConnectionId connection, core::UnreadyPart& part,
                                   const core::Resume& resume) override;

  /// A file below the root, as media. Null asset: not there.
  struct Found {
    std::shared_ptr<const Asset> asset;
    std::shared_ptr<MediaFile> media;
    std::string why;
    bool unable = false;  // it cannot be told now
  };
  Found find(const std::string& path);

  std::shared_ptr<MediaFlow> add(core::ConnectionId connection, const Found& found,
                                 const FlowIdentity& identity, const FlowTarget& target);
  /// The multicast flow of a file, if there is one; the connection becomes a member.
  std::shared_ptr<MediaFlow> join(core::ConnectionId connection, const std::string& path);
  /// Where a file's group is: the same on both servers. Nothing: no multicast here, or another
  /// file has it.
  std::optional<FlowTarget> group_for(const std::string& path, protocol::checkpoint::Family family);
  uint16_t rtp_port() const { return options_.rtp_port; }
  std::shared_ptr<MediaFlow> find(core::ConnectionId connection) const;
  void drop(core::ConnectionId connection);
  /// Datagrams of this flow may leave.
  void run(const std::shared_ptr<MediaFlow>& flow);
  /// Nothing more is sent, and what is told of it from here on is final.
  void freeze();
  void forget();

  /// Somebody who watches this connection's flow has reported.
  std::function<void(core::ConnectionId)> reported;
  const MadeInStep& made_in_step() const { return made_in_step_; }

 private:
  struct Part;
  MediaFlows(ServiceHost& host, AssetRoot& root, const MediaOptions& options)
      : host_(host), root_(root), options_(options) {}
  void step(const std::shared_ptr<MediaFlow>& flow);
  void heard(const SocketAddress& from, std::span<const uint8_t> bytes);
  void sweep_sessions();
  struct Service {
    SocketAddress address;
    DatagramPorts ports;
    Watch rtp, rtcp;
  };
  Service* service_for(const MediaFlow& flow);

  ServiceHost& host_;
  AssetRoot& root_;
  MediaOptions options_;
  MediaLibrary library_;
  std::vector<std::unique_ptr<Service>> services_;
  std::unordered_map<uint64_t, std::shared_ptr<MediaFlow>> flows_;  // by connection
  std::map<uint64_t, std::weak_ptr<MediaFlow>> sessions_;           // live and held
  size_t sweep_at_ = 64;
  bool frozen_ = false;
  MadeInStep made_in_step_;
};

}  // namespace understudy::edge
