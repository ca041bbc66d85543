// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/rtsp_service.hpp"

#include <sodium.h>

#include <array>
#include <utility>

#include "host/core/check.hpp"
#include "host/edge/delivery/tcp_transport.hpp"

namespace understudy::edge {

struct RtspService::Part final : core::UnreadyPart {
  RtspState state;
  bool client_closed = false;
  std::optional<End> end() const override {
    const bool closes = client_closed || state.output.closes();
    const bool all = state.output.granted() == state.output.end();
    return End{{state.output.granted()}, closes && all, true};
  }
};

Result<std::unique_ptr<RtspService>> RtspService::open(ServiceHost& host, AssetRoot root,
                                                       RtspOptions options,
                                                       const std::optional<PeerKey>& key) {
  if (sodium_init() < 0) return failure("libsodium does not start");
  PeerKey used;
  if (key)
    used = *key;
  else
    randombytes_buf(used.data(), PeerKey::bytes);
  options.media.services = options.listen;
  std::unique_ptr<RtspService> out(
      new RtspService(host, std::move(root), std::move(options), used));
  auto flows = MediaFlows::open(host, out->root_, out->options_.media);
  if (!flows) return std::unexpected(flows.error());
  out->flows_ = std::move(*flows);
  out->flows_->reported = [self = out.get()](core::ConnectionId id) {
    if (auto* c = self->find(id)) c->alive();
  };
  return out;
}

RtspService::RtspService(ServiceHost& host, AssetRoot root, RtspOptions options, const PeerKey& key)
    : host_(host),
      root_(std::move(root)),
      options_(std::move(options)),
      key_(key),
      identify_([this](const ConnectionOrigin& o, uint32_t n) { return identify(o, n); }) {}

RtspService::~RtspService() {
  forget();
}

/// Numbers that nobody can guess (RFC 3550, 9.1) and that both servers know: a keyed hash of the
/// connection and of how many sessions it has had.
FlowIdentity RtspService::identify(const ConnectionOrigin& origin, uint32_t number) const {
  std::array<uint8_t, 64> in{};
  protocol::ByteWriter w(in);
  w.bytes(origin.service.endpoint.address), w.u16(origin.service.endpoint.port);
  w.bytes(origin.client.endpoint.address), w.u16(origin.client.endpoint.port);
  w.u32(origin.initial_send), w.u32(origin.initial_receive), w.u32(number);
  CHECK(!w.bad());
  std::array<uint8_t, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), w.written().data(), w.size(), key_.data(),
                     PeerKey::bytes);
  protocol::ByteReader r(hash);
  FlowIdentity out;
  out.session = r.u64() | 1;
  out.ssrc = r.u32(), out.timestamp = r.u32(), out.sequence = r.u16();
  return out;
}

RtspConnection* RtspService::find(core::ConnectionId connection) const {
  const auto at = connections_.find(connection.value);
  return at == connections_.end() ? nullptr : at->second.get();
}

void RtspService::append(core::ConnectionId connection, core::SectionWriter& out) {
  if (auto* c = find(connection))
    out.add(kind(), [&](std::span<uint8_t> room) { return c->encode(room); });
}

std::expected<std::unique_ptr<core::UnreadyPart>, Error> RtspService::create(
    const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
    std::unique_ptr<core::UnreadyPart>) {
  auto state = RtspState::decode(section);
  if (!state) return error("a record's RTSP section is wrong");
  const auto& spans = state->output.spans();
  const uint64_t first = spans.empty() ? state->output.end() : spans.front().begin;
  if (first > record.acknowledged || state->output.granted() < record.sent)
    return error("a record's RTSP output does not cover what the client may ask for");
  auto part = std::make_unique<Part>();
  part->state = std::move(*state);
  part->client_closed = record.flags & protocol::checkpoint::Record::client_closed;
  return part;
}

std::expected<void, Error> RtspService::ready(core::ConnectionId connection,
                                              core::UnreadyPart& unready, const core::Resume&) {
  auto& part = static_cast<Part&>(unready);
  auto* socket = host_.transport().find(connection);
  CHECK(socket);
  const auto flow = flows_->find(connection);
  for (const auto& s : part.state.output.spans()) {
    if (!s.text.empty()) continue;
    auto* items = flow && !flow->datagrams() ? flow->items(s.run) : nullptr;
    if (!items || s.place + s.length > items->end())
      return error("a record's RTSP output names media that is not there");
  }
  connections_[connection.value] = std::make_shared<RtspConnection>(
      host_, *flows_, identify_, connection, *socket, std::move(part.state));
  ready_.push_back(connection);
  return {};
}

void RtspService::begin_ready() {
  for (const auto id : std::exchange(ready_, {}))
    if (const auto at = connections_.find(id.value); at != connections_.end()) {
      const auto keep = at->second;
      keep->begin();
    }
}

void RtspService::accepted(core::ConnectionId connection, StreamSocket& socket) {
  auto c =
      std::make_shared<RtspConnection>(host_, *flows_, identify_, connection, socket, RtspState{});
  connections_[connection.value] = c;
  c->begin();
}

void RtspService::append_new(core::SectionWriter& out) const {
  out.add(kind(), [](std::span<uint8_t> room) { return RtspState{}.encode(room); });
}

core::StreamOffset RtspService::end(core::ConnectionId connection) const {
  const auto* c = find(connection);
  return c ? c->granted() : core::StreamOffset{};
}

void RtspService::release(core::ConnectionId connection, core::StreamOffset offset) {
  if (const auto at = connections_.find(connection.value); at != connections_.end()) {
    const auto keep = at->second;
    keep->release(offset);
  }
}

void RtspService::look() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<RtspConnection>> all;
  all.reserve(connections_.size());
  for (auto& [id, c] : connections_) all.push_back(c);
  for (auto& c : all) c->look(now);
}

void RtspService::drop(core::ConnectionId connection) {
  connections_.erase(connection.value);
  flows_->drop(connection);
}

void RtspService::freeze() {
  flows_->freeze();
  for (auto& [id, c] : connections_) c->freeze();
}

void RtspService::forget() {
  for (auto& [id, c] : connections_) c->stop();
  connections_.clear();
  ready_.clear();
  if (flows_) flows_->forget();
}

}  // namespace understudy::edge
