// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/media_flows.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>

#include "host/core/rtp/rtcp.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
using boost::system::error_code;
using checkpoint::Family;
using checkpoint::RtpCarrier;

namespace {

constexpr uint16_t group_slots = 1000;  // pairs of ports, one a file

bool same_host(const SocketAddress& x, const SocketAddress& y) {
  return x.family == y.family && x.endpoint.address == y.endpoint.address;
}

}  // namespace

/// FNV-1a.
uint64_t stable_hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

struct MediaFlows::Part final : core::UnreadyPart {
  std::shared_ptr<MediaFlow> flow;
  int64_t clock_ahead = std::numeric_limits<int64_t>::max();  // of the other's, least seen
};

Result<std::unique_ptr<MediaFlows>> MediaFlows::open(ServiceHost& host, AssetRoot& root,
                                                     const MediaOptions& options) {
  std::unique_ptr<MediaFlows> out(new MediaFlows(host, root, options));
  for (const auto& address : options.services) {
    auto ports = DatagramPorts::open(address, options.rtp_port, options.by);
    if (!ports) return std::unexpected(ports.error());
    auto s = std::make_unique<Service>(Service{address, std::move(*ports), {}, {}});
    const auto take = [self = out.get(), &ports = s->ports] {
      ports.receive([self](const SocketAddress& from, std::span<const uint8_t> bytes) {
        self->heard(from, bytes);
      });
    };
    s->rtp = Watch(host.io(), s->ports.rtp(), take);
    s->rtcp = Watch(host.io(), s->ports.rtcp(), take);
    out->services_.push_back(std::move(s));
  }
  return out;
}

void MediaFlows::append(core::ConnectionId connection, core::SectionWriter& out) {
  if (const auto flow = find(connection))
    out.add(kind(), [&](std::span<uint8_t> room) { return flow->encode(room); });
}

MediaFlows::Found MediaFlows::find(const std::string& path) {
  Found out;
  auto [asset, unable] = root_.look_up(path);
  out.unable = unable;
  if (!asset) return out;
  out.asset = std::move(asset);
  auto media = library_.find(path, out.asset->tag, out.asset->file.number());
  if (media)
    out.media = std::move(*media);
  else
    out.why = media.error().text;
  return out;
}

std::expected<std::unique_ptr<core::UnreadyPart>, Error> MediaFlows::create(
    const checkpoint::Record& record, std::span<const uint8_t> section,
    std::unique_ptr<core::UnreadyPart> previous) {
  const auto state = checkpoint::decode_rtp(section);
  if (!state) return error("a record's RTP section is wrong");
  std::unique_ptr<Part> part(static_cast<Part*>(previous.release()));
  if (!part) part = std::make_unique<Part>();
  const auto ahead = static_cast<int64_t>(shared_clock()) - static_cast<int64_t>(record.gathered);
  part->clock_ahead = std::min(part->clock_ahead, ahead);
  sweep_sessions();
  auto& known = sessions_[state->session];
  auto flow = known.lock();
  if (flow && (flow->path() != state->path || flow->sending)) flow = nullptr;
  if (!flow) {
    const auto found = find(std::string(state->path));
    if (!found.media || found.asset->tag != state->tag)
      return error("the file " + std::string(state->path) + " with tag " + std::string(state->tag) +
                   " is not the same here: copy it with its time (rsync -t)");
    flow = std::make_shared<MediaFlow>(host_.io(), found.media, std::string(state->path),
                                       std::string(state->tag), FlowIdentity{}, FlowTarget{});
    known = flow;
  }
  flow->apply(*state, record.family, part->clock_ahead);
  if (flow->shared())
    if (const auto* service = service_for(*flow)) {
      auto from = service->address;
      from.endpoint.port = options_.rtp_port;
      flow->listen(from, options_.by.interface);
    }
  part->flow = std::move(flow);
  step(part->flow);
  return part;
}

std::expected<void, Error> MediaFlows::ready(core::ConnectionId connection,
                                             core::UnreadyPart& unready, const core::Resume&) {
  auto& part = static_cast<Part&>(unready);
  auto& flow = *part.flow;
  flows_[connection.value] = part.flow;
  flow.members.push_back(connection);
  if (flow.sending) return {};  // shared, and another of its bundles came first
  const uint64_t told = flow.position();
  const auto known = flow.take_over(shared_clock());
  flow.timer.cancel();
  if (!flow.datagrams()) return {};
  if (known == MediaFlow::Known::heard)
    spdlog::info("{} goes on at place {}, which was heard; {} was told", flow.path(),
                 flow.position(), told);
  run(part.flow);
  return {};
}

