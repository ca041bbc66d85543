// SPDX-License-Identifier: Apache-2.0
#include "host/core/connection/http_answers.hpp"

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"

namespace understudy::core {

namespace checkpoint = protocol::checkpoint;

void HttpAnswers::add(HttpAnswer answer) {
  CHECK(!full() && !closes_ && !answer.head.empty());
  answer.begin = end_;
  end_ = answer.end();
  answers_.push_back(std::move(answer));
}

std::optional<HttpAnswers::Place> HttpAnswers::locate(StreamOffset offset) const {
  const auto at = std::find_if(answers_.begin(), answers_.end(),
                               [&](const auto& a) { return offset < a.end(); });
  if (at == answers_.end() || offset < at->begin) return std::nullopt;
  if (offset < at->body()) return Place{&*at, true, offset - at->begin, at->body() - offset};
  return Place{&*at, false, at->first + (offset - at->body()), at->end() - offset};
}

void HttpAnswers::acknowledged(StreamOffset offset) {
  while (!answers_.empty() && answers_.front().end() <= offset) answers_.pop_front();
}

size_t HttpAnswers::encode(std::span<uint8_t> out) const {
  checkpoint::Http m;
  m.flags = closes_ ? checkpoint::Http::closes : 0;
  m.next = end_.value;
  for (const auto& a : answers_)
    m.answers[m.count++] = {a.begin.value, a.head, a.path, a.tag, a.first, a.length};
  m.unanswered = unanswered;
  return checkpoint::encode(m, out);
}

std::optional<HttpAnswers> HttpAnswers::decode(std::span<const uint8_t> in) {
  const auto m = checkpoint::decode_http(in);
  if (!m) return std::nullopt;
  HttpAnswers out;
  for (size_t i = 0; i < m->count; ++i) {
    const auto& a = m->answers[i];
    out.answers_.push_back({{a.begin},
                            std::string(a.head),
                            std::string(a.path),
                            std::string(a.tag),
                            a.first,
                            a.length});
  }
  out.end_ = {m->next};
  out.closes_ = m->flags & checkpoint::Http::closes;
  out.unanswered = m->unanswered;
  return out;
}

}  // namespace understudy::core
