// SPDX-License-Identifier: Apache-2.0
// The ordered changes of the parameters, each stamped with the frame at which it takes effect: for
// frame k, all changes stamped <= k hold, and of two for one key the later in the log's order. The
// order of arrival does not matter. A new session of the log outranks the ones before it, since its
// indices may begin anew.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "host/core/error.hpp"
#include "host/core/render/parameters.hpp"

namespace understudy::render {

struct Change {
  uint64_t index = 0;
  uint32_t frame = 0;
  std::string key, value;
};

class ParameterTimeline {
 public:
  /// A value that Parameters refuses, or one change more than limits::log_entries_max, is an error
  /// and leaves the timeline as it was.
  std::expected<void, Error> add(const Change& change);

  /// From now on changes come from a log that was opened anew, its present values first.
  void begin_session() { ++session_; }
  /// What only older sessions said holds no longer.
  void end_older_sessions();

  Parameters at(uint64_t k) const;

  /// Drops what no frame from k on can show; at() is right for those only from now on.
  void forget_before(uint64_t k);

  size_t size() const { return size_; }

 private:
  using Order = std::pair<uint32_t, uint64_t>;  // session, index
  struct Entry {
    uint32_t frame;
    std::string value;
  };
  using Line = std::map<Order, Entry>;
  static Line::const_iterator winner(const Line& line, uint64_t k);

  std::map<std::string, Line, std::less<>> lines_;  // by key
  uint32_t session_ = 0;
  size_t size_ = 0;
};

}  // namespace understudy::render
