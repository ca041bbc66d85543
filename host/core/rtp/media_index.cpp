// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/media_index.hpp"

#include <algorithm>
#include <limits>

#include "host/core/rtp/packet.hpp"

namespace understudy::rtp {
namespace {
constexpr int64_t between_reports = 5 * ticks_per_second;  // RFC 3550, 6.2: not more often
}

void MediaIndex::add(const Unit& unit) {
  using Later = std::numeric_limits<int32_t>;
  Entry e{};
  e.decode = entries_.empty() ? std::max<int64_t>(0, unit.decode)
                              : std::max(entries_.back().decode, unit.decode);
  e.shown_later = static_cast<int32_t>(
      std::clamp<int64_t>(unit.present - e.decode, Later::min(), Later::max()));
  e.key = unit.key;
  e.report =
      !entries_.empty() && e.decode / between_reports != entries_.back().decode / between_reports;
  e.packets = packets_, e.octets = octets_, e.reports = reports_;
  packets_ += unit.packets, octets_ += unit.octets, reports_ += e.report ? 1 : 0;
  entries_.push_back(e);
}

int64_t MediaIndex::decode(size_t unit) const {
  if (unit < entries_.size()) return entries_[unit].decode;
  if (entries_.empty()) return 0;
  const int64_t last = entries_.back().decode;
  const int64_t average = entries_.size() > 1 ? last / int64_t(entries_.size() - 1) : 0;
  return std::max(last, end_ >= 0 ? end_ : last + average);
}
uint64_t MediaIndex::packets_before(size_t unit) const {
  return unit < entries_.size() ? entries_[unit].packets : packets_;
}
uint64_t MediaIndex::octets_before(size_t unit) const {
  return unit < entries_.size() ? entries_[unit].octets : octets_;
}
uint64_t MediaIndex::reports_before(size_t unit) const {
  return unit < entries_.size() ? entries_[unit].reports : reports_;
}

size_t MediaIndex::at(int64_t time) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), time,
                                      [](int64_t t, const Entry& e) { return t < e.decode; });
  return after == entries_.begin() ? 0 : static_cast<size_t>(after - entries_.begin()) - 1;
}

size_t MediaIndex::key_before(size_t unit) const {
  while (unit > 0 && !entries_[unit].key) --unit;
  return unit;
}

}  // namespace understudy::rtp
