// SPDX-License-Identifier: Apache-2.0
#include "host/core/connection/protocol.hpp"

#include <algorithm>
#include <string>

#include "host/core/check.hpp"

namespace understudy::core {

void Stack::add(Protocol& protocol) {
  for (const auto* p : protocols_) CHECK(p->kind() != protocol.kind());
  protocols_.push_back(&protocol);
}

void Stack::append(ConnectionId connection, SectionWriter& out) {
  for (auto* p : protocols_) p->append(connection, out);
}

std::expected<UnreadyConnection, Error> Stack::create(const protocol::checkpoint::Record& record,
                                                      UnreadyConnection previous) {
  UnreadyConnection out;
  size_t served = 0;
  for (auto* p : protocols_)
    for (const auto& section : record.sections.all()) {
      if (section.kind != p->kind()) continue;
      const auto old = std::find_if(previous.entries.begin(), previous.entries.end(),
                                    [&](auto& e) { return e.protocol == p && e.part; });
      auto part = p->create(record, section.bytes,
                            old == previous.entries.end() ? nullptr : std::move(old->part));
      if (!part) return std::unexpected(part.error());
      out.entries.push_back({p, std::move(*part)});
      ++served;
    }
  if (served != record.sections.count)
    return error("a record has a section of a protocol that is not known here");
  auto& k = out.known;
  k.output = {{record.initial_send}};
  k.input = {{record.initial_receive}};
  k.acknowledged = {record.acknowledged};
  k.end = {record.sent};
  k.received = {record.received};
  k.client_closed = record.flags & protocol::checkpoint::Record::client_closed;
  for (const auto& e : out.entries)
    if (const auto end = e.part->end()) {
      k.end = std::max(k.end, end->offset);
      k.end_closes = end->closes;
      k.paced = end->paced;
    }
  return out;
}

std::expected<void, Error> Stack::ready(ConnectionId connection, UnreadyConnection& unready,
                                        const Resume& resume) {
  for (auto& e : unready.entries)
    if (auto ok = e.protocol->ready(connection, *e.part, resume); !ok) return ok;
  return {};
}

}  // namespace understudy::core
