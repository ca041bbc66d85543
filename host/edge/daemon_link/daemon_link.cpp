// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon_link/daemon_link.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "protocol/application.hpp"

namespace understudy {
namespace {

namespace application = protocol::application;

constexpr std::chrono::milliseconds between_tries{50};

}  // namespace

void DaemonLink::retry(Clock::time_point now) {
  if (socket_ || (last_try_ && now < *last_try_ + between_tries)) return;
  last_try_ = now;
  auto socket = PacketSocket::connect(options_.socket);
  if (!socket) return;
  socket_ = std::move(*socket);
  accepted_ = false;
  applied_waits_.reset();
  std::array<uint8_t, 128> packet{};
  const auto flags =
      static_cast<uint8_t>((options_.wants_parameters ? application::wants_parameters : 0) |
                           (options_.wants_service ? application::wants_service : 0));
  const size_t size = application::encode(
      application::Hello{
          .flags = flags, .deadline_ms = options_.deadline_ms, .name = options_.name},
      packet);
  send(std::span(packet).first(size));
}

/// A broken connection is dropped here, and told at the next collect().
PacketSocket::Sent DaemonLink::send(std::span<const uint8_t> packet) {
  if (!socket_) return PacketSocket::Sent::full;
  const auto sent = socket_->send(packet);
  if (sent) return *sent;
  broken_ = sent.error().text;
  return PacketSocket::Sent::full;
}

std::optional<NewsItem> DaemonLink::read(std::span<const uint8_t> packet) {
  using application::Type;
  if (packet.size() == 1 && packet[0] == uint8_t(Type::accepted)) {
    accepted_ = true;
    return News::Accepted{};
  }
  if (packet[0] == uint8_t(Type::refused))
    return News::Refused{
        std::string(reinterpret_cast<const char*>(packet.data()) + 1, packet.size() - 1)};
  if (const auto p = application::decode_parameter(packet))
    return News::Parameter{p->index, p->frame, std::string(p->key), std::string(p->value)};
  if (const auto d = application::decode_discard(packet)) return News::Discard{d->on};
  if (const auto s = application::decode_service(packet)) return News::Service{s->serving, s->term};
  return std::nullopt;  // what a newer daemon may say
}

std::vector<NewsItem> DaemonLink::collect() {
  std::vector<NewsItem> news;
  flush_applied();
  while (socket_) {
    auto packet = socket_->receive();
    if (packet && !*packet && !broken_) break;
    if (packet && *packet) {
      if (auto item = read((*packet)->bytes)) news.push_back(std::move(*item));
      continue;
    }
    news.push_back(News::Lost{packet ? *broken_ : packet.error().text});
    socket_.reset();
    broken_.reset();
    accepted_ = false;
  }
  return news;
}

void DaemonLink::applied(uint64_t index) {
  applied_waits_ = std::max(index, applied_waits_.value_or(0));
  flush_applied();
}

void DaemonLink::flush_applied() {
  if (!applied_waits_ || !socket_) return;
  std::array<uint8_t, 16> packet{};
  const size_t size = application::encode(application::Applied{*applied_waits_}, packet);
  if (send(std::span(packet).first(size)) == PacketSocket::Sent::yes) applied_waits_.reset();
}

void DaemonLink::marked(bool discard) {
  std::array<uint8_t, 2> packet{};
  const size_t size = application::encode(application::Discard{discard}, packet);
  send(std::span(packet).first(size));
}

void DaemonLink::alive(uint64_t time) {
  if (!accepted_) return;
  std::array<uint8_t, 16> packet{};
  const size_t size = application::encode(application::Alive{time}, packet);
  send(
      std::span(packet).first(size));  // a daemon that does not read misses it; the next one counts
}

void DaemonLink::load(std::chrono::microseconds lateness, uint64_t backlog_bytes) {
  if (!accepted_) return;
  constexpr int64_t most = std::numeric_limits<uint32_t>::max();
  std::array<uint8_t, 16> packet{};
  const size_t size = application::encode(
      application::Load{static_cast<uint32_t>(std::clamp<int64_t>(lateness.count(), 0, most)),
                        backlog_bytes},
      packet);
  send(std::span(packet).first(size));
}

void DaemonLink::goodbye() {
  const std::array<uint8_t, 1> packet{uint8_t(application::Type::goodbye)};
  send(packet);
}

}  // namespace understudy
