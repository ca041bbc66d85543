// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/http_service.hpp"

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"

namespace understudy::edge {

struct HttpService::Part final : core::UnreadyPart {
  core::HttpAnswers answers;
  std::vector<std::shared_ptr<const Asset>> assets;  // open ahead of time
  bool closes = false;
  std::optional<End> end() const override { return End{answers.end(), closes}; }
};

HttpService::HttpService(ServiceHost& host, AssetRoot root, std::vector<SocketAddress> listen)
    : host_(host), root_(std::move(root)), listen_(std::move(listen)) {}

HttpService::~HttpService() {
  forget();
}

HttpConnection* HttpService::find(core::ConnectionId connection) const {
  const auto at = connections_.find(connection.value);
  return at == connections_.end() ? nullptr : at->second.get();
}

void HttpService::append(core::ConnectionId connection, core::SectionWriter& out) {
  if (auto* c = find(connection))
    out.add(kind(), [&](std::span<uint8_t> room) { return c->encode(room); });
}

std::expected<std::unique_ptr<core::UnreadyPart>, Error> HttpService::create(
    const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
    std::unique_ptr<core::UnreadyPart> previous) {
  auto answers = core::HttpAnswers::decode(section);
  if (!answers) return error("a record's HTTP section is wrong");
  const auto first = answers->empty() ? answers->end() : answers->all().front().begin;
  if (first.value > record.acknowledged || answers->end().value < record.sent)
    return error("a record's HTTP answers do not cover what the client may ask for");
  auto part = std::make_unique<Part>();
  for (const auto& a : answers->all()) {
    if (a.path.empty()) continue;
    auto asset = root_.find(a.path);
    if (!asset || asset->tag != a.tag || a.first + a.length > asset->size)
      return error("the object " + a.path + " with tag " + a.tag +
                   " is not the same here: copy it with its time (rsync -t)");
    part->assets.push_back(std::move(asset));
  }
  part->answers = std::move(*answers);
  part->closes =
      part->answers.closes_after(record.flags & protocol::checkpoint::Record::client_closed);
  previous.reset();  // after: its assets may be the same
  return part;
}

std::expected<void, Error> HttpService::ready(core::ConnectionId connection,
                                              core::UnreadyPart& unready, const core::Resume&) {
  auto& part = static_cast<Part&>(unready);
  auto* socket = host_.transport().find(connection);
  CHECK(socket);
  auto c =
      std::make_shared<HttpConnection>(host_, root_, connection, *socket, std::move(part.answers));
  if (!part.assets.empty()) c->put_asset(std::move(part.assets.front()));
  c->write_at_once(socket->origin().transport.segment);
  connections_[connection.value] = std::move(c);
  ready_.push_back(connection);
  return {};
}

void HttpService::begin_ready() {
  for (const auto id : std::exchange(ready_, {}))
    if (const auto at = connections_.find(id.value); at != connections_.end()) {
      const auto keep = at->second;
      keep->begin();
    }
}

void HttpService::accepted(core::ConnectionId connection, StreamSocket& socket) {
  auto c = std::make_shared<HttpConnection>(host_, root_, connection, socket, core::HttpAnswers{});
  connections_[connection.value] = c;
  c->begin();
}

void HttpService::append_new(core::SectionWriter& out) const {
  out.add(kind(), [](std::span<uint8_t> room) { return core::HttpAnswers().encode(room); });
}

core::StreamOffset HttpService::end(core::ConnectionId connection) const {
  const auto* c = find(connection);
  return c ? c->answers().end() : core::StreamOffset{};
}

void HttpService::release(core::ConnectionId connection, core::StreamOffset offset) {
  if (const auto at = connections_.find(connection.value); at != connections_.end()) {
    const auto keep = at->second;
    keep->release(offset);
  }
}

void HttpService::freeze() {
  for (auto& [id, c] : connections_) c->freeze();
}

void HttpService::forget() {
  for (auto& [id, c] : connections_) c->stop();
  connections_.clear();
  ready_.clear();
}

void HttpService::look() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<HttpConnection>> all;
  all.reserve(connections_.size());
  for (auto& [id, c] : connections_) all.push_back(c);
  for (auto& c : all) c->look(now);
}

void HttpService::drop(core::ConnectionId connection) {
  std::erase(ready_, connection);  // restored again before it has begun: it begins once
  const auto at = connections_.find(connection.value);
  if (at == connections_.end()) return;
  at->second->stop();  // what it waits for would keep it, and its socket may be closed
  connections_.erase(at);
}

}  // namespace understudy::edge
