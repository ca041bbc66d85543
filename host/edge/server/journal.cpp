// SPDX-License-Identifier: Apache-2.0
#include "host/edge/server/journal.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "host/edge/server/record_json.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using protocol::limits::records_kept_max;

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::info:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Journal::Journal(std::string server, std::optional<EventFile> file, Follow follow)
    : server_(std::move(server)), file_(std::move(file)), follow_(std::move(follow)) {}

void Journal::write(const Record& record, bool virtual_time) {
  const auto json = to_json(record, server_, virtual_time ? "virtual" : "monotonic");
  const auto line = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  spdlog::log(level_of(record.severity), "frame={} term={} {}: {}", json["frame"].get<int64_t>(),
              record.term.value, record.kind, text_of(record));
  kept_.push_back(line);
  if (kept_.size() > records_kept_max) kept_.pop_front();
  follow_(line);
  if (!held_) return append(line);
  held_->push_back(line);
  if (held_->size() >= records_kept_max) release();
}

Journal::~Journal() {
  release();
}

void Journal::hold() {
  held_.emplace();
}

void Journal::release() {
  if (!held_) return;
  auto lines = std::move(*held_);
  held_.reset();
  std::ranges::sort(lines);
  for (const auto& line : lines) append(line);
}

void Journal::append(const std::string& line) {
  if (!file_) return;
  switch (file_->append(line)) {
    case EventFile::Outcome::first_lost:
      spdlog::error("event file {}: {}; the daemon goes on and counts the records that are lost",
                    file_->path(), file_->reason());
      break;
    case EventFile::Outcome::written_again:
      spdlog::warn("event file {}: writing again; {} records were lost since the start",
                   file_->path(), file_->lost());
      break;
    case EventFile::Outcome::written:
    case EventFile::Outcome::lost:
      break;
  }
}

std::vector<std::string> Journal::last(size_t most) const {
  const size_t n = std::min(most, kept_.size());
  return {kept_.end() - static_cast<std::ptrdiff_t>(n), kept_.end()};
}

void start_log(const std::string& level, const std::string& server) {
  auto logger = spdlog::stderr_logger_mt("understudyd");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ " + server + " %v");
  logger->set_level(level == "warning" ? spdlog::level::warn : spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace understudy::edge
