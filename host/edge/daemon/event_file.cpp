// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/event_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

namespace understudy::edge {

Result<EventFile> EventFile::open(const std::string& path) {
  std::error_code ignored;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, ignored);
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) return system_failure(fmt::format("event file {}", path));
  bool torn = false;
  struct stat facts{};
  if (::fstat(file.number(), &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0) {
    char last = '\n';
    torn = ::pread(file.number(), &last, 1, facts.st_size - 1) == 1 && last != '\n';
  }
  return EventFile(path, std::move(file), torn);
}

bool EventFile::write_line(std::string_view text) {
  std::string line;
  line.reserve(text.size() + 2);
  if (torn_) line += '\n';
  line += text;
  line += '\n';
  const off_t before = ::lseek(file_.number(), 0, SEEK_END);
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t n = ::write(file_.number(), line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      reason_ = std::strerror(n < 0 ? errno : ENOSPC);
      if (done && (before < 0 || ::ftruncate(file_.number(), before) != 0)) torn_ = true;
      return false;
    }
    done += static_cast<size_t>(n);
  }
  torn_ = false;
  return true;
}

EventFile::Outcome EventFile::append(std::string_view record) {
  const bool again = lost_now_ > 0;
  if (again) {
    const auto closing = fmt::format(
        R"({{"kind":"records_lost","lost":{},"text":"{} records could not be written"}})",
        lost_now_, lost_now_);
    if (write_line(closing)) lost_now_ = 0;
  }
  if (lost_now_ == 0 && write_line(record))
    return again ? Outcome::written_again : Outcome::written;
  ++lost_;
  return ++lost_now_ == 1 && !again ? Outcome::first_lost : Outcome::lost;
}

}  // namespace understudy::edge
