// SPDX-License-Identifier: Apache-2.0
// Where records go: the event file, the structured log on stderr, the last few kept for who asks,
// and whoever follows. A full disk is said once and stops nothing.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/core/record.hpp"
#include "host/edge/daemon/event_file.hpp"

namespace understudy::edge {

class Journal {
 public:
  using Follow = std::function<void(const std::string& line)>;
  Journal(std::string server, std::optional<EventFile> file, Follow follow);

  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void write(const Record& record, bool virtual_time);
  /// From the start until virtual time runs, what is written has no order of its own (who of two
  /// programs connects first is chance): the file gets those records sorted, so that it repeats.
  void hold();
  void release();
  /// The last `most` records as JSON lines, oldest first.
  std::vector<std::string> last(size_t most) const;
  const std::optional<EventFile>& file() const { return file_; }

 private:
  std::string server_;
  std::optional<EventFile> file_;
  Follow follow_;
  std::deque<std::string> kept_;
  std::optional<std::vector<std::string>> held_;
  void append(const std::string& line);
};

/// The log on stderr. Levels: trace, debug, info, warning, error.
void start_log(const std::string& level, const std::string& server);

}  // namespace understudy::edge
