// SPDX-License-Identifier: Apache-2.0
#include "sim/network/stream.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace understudy::network {

using Kind = Heard::Kind;

uint32_t News::take(const Heard& h) {
  if (h.to_service || !flow_.has(h)) return 0;
  return flow_.kind == Kind::tcp ? take_segment(h) : take_number(h);
}

uint32_t News::take_segment(const Heard& h) {
  if (h.opens) end_ = h.sequence + 1;
  if (h.bytes == 0 || !end_) return 0;
  const uint32_t reaches = h.sequence + h.bytes;
  const auto further = static_cast<int32_t>(reaches - *end_);
  if (further <= 0) return 0;  // a probe, or sent again
  end_ = reaches;
  return static_cast<uint32_t>(further);
}

uint32_t News::take_number(const Heard& h) {
  constexpr uint32_t first = 1 << 16;  // room below for a packet from before the first
  if (!end_) end_ = first + h.sequence;
  const auto step = static_cast<int16_t>(h.sequence - *end_);
  const uint32_t number = *end_ + static_cast<uint32_t>(int32_t{step});
  if (!seen_.insert(number).second) {
    ++doubled_;
    return 0;
  }
  late_ += step < 0;
  end_ = std::max(*end_, number);
  return h.bytes;
}

size_t News::missing() const {
  return seen_.empty() ? 0 : *seen_.rbegin() + 1 - *seen_.begin() - seen_.size();
}

Stream stream_of(std::span<const Heard> heard, Flow flow, WallTime counted) {
  Stream out;
  News news(flow);
  std::optional<WallTime> last;
  const auto longer = [](std::optional<Stream::Silence>& best, const Stream::Silence& s) {
    if (!best || s.to - s.from > best->to - best->from) best = s;
  };
  for (const auto& h : heard) {
    out.resets += !h.to_service && h.reset && flow.has(h);
    const auto bytes = news.take(h);
    if (bytes == 0) continue;
    out.bytes += bytes;
    ++out.packets;
    const bool another = out.speakers.empty() || out.speakers.back() != h.from;
    if (another) out.speakers.push_back(h.from);
    if (out.speakers.size() == 1) out.last_before = h.at;
    if (out.speakers.size() == 2 && !out.first_after) out.first_after = h.at;
    if (last && *last >= counted) {
      const Stream::Silence s{*last, h.at};
      longer(out.longest, s);
      longer(another ? out.over_change : out.longest_else, s);
    }
    last = h.at;
  }
  out.doubled = news.doubled(), out.late = news.late(), out.missing = news.missing();
  return out;
}

std::optional<Flow> first_connection(std::span<const Heard> heard, uint16_t service_port) {
  const auto at = std::ranges::find_if(heard, [&](const Heard& h) {
    return h.kind == Kind::tcp && h.opens && !h.to_service && h.service_port == service_port;
  });
  if (at == heard.end()) return std::nullopt;
  return Flow{Kind::tcp, false, service_port, at->client_port};
}

std::optional<Flow> first_rtp(std::span<const Heard> heard, bool group) {
  const auto at = std::ranges::find_if(
      heard, [&](const Heard& h) { return h.kind == Kind::rtp && h.group == group; });
  if (at == heard.end()) return std::nullopt;
  return Flow{Kind::rtp, group, at->service_port, at->client_port};
}

Voices voices_of(std::span<const Heard> heard, const Mac& first, const Mac& second) {
  Voices out;
  std::set<std::pair<uint16_t, uint16_t>> connections;
  for (const auto& h : heard) {
    if (h.to_service) continue;
    out.resets += h.reset;
    if (h.opens) connections.emplace(h.service_port, h.client_port);
    if (h.from == second && !out.second_speaks) out.second_speaks = h.at;
    out.first_after_second += out.second_speaks && h.from == first;
  }
  out.connections = connections.size();
  return out;
}

}  // namespace understudy::network
