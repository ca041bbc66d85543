// SPDX-License-Identifier: Apache-2.0
// The ordered log of parameter changes. The primary's daemon proposes an entry stamped some frames
// ahead; the follower answers with the stamps that it holds; only then the entry is committed and
// given to applications. What is not acknowledged in time gets a later stamp. A chain of checksums
// over all that was committed shows at once when two logs are not the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/error.hpp"
#include "host/core/parameters/parameters.hpp"
#include "host/core/time.hpp"

namespace understudy::core {

struct LogEntry {
  LogIndex index;
  FrameNumber frame;  // takes effect with this frame
  std::string key, value;
  bool operator==(const LogEntry&) const = default;
};

struct LogStamp {
  LogIndex index;
  FrameNumber frame;
  bool operator==(const LogStamp&) const = default;
};

/// All changes up to `index` that have taken effect, and the chain there.
struct LogSnapshot {
  LogIndex index;
  FrameNumber frame;  // the newest stamp in it
  uint32_t chain = 0;
  Parameters values;
};

enum class Accepted : uint8_t {
  held,       // new, or a later stamp for one that is held
  duplicate,  // known
  early,      // entries before it are missing; kept while there is room
  refused,    // too far ahead, or not allowed
  conflict,   // another entry is committed at this index
};

class OrderedLog {
 public:
  // --- what both roles know ---
  LogIndex base() const { return base_.index; }      // all up to here is in the snapshot
  LogIndex committed() const { return committed_; }  // all up to here will not change any more
  LogIndex last() const { return {base_.index.value + entries_.size()}; }
  uint32_t chain() const { return chain_; }  // over all that is committed
  size_t pending() const { return last().value - committed_.value; }
  /// Parameters with all committed changes, whatever their stamps.
  const Parameters& values() const { return values_; }
  /// What has taken effect at `now`, and the index up to which.
  LogSnapshot snapshot(FrameNumber now) const;
  /// Held entries after `index`, at most `most`, in order.
  std::vector<LogEntry> after(LogIndex index, size_t most) const;
  /// Frames are counted anew and `now` is the present one: what is committed has taken effect, what
  /// is not gets a new stamp.
  void restart(FrameNumber now);
  /// Folds what has taken effect into the base while there are more than log_entries_max entries.
  void compact(FrameNumber now);

  // --- the primary ---
  /// Stamps a change `log_lead_frames` ahead of `now`, never before an earlier entry's stamp.
  std::expected<LogEntry, Error> propose(std::string_view key, std::string_view value,
                                         FrameNumber now);
  /// Whether the change could be proposed, with all that is pending counted in.
  std::expected<void, Error> allows(std::string_view key, std::string_view value) const;
  void acknowledged(const std::vector<LogStamp>& stamps);
  /// Pending entries that would take effect too soon get a new stamp; how many did.
  size_t restamp(FrameNumber now);
  /// Commits what is acknowledged, in order; all of it when no acknowledgement is needed.
  std::vector<LogEntry> commit(bool acknowledgement_needed);
  /// This server becomes the primary: it goes on with what it holds, stamps and
  /// all; what came after a gap is gone.
  void take_over();

  // --- the follower ---
  void install(LogSnapshot snapshot);
  Accepted accept(LogEntry entry);
  /// The stamps of all that is held and not committed.
  std::vector<LogStamp> stamps() const;
  /// Commits what is held up to `index`.
  std::vector<LogEntry> commit_to(LogIndex index);

 private:
  LogEntry& at(LogIndex index);
  const LogEntry& at(LogIndex index) const;

  LogSnapshot base_;
  std::deque<LogEntry> entries_;        // base + 1 .. last
  std::map<uint64_t, LogEntry> early_;  // by index, beyond last + 1
  LogIndex committed_;
  LogIndex acknowledged_;  // in order, with their present stamps
  uint32_t chain_ = 0;
  Parameters values_;
};

}  // namespace understudy::core
