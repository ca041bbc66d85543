// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/run.hpp"

#include <algorithm>

#include "host/core/check.hpp"
#include "host/core/rtp/packet.hpp"
#include "host/core/rtp/rtcp.hpp"

namespace understudy::rtp {
namespace {

using protocol::limits::rtp_burst_packets;

constexpr uint64_t burst_nanoseconds = 1'000'000;
constexpr int64_t goodbye_later = ticks_per_second / 5;  // what is still on its way comes first

constexpr uint64_t nanoseconds_of(int64_t ticks) {
  return ticks <= 0 ? 0 : static_cast<uint64_t>(ticks) * 100'000 / 9;
}
static_assert(nanoseconds_of(ticks_per_second) == 1'000'000'000);

}  // namespace

RunItems::RunItems(const Source& source, const Run& run, Media& media)
    : source_(source), run_(run), media_(media), index_(media.index()) {
  run_.end_unit = static_cast<uint32_t>(std::min<size_t>(run_.end_unit, index_.size()));
  run_.first_unit = std::min(run_.first_unit, run_.end_unit);
}

uint64_t RunItems::place_of(size_t unit) const {
  const size_t first = run_.first_unit;
  const uint64_t packets = index_.packets_before(unit) - index_.packets_before(first);
  uint64_t reports = index_.reports_before(unit) - index_.reports_before(first);
  if (unit > first && !index_.report(first)) ++reports;  // a run begins with one
  return index_.octets_before(unit) - index_.octets_before(first) +
         packets * (interleaved_bytes + header_bytes) +
         reports * (interleaved_bytes + report_bytes(source_.cname, false));
}

uint64_t RunItems::end() const {
  return place_of(run_.end_unit) + interleaved_bytes + report_bytes(source_.cname, true);
}

uint64_t RunItems::due(size_t unit, uint32_t part) const {
  return run_.origin + nanoseconds_of(index_.decode(unit) - index_.decode(run_.first_unit)) +
         part / rtp_burst_packets * burst_nanoseconds;
}

bool RunItems::load(size_t unit) {
  if (payloads_ && item_.unit == unit) return true;
  item_.unit = unit;
  payloads_ = media_.payloads(unit);
  if (payloads_ &&
      (payloads_->size() != index_.packets(unit) ||
       payloads_->bytes() != index_.octets_before(unit + 1) - index_.octets_before(unit)))
    payloads_ = nullptr;
  return payloads_ != nullptr;
}

void RunItems::set_goodbye() {
  item_.kind = Item::Kind::goodbye;
  item_.unit = run_.end_unit;
  item_.place = place_of(run_.end_unit);
  item_.size = static_cast<uint32_t>(report_bytes(source_.cname, true));
  item_.due = run_.origin + nanoseconds_of(index_.decode(run_.end_unit) -
                                           index_.decode(run_.first_unit) + goodbye_later);
  payloads_ = nullptr;
}

void RunItems::set_packet(uint64_t place, uint32_t part) {
  item_.kind = Item::Kind::packet;
  item_.part = part;
  item_.place = place;
  item_.size = static_cast<uint32_t>(header_bytes + (*payloads_)[part].size());
  item_.due = due(item_.unit, part);
}

/// To the unit's first item; units without packets are passed over.
bool RunItems::at_unit(size_t unit) {
  while (unit < run_.end_unit && !reports_before(unit) && index_.packets(unit) == 0) ++unit;
  if (unit >= run_.end_unit) {
    set_goodbye();
    return true;
  }
  if (!load(unit)) return false;
  if (!reports_before(unit)) {
    set_packet(place_of(unit), 0);
    return true;
  }
  item_.kind = Item::Kind::report;
  item_.part = 0;
  item_.place = place_of(unit);
  item_.size = static_cast<uint32_t>(report_bytes(source_.cname, false));
  item_.due = due(unit, 0);
  return true;
}

bool RunItems::seek(uint64_t place) {
  if (place >= end()) return false;
  size_t low = run_.first_unit, high = run_.end_unit;  // the last unit that begins at or before
  while (low < high) {
    const size_t middle = low + (high - low + 1) / 2;
    if (place_of(middle) <= place)
      low = middle;
    else
      high = middle - 1;
  }
  if (!at_unit(low)) return false;
  while (item_.end() <= place)
    if (!next()) return false;
  return true;
}

bool RunItems::next() {
  switch (item_.kind) {
    case Item::Kind::goodbye:
      return false;
    case Item::Kind::report:
      if (index_.packets(item_.unit) == 0) return at_unit(item_.unit + 1);
      set_packet(item_.end(), 0);
      return true;
    case Item::Kind::packet:
      if (item_.part + 1 == payloads_->size()) return at_unit(item_.unit + 1);
      set_packet(item_.end(), item_.part + 1);
      return true;
  }
  return false;
}

uint64_t RunItems::place_behind(uint64_t number) {
  if (number < run_.first_packet) return 0;
  size_t low = run_.first_unit,
         high = run_.end_unit;  // the last unit that begins with it or before
  while (low < high) {
    const size_t middle = low + (high - low + 1) / 2;
    if (packets_at(middle) <= number)
      low = middle;
    else
      high = middle - 1;
  }
  if (low == run_.end_unit || !at_unit(low)) return place_of(run_.end_unit);
  do {
    if (item_.kind == Item::Kind::packet && packets_at(item_.unit) + item_.part == number)
      return item_.end();
  } while (item_.kind != Item::Kind::goodbye && next());
  return place_of(run_.end_unit);
}

uint64_t RunItems::packets_at(size_t unit) const {
  return run_.first_packet + index_.packets_before(unit) - index_.packets_before(run_.first_unit);
}
uint64_t RunItems::octets_at(size_t unit) const {
  return run_.first_octet + index_.octets_before(unit) - index_.octets_before(run_.first_unit);
}
uint16_t RunItems::sequence(size_t unit) const {
  return static_cast<uint16_t>(source_.first_sequence + packets_at(unit));
}
uint32_t RunItems::timestamp(size_t unit) const {
  return run_.timestamp +
         static_cast<uint32_t>(index_.present(unit) - index_.present(run_.first_unit));
}

std::span<const uint8_t> RunItems::bytes() {
  bytes_.resize(item_.size);
  if (item_.kind == Item::Kind::packet) {
    put_packet();
    return bytes_;
  }
  const auto passed = index_.decode(item_.unit) - index_.decode(run_.first_unit);
  SenderReport r;
  r.ssrc = source_.ssrc;
  r.time = run_.clock + nanoseconds_of(passed);
  r.timestamp = run_.timestamp + static_cast<uint32_t>(passed);
  r.packets = static_cast<uint32_t>(packets_at(item_.unit));
  r.octets = static_cast<uint32_t>(octets_at(item_.unit));
  CHECK(encode(r, source_.cname, item_.kind == Item::Kind::goodbye, bytes_) == item_.size);
  return bytes_;
}

void RunItems::put_packet() {
  Header h;
  h.payload_type = source_.payload_type;
  // RFC 6184, 5.1: the access unit's last. RFC 2250, 2: only where time jumps; here it does not.
  h.marker = source_.payload_type == payload_h264 && item_.part + 1 == payloads_->size();
  h.sequence = static_cast<uint16_t>(sequence(item_.unit) + item_.part);
  h.timestamp = timestamp(item_.unit);
  h.ssrc = source_.ssrc;
  encode(h, std::span(bytes_).first<header_bytes>());
  std::ranges::copy((*payloads_)[item_.part], bytes_.begin() + header_bytes);
}

Run next_run(const Source& source, Media& media, const std::optional<Run>& previous, uint64_t place,
             uint32_t first_timestamp, uint32_t first_unit, uint32_t end_unit, uint64_t now) {
  Run run;
  run.first_unit = first_unit, run.end_unit = end_unit;
  run.clock = run.origin = now;
  run.timestamp = first_timestamp;
  if (!previous) return run;
  const auto& index = media.index();
  RunItems old(source, *previous, media);
  const size_t old_end = std::min<size_t>(previous->end_unit, index.size());
  size_t unit = old_end;
  uint32_t part = 0;
  if (place < old.place_of(old_end) && old.seek(place)) {
    unit = old.item().unit;
    part = old.item().kind == Item::Kind::packet ? old.item().part : 0;
  }
  run.first_packet = old.packets_at(unit) + part;
  run.first_octet = old.octets_at(unit);
  if (part > 0)
    if (const auto payloads = media.payloads(unit))
      for (uint32_t i = 0; i < part; ++i) run.first_octet += (*payloads)[i].size();
  // RTP's clock goes on as real time does (RFC 3550, 5.1), also over a pause.
  const uint64_t passed = now > previous->clock ? now - previous->clock : 0;
  run.timestamp = previous->timestamp + static_cast<uint32_t>(passed / 100'000 * 9);
  return run;
}

}  // namespace understudy::rtp
