// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/output.hpp"

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"

namespace understudy::rtsp {

namespace limits = protocol::limits;

bool Output::ready() const {
  return spans_.size() + 3 <= limits::rtsp_spans_max &&
         text_ + limits::rtsp_response_max <= limits::rtsp_text_max;
}

std::optional<Output::OpenMedia> Output::open_media(uint64_t sent) const {
  if (spans_.empty()) return std::nullopt;
  const auto& last = spans_.back();
  if (!last.text.empty() || sent >= last.end()) return std::nullopt;
  return OpenMedia{last.run, last.place + (std::max(sent, last.begin) - last.begin)};
}

void Output::say(std::string text) {
  CHECK(!text.empty() && text.size() <= limits::rtsp_response_max);
  text_ += text.size();
  const uint64_t at = end();
  spans_.push_back({at, std::move(text), 0, 0, 0});
}

void Output::begin_run(uint32_t run, uint64_t length) {
  CHECK(length > 0);
  const uint64_t at = end();
  spans_.push_back({at, {}, run, 0, length});
}

void Output::stop_at(uint64_t place) {
  CHECK(!spans_.empty() && spans_.back().text.empty());
  auto& last = spans_.back();
  CHECK(place >= last.place && place <= last.place + last.length);
  last.length = place - last.place;
  if (last.length > 0) return;
  begin_ = spans_.size() == 1 ? last.begin : begin_;
  spans_.pop_back();
}

void Output::say_at(uint64_t place, std::string text) {
  const auto old = spans_.back();
  stop_at(place);
  say(std::move(text));
  const uint64_t left = old.place + old.length - place;
  if (left == 0) return;
  const uint64_t at = end();
  spans_.push_back({at, {}, old.run, place, left});
}

bool Output::grant(uint64_t sent) {
  const uint64_t most = std::min(end(), sent + limits::rtsp_grant_bytes);
  return std::exchange(granted_, most) != most;
}

std::optional<Output::Place> Output::locate(uint64_t offset) const {
  const auto after = std::ranges::upper_bound(spans_, offset, {}, &Span::begin);
  if (after == spans_.begin()) return std::nullopt;
  const auto& s = *(after - 1);
  if (offset >= s.end()) return std::nullopt;
  const uint64_t in = offset - s.begin;
  if (!s.text.empty()) return Place{std::string_view(s.text).substr(in), 0, 0, s.end() - offset};
  return Place{{}, s.run, s.place + in, s.end() - offset};
}

void Output::acknowledged(uint64_t offset) {
  while (!spans_.empty() && spans_.front().end() <= offset) {
    text_ -= spans_.front().text.size();
    begin_ = spans_.front().end();
    spans_.pop_front();
  }
}

std::optional<uint32_t> Output::first_run() const {
  for (const auto& s : spans_)
    if (s.text.empty()) return s.run;
  return std::nullopt;
}

void Output::put(protocol::checkpoint::Rtsp& out) const {
  CHECK(spans_.size() <= out.spans.size());
  out.flags = closes_ ? protocol::checkpoint::Rtsp::closes : 0;
  out.begin = spans_.empty() ? begin_ : spans_.front().begin;
  out.granted = granted_;
  out.count = 0;
  for (const auto& s : spans_) out.spans[out.count++] = {s.text, s.run, s.place, s.length};
}

Output Output::from(const protocol::checkpoint::Rtsp& in) {
  Output out;
  out.begin_ = in.begin;
  out.granted_ = in.granted;
  out.closes_ = in.flags & protocol::checkpoint::Rtsp::closes;
  for (size_t i = 0; i < in.count; ++i) {
    const auto& s = in.spans[i];
    const uint64_t at = out.end();
    out.spans_.push_back({at, std::string(s.text), s.run, s.place, s.length});
    out.text_ += s.text.size();
  }
  return out;
}

}  // namespace understudy::rtsp