std::shared_ptr<MediaFlow> MediaFlows::add(core::ConnectionId connection, const Found& found,
                                           const FlowIdentity& identity, const FlowTarget& target) {
  drop(connection);
  auto flow = std::make_shared<MediaFlow>(host_.io(), found.media, found.asset->path,
                                          found.asset->tag, identity, target);
  flow->sending = true;
  flow->members.push_back(connection);
  flows_[connection.value] = flow;
  sweep_sessions();
  sessions_[identity.session] = flow;
  return flow;
}

/// Those that have ended, all at once when they may be as many as the others.
void MediaFlows::sweep_sessions() {
  if (sessions_.size() < sweep_at_) return;
  std::erase_if(sessions_, [](auto& s) { return s.second.expired(); });
  sweep_at_ = sessions_.size() * 2 + 64;
}

std::shared_ptr<MediaFlow> MediaFlows::join(core::ConnectionId connection,
                                            const std::string& path) {
  for (auto& [id, flow] : flows_)
    if (flow->shared() && flow->path() == path) {
      const auto joined = flow;
      if (std::ranges::find(joined->members, connection) == joined->members.end()) {
        drop(connection);
        joined->members.push_back(connection);
        flows_[connection.value] = joined;
      }
      return joined;
    }
  return nullptr;
}

std::optional<FlowTarget> MediaFlows::group_for(const std::string& path, Family family) {
  if (!options_.group || options_.group->family != family) return std::nullopt;
  const uint64_t hash = stable_hash(path);
  FlowTarget out{.carrier = RtpCarrier::multicast,
                 .rtp = *options_.group,
                 .rtcp = *options_.group,
                 .hops = options_.by.hops};
  const auto port = static_cast<uint16_t>(options_.group->endpoint.port + hash % group_slots * 2);
  out.rtp.endpoint.port = port;
  out.rtcp.endpoint.port = static_cast<uint16_t>(port + 1);
  for (const auto& [id, flow] : flows_)
    if (flow->shared() && flow->target().rtp == out.rtp && flow->path() != path)
      return std::nullopt;
  return out;
}

std::shared_ptr<MediaFlow> MediaFlows::find(core::ConnectionId connection) const {
  const auto at = flows_.find(connection.value);
  return at == flows_.end() ? nullptr : at->second;
}

void MediaFlows::drop(core::ConnectionId connection) {
  const auto flow = find(connection);
  if (!flow) return;
  flows_.erase(connection.value);
  std::erase(flow->members, connection);
  if (!flow->members.empty()) return;
  flow->stop();
  flow->timer.cancel();
}

void MediaFlows::run(const std::shared_ptr<MediaFlow>& flow) {
  if (flow->running()) step(flow);
}

MediaFlows::Service* MediaFlows::service_for(const MediaFlow& flow) {
  for (auto& s : services_)
    if (s->address.family == flow.target().rtp.family) return s.get();
  return nullptr;
}

void MediaFlows::step(const std::shared_ptr<MediaFlow>& flow) {
  if (flow->sending && (frozen_ || !flow->datagrams())) return;
  auto* service = service_for(*flow);
  if (!service) return;
  const uint64_t now = shared_clock();
  if (!flow->sending) flow->hear();
  const auto did = flow->run_until(now, flow->sending ? &service->ports : nullptr);
  if (!flow->sending) {
    made_in_step_.discarded += did.packets;
    made_in_step_.equal += did.equal;
    if (did.different > 0 && made_in_step_.different == 0)
      spdlog::error("{}: packets made here differ from the other server's", flow->path());
    made_in_step_.different += did.different;
  }
  // The other learns how far it is after it was sent: doubled packets are dropped, missing ones
  // not.
  else if (did.packets > 0 && !flow->members.empty())
    host_.changed(flow->members.front());
  if (!did.next) return;
  flow->timer.expires_after(std::chrono::nanoseconds(*did.next > now ? *did.next - now : 0));
  flow->timer.async_wait([this, weak = std::weak_ptr(flow)](error_code e) {
    if (const auto again = weak.lock(); again && !e) step(again);
  });
}

void MediaFlows::heard(const SocketAddress& from, std::span<const uint8_t> bytes) {
  const auto report = rtp::decode_rtcp(bytes);
  if (!report || !reported) return;
  std::vector<core::ConnectionId> who;
  for (const auto& [id, flow] : flows_) {
    if (!flow->datagrams() || (!flow->shared() && !same_host(from, flow->target().rtcp))) continue;
    const bool named = std::ranges::any_of(
        report->blocks, [&](auto& b) { return b.source == flow->source().ssrc; });
    if (named || flow->target().rtcp == from) who.push_back({id});
  }
  for (const auto id : who) reported(id);
}

void MediaFlows::freeze() {
  frozen_ = true;
  for (auto& [id, flow] : flows_) flow->settle();
}

void MediaFlows::forget() {
  for (auto& [id, flow] : flows_) flow->timer.cancel();
  flows_.clear();
  frozen_ = false;
}

}  // namespace understudy::edge
