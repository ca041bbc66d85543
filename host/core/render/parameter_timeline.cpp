// SPDX-License-Identifier: Apache-2.0
#include "host/core/render/parameter_timeline.hpp"

#include <iterator>

#include "protocol/limits.hpp"

namespace understudy::render {

std::expected<void, Error> ParameterTimeline::add(const Change& change) {
  Parameters scratch;
  if (auto ok = set(scratch, change.key, change.value); !ok) return ok;
  auto& line = lines_[change.key];
  const Order order{session_, change.index};
  if (!line.contains(order)) {
    if (size_ == protocol::limits::log_entries_max)
      return error("more than " + std::to_string(size_) + " parameter changes wait");
    ++size_;
  }
  line.insert_or_assign(order, Entry{change.frame, change.value});
  return {};
}

ParameterTimeline::Line::const_iterator ParameterTimeline::winner(const Line& line, uint64_t k) {
  for (auto entry = line.end(); entry != line.begin();)
    if ((--entry)->second.frame <= k) return entry;
  return line.end();
}

Parameters ParameterTimeline::at(uint64_t k) const {
  Parameters p;
  for (const auto& [key, line] : lines_)
    if (const auto found = winner(line, k); found != line.end())
      (void)set(p, key, found->second.value);  // was accepted by add()
  return p;
}

void ParameterTimeline::end_older_sessions() {
  for (auto& [key, line] : lines_)
    size_ -= std::erase_if(line, [this](const auto& e) { return e.first.first != session_; });
}

void ParameterTimeline::forget_before(uint64_t k) {
  for (auto& [key, line] : lines_) {
    const auto keep = winner(line, k);
    if (keep == line.end()) continue;
    size_ -= size_t(std::distance(line.cbegin(), keep));
    line.erase(line.cbegin(), keep);
  }
}

}  // namespace understudy::render
