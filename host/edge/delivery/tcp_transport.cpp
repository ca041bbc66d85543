// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/tcp_transport.hpp"

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"
#include "host/edge/guard/guard.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
using checkpoint::Transport;

namespace {
constexpr uint64_t burst = 4;  // segments: when the first are lost, the answers to the others tell
}

struct TcpTransport::Part final : core::UnreadyPart {
  ConnectionOrigin origin;
  core::StreamOffset received;
  bool client_closed = false;
  SteadyTime held_since;  // when `origin.transport.timestamp` came here
  std::optional<UnreadySocket> socket;
  std::string ahead;  // received too, and not in the record
  bool ahead_closed = false;

  /// The sequence number of the client's next byte.
  uint32_t next_received() const {
    return core::Stream{{origin.initial_receive}}.at(received + ahead.size()).value +
           (client_closed || ahead_closed ? 1 : 0);
  }
  /// The first server's clock, as far as it can be told here: never behind by more than the
  /// record's way took.
  uint32_t timestamp_now() const {
    const auto age = std::chrono::steady_clock::now() - held_since;
    const bool micro = origin.transport.flags & Transport::microseconds;
    const auto passed = micro ? std::chrono::duration_cast<std::chrono::microseconds>(age).count()
                              : std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
    return origin.transport.timestamp + static_cast<uint32_t>(passed);
  }
};

void TcpTransport::append(core::ConnectionId connection, core::SectionWriter& out) {
  const auto* socket = find(connection);
  if (!socket) return;
  auto t = socket->origin().transport;
  if (t.flags & Transport::timestamps) t.timestamp = timestamp(socket->number());
  out.add(kind(), [&](std::span<uint8_t> room) { return checkpoint::encode(t, room); });
}

std::expected<std::unique_ptr<core::UnreadyPart>, Error> TcpTransport::create(
    const checkpoint::Record& record, std::span<const uint8_t> section,
    std::unique_ptr<core::UnreadyPart> previous) {
  const auto transport = checkpoint::decode_transport(section);
  if (!transport) return error("a record's transport section is wrong");
  std::unique_ptr<Part> part(static_cast<Part*>(previous.release()));
  if (!part) part = std::make_unique<Part>();
  part->origin = {{record.family, record.service},
                  {record.family, record.client},
                  record.initial_send,
                  record.initial_receive,
                  *transport};
  part->received = {record.received};
  part->client_closed = record.flags & checkpoint::Record::client_closed;
  part->held_since = std::chrono::steady_clock::now();
  if (!part->socket) {
    auto made = UnreadySocket::make(part->origin.service, Guard::live,
                                    part->origin.transport.segment, own_);
    if (!made) return std::unexpected(made.error());
    part->socket = std::move(*made);
  }
  part->socket->expect(part->next_received());
  return part;
}

std::expected<void, Error> TcpTransport::ready(core::ConnectionId connection,
                                               core::UnreadyPart& unready,
                                               const core::Resume& resume) {
  auto& part = static_cast<Part&>(unready);
  const auto& o = part.origin;
  CHECK(part.socket);
  RestoreValues v;
  v.client = o.client;
  v.send = core::Stream{{o.initial_send}}.at(resume.offset).value;
  v.receive = part.next_received();
  v.client_sequence = resume.answer.sequence.value;
  v.window = uint32_t{resume.answer.window} << o.transport.send_scale;
  v.known_byte = std::min<uint64_t>(resume.at_once, v.window) < burst * o.transport.segment;
  v.options = o.transport;
  v.timestamp = part.timestamp_now();
  // The client tells the greatest that it has seen: anything later will do (RFC 7323, 5).
  if (const auto& t = resume.answer.timestamps;
      t && static_cast<int32_t>(t->echo - v.timestamp) >= 0)
    v.timestamp = t->echo + 2;
  const bool micro = o.transport.flags & Transport::microseconds;
  v.timestamp = micro ? v.timestamp | 1 : v.timestamp & ~1u;  // bit 0 tells the kernel the unit
  auto socket = std::move(*part.socket).restore(v);
  part.socket.reset();
  if (!socket) return std::unexpected(socket.error());
  auto& live = live_[connection.value];
  live = std::make_unique<StreamSocket>(std::move(*socket), o, resume.offset, part.received,
                                        part.client_closed);
  live->put_ahead(std::move(part.ahead), part.ahead_closed);
  return {};
}

StreamSocket& TcpTransport::add(core::ConnectionId connection, Descriptor socket,
                                const ConnectionOrigin& origin) {
  auto& place = live_[connection.value];
  place = std::make_unique<StreamSocket>(std::move(socket), origin);
  return *place;
}

StreamSocket* TcpTransport::find(core::ConnectionId connection) const {
  const auto at = live_.find(connection.value);
  return at == live_.end() ? nullptr : at->second.get();
}

void TcpTransport::abandon_all() {
  for (auto& [id, socket] : live_) socket->abandon();
  live_.clear();
}

uint32_t TcpTransport::timestamp_now(const core::UnreadyPart& part) {
  return static_cast<const Part&>(part).timestamp_now();
}
void TcpTransport::put_ahead(core::UnreadyPart& unready, std::string bytes, bool closed) {
  auto& part = static_cast<Part&>(unready);
  part.ahead = std::move(bytes);
  part.ahead_closed = closed && !part.client_closed;
}
bool TcpTransport::has_timestamps(const core::UnreadyPart& part) {
  return static_cast<const Part&>(part).origin.transport.flags & Transport::timestamps;
}
bool TcpTransport::tells_doubles(const core::UnreadyPart& part) {
  return static_cast<const Part&>(part).origin.transport.flags & Transport::selective;
}

}  // namespace understudy::edge
