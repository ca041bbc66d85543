// SPDX-License-Identifier: Apache-2.0
// The daemon's events.jsonl: one JSON object a line, appended. A full disk stops nothing: what
// could not be written is counted, and the first record after space is back says how many were
// lost. A record that a crash cut short stays as a line of its own; the next one starts on a new
// line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

class EventFile {
 public:
  enum class Outcome : uint8_t {
    written,
    first_lost,  // say so once
    lost,
    written_again,  // the first after a loss, behind the closing record
  };

  /// Errors: the system's reason (no such directory, no permission).
  static Result<EventFile> open(const std::string& path);

  /// `record` is one JSON object without a line end. Never blocks for longer than the disk does.
  Outcome append(std::string_view record);

  bool was_torn() const { return was_torn_; }  // the file's last record was cut short when opened
  uint64_t lost() const { return lost_; }      // since opened
  const std::string& path() const { return path_; }
  const std::string& reason() const { return reason_; }  // why the last one was lost

 private:
  EventFile(std::string path, Descriptor file, bool torn)
      : path_(std::move(path)), file_(std::move(file)), torn_(torn), was_torn_(torn) {}
  bool write_line(std::string_view text);

  std::string path_;
  Descriptor file_;
  bool torn_ = false;  // the file does not end with a line end
  bool was_torn_ = false;
  uint64_t lost_ = 0, lost_now_ = 0;
  std::string reason_;
};

}  // namespace understudy::edge
