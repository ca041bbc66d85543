// SPDX-License-Identifier: Apache-2.0
#include "host/core/connection/input.hpp"

#include <algorithm>

namespace understudy::core {

namespace limits = protocol::limits;

StreamOffset InputRanges::last() const {
  return apart_.empty() ? whole_ : StreamOffset{apart_.rbegin()->second};
}

void InputRanges::add(StreamOffset begin, StreamOffset end) {
  if (end <= whole_) return;
  uint64_t from = begin.value, to = end.value;
  if (begin > whole_) {  // a stretch apart, joined with those that it touches
    auto at = apart_.upper_bound(from);
    if (at != apart_.begin() && std::prev(at)->second >= from) --at;
    while (at != apart_.end() && at->first <= to) {
      from = std::min(from, at->first), to = std::max(to, at->second);
      at = apart_.erase(at);
    }
    apart_[from] = to;
    return;
  }
  whole_ = end;
  while (!apart_.empty() && apart_.begin()->first <= whole_.value) {
    whole_.value = std::max(whole_.value, apart_.begin()->second);
    apart_.erase(apart_.begin());
  }
}

InputTold::Decision InputTold::take(const Stream& input, const Segment& s) {
  const int64_t size = int64_t{s.bytes} + (s.fin ? 1 : 0);
  const StreamOffset whole = ranges_.whole();
  const int64_t ahead = s.sequence - input.at(whole);  // within half of the sequence space
  if (ahead + size <= 0) return {};
  const auto skip = static_cast<uint32_t>(ahead < 0 ? -ahead : 0);
  const StreamOffset from = whole + static_cast<uint64_t>(std::max<int64_t>(ahead, 0));
  const StreamOffset end = from + (static_cast<uint64_t>(size) - skip);
  if (end > taken_ + limits::input_held_max) return {Fate::refuse, from, skip};
  if (from > whole && ranges_.apart() >= limits::input_stretches_max)
    return {Fate::refuse, from, skip};
  ranges_.add(from, end);
  return {Fate::tell, from, skip};
}

void InputTold::taken(StreamOffset received, bool closed) {
  taken_ = received;
  ranges_.add({}, received + (closed ? 1 : 0));
}

bool InputHeld::add(StreamOffset from, std::span<const uint8_t> bytes, bool fin) {
  const StreamOffset end = from + bytes.size();
  if (end > taken_ + limits::input_held_max) return false;
  if (from > ranges_.whole() && ranges_.apart() > limits::input_stretches_max) return false;
  if (fin) fin_ = std::min(fin_, end.value);
  const uint64_t first = std::max(from, taken_) - taken_;
  const uint64_t skip = taken_ + first - from;
  if (skip < bytes.size()) {
    bytes = bytes.subspan(static_cast<size_t>(skip));
    bytes_.resize(std::max<size_t>(bytes_.size(), static_cast<size_t>(first) + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<ptrdiff_t>(first));
  }
  ranges_.add(from, end + (fin ? 1 : 0));
  return true;
}

void InputHeld::taken(StreamOffset received) {
  if (received <= taken_) return;
  bytes_.erase(0, static_cast<size_t>(std::min<uint64_t>(bytes_.size(), received - taken_)));
  if (bytes_.empty()) bytes_.shrink_to_fit();
  taken_ = received;
  ranges_.add({}, received);
}

StreamOffset InputHeld::end() const {
  return {std::min(ranges_.whole().value, fin_)};
}

bool InputHeld::closed() const {
  return ranges_.whole().value > fin_;
}

std::string InputHeld::bytes(StreamOffset from) const {
  const auto stop = end();
  if (from < taken_ || stop <= from) return {};
  return bytes_.substr(static_cast<size_t>(from - taken_), static_cast<size_t>(stop - from));
}

}  // namespace understudy::core
