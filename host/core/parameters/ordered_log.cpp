// SPDX-License-Identifier: Apache-2.0
#include "host/core/parameters/ordered_log.hpp"

#include <algorithm>
#include <array>

#include "host/core/check.hpp"
#include "protocol/bytes.hpp"
#include "protocol/crc.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace {
namespace limits = protocol::limits;

/// The chain after one more entry: index, stamp, key and value all count.
uint32_t chained(uint32_t chain, const LogEntry& e) {
  std::array<uint8_t, 20> fixed{};
  protocol::ByteWriter w(fixed);
  w.u32(chain), w.u64(e.index.value), w.u32(e.frame.value);
  w.u16(static_cast<uint16_t>(e.key.size())), w.u16(static_cast<uint16_t>(e.value.size()));
  protocol::Crc32c crc;
  crc.bytes(w.written());
  for (char c : e.key) crc.byte(static_cast<uint8_t>(c));
  for (char c : e.value) crc.byte(static_cast<uint8_t>(c));
  return crc.value();
}

/// One more change has taken effect.
void fold(LogSnapshot& into, const LogEntry& e) {
  into.chain = chained(into.chain, e);
  into.values.set(e.key, e.value);
  into.index = e.index;
  into.frame = e.frame;
}

bool in_effect(const LogEntry& e, FrameNumber now) {
  return !now.before(e.frame);
}
}  // namespace

LogEntry& OrderedLog::at(LogIndex index) {
  CHECK(index > base_.index && index <= last());
  return entries_[index.value - base_.index.value - 1];
}
const LogEntry& OrderedLog::at(LogIndex index) const {
  return const_cast<OrderedLog*>(this)->at(index);
}

LogSnapshot OrderedLog::snapshot(FrameNumber now) const {
  LogSnapshot s = base_;
  while (s.index < committed_ && in_effect(at(s.index.next()), now)) fold(s, at(s.index.next()));
  return s;
}

std::vector<LogEntry> OrderedLog::after(LogIndex index, size_t most) const {
  std::vector<LogEntry> out;
  for (LogIndex i = std::max(index, base_.index).next(); i <= last() && out.size() < most;
       i = i.next())
    out.push_back(at(i));
  return out;
}

void OrderedLog::compact(FrameNumber now) {
  while (entries_.size() > limits::log_entries_max && base_.index < committed_ &&
         in_effect(entries_.front(), now)) {
    fold(base_, entries_.front());
    entries_.pop_front();
  }
}

void OrderedLog::restart(FrameNumber now) {
  early_.clear();
  while (base_.index < committed_) {
    fold(base_, entries_.front());
    entries_.pop_front();
  }
  base_.frame = now;
  for (auto& e : entries_) e.frame = now + limits::log_lead_frames;
  acknowledged_ = committed_;
}

// --- the primary
// -----------------------------------------------------------------------------------

std::expected<LogEntry, Error> OrderedLog::propose(std::string_view key, std::string_view value,
                                                   FrameNumber now) {
  if (auto fits = allows(key, value); !fits) return std::unexpected(fits.error());
  if (pending() >= limits::log_pending_max)
    return error(std::to_string(pending()) + " changes wait to be acknowledged; try again");
  FrameNumber frame = now + limits::log_lead_frames;
  if (!entries_.empty()) frame = later(frame, entries_.back().frame);
  entries_.push_back({last().next(), frame, std::string(key), std::string(value)});
  return entries_.back();
}

std::expected<void, Error> OrderedLog::allows(std::string_view key, std::string_view value) const {
  Parameters ahead = values_;
  for (LogIndex i = committed_.next(); i <= last(); i = i.next()) ahead.set(at(i).key, at(i).value);
  return ahead.allows(key, value);
}

void OrderedLog::acknowledged(const std::vector<LogStamp>& stamps) {
  LogIndex i = committed_;
  const auto holds = [&](LogIndex index) {
    return std::ranges::find(stamps, LogStamp{index, at(index).frame}) != stamps.end();
  };
  while (i < last() && holds(i.next())) i = i.next();
  acknowledged_ = std::max(acknowledged_, i);
}

size_t OrderedLog::restamp(FrameNumber now) {
  if (pending() == 0 ||
      at(committed_.next()).frame - now >= static_cast<int32_t>(limits::log_commit_frames))
    return 0;
  size_t changed = 0;
  for (LogIndex i = committed_.next(); i <= last(); i = i.next()) {
    const FrameNumber frame = later(at(i).frame, now + limits::log_lead_frames);
    if (frame == at(i).frame) continue;
    at(i).frame = frame;
    ++changed;
  }
  acknowledged_ = committed_;
  return changed;
}

std::vector<LogEntry> OrderedLog::commit(bool acknowledgement_needed) {
  return commit_to(acknowledgement_needed ? acknowledged_ : last());
}

void OrderedLog::take_over() {
  early_.clear();
  acknowledged_ = committed_;
}

// --- the follower
// ----------------------------------------------------------------------------------

void OrderedLog::install(LogSnapshot snapshot) {
  base_ = std::move(snapshot);
  entries_.clear();
  early_.clear();
  committed_ = acknowledged_ = base_.index;
  chain_ = base_.chain;
  values_ = base_.values;
}

Accepted OrderedLog::accept(LogEntry entry) {
  if (entry.index <= base_.index) return Accepted::duplicate;
  if (entry.index <= last()) {
    LogEntry& mine = at(entry.index);
    if (mine == entry) return Accepted::duplicate;
    if (entry.index <= committed_ || mine.key != entry.key || mine.value != entry.value)
      return Accepted::conflict;
    if (!mine.frame.before(entry.frame)) return Accepted::duplicate;
    mine.frame = entry.frame;
    return Accepted::held;
  }
  if (entry.index.value - committed_.value > limits::log_pending_max) return Accepted::refused;
  if (entry.index != last().next()) {
    early_.insert_or_assign(entry.index.value, std::move(entry));
    return Accepted::early;
  }
  if (!allows(entry.key, entry.value)) return Accepted::refused;
  entries_.push_back(std::move(entry));
  const auto next = early_.find(last().next().value);
  if (next != early_.end()) {
    LogEntry follows = std::move(next->second);
    early_.erase(next);
    accept(std::move(follows));
  }
  return Accepted::held;
}

std::vector<LogStamp> OrderedLog::stamps() const {
  std::vector<LogStamp> out;
  for (LogIndex i = committed_.next(); i <= last(); i = i.next()) out.push_back({i, at(i).frame});
  return out;
}

std::vector<LogEntry> OrderedLog::commit_to(LogIndex index) {
  std::vector<LogEntry> out;
  while (committed_ < index && committed_ < last()) {
    const LogEntry& e = at(committed_.next());
    chain_ = chained(chain_, e);
    values_.set(e.key, e.value);
    committed_ = e.index;
    out.push_back(e);
  }
  acknowledged_ = std::max(acknowledged_, committed_);
  return out;
}

}  // namespace understudy::core
