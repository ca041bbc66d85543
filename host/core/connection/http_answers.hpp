// SPDX-License-Identifier: Apache-2.0
// HTTP's state of one connection, the same on both servers: answers that lie one after the other in
// the output stream, and what of the input is not answered yet. Any stream offset falls on a byte
// of an answer's head, a byte of an object, or the end; so sending can go on from wherever the
// client's acknowledgement says. What the client has acknowledged is forgotten.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include "host/core/connection/sequence.hpp"
#include "protocol/checkpoint_http.hpp"

namespace understudy::core {

struct HttpAnswer {
  StreamOffset begin;     // given by HttpAnswers::add
  std::string head;       // 1..response_head_max bytes
  std::string path, tag;  // the object; no path: none
  uint64_t first = 0;     // its byte after the head
  uint64_t length = 0;    // bytes of it
  StreamOffset body() const { return begin + head.size(); }
  StreamOffset end() const { return body() + length; }
};

class HttpAnswers {
 public:
  /// Where an offset falls.
  struct Place {
    const HttpAnswer* answer = nullptr;
    bool in_head = false;
    uint64_t byte = 0;  // of the head, or of the object
    uint64_t left = 0;  // bytes of the same kind from there on, at least 1
  };

  /// The answer begins where the last one ends.
  void add(HttpAnswer answer);
  bool full() const { return answers_.size() >= protocol::limits::responses_max; }
  bool empty() const { return answers_.empty(); }
  StreamOffset end() const { return end_; }
  /// After the last answer the server closes: nothing is added or read any more.
  bool closes() const { return closes_; }
  void close_at_end() { closes_ = true; }
  /// Asked to, or because its client says nothing more and all of it is answered.
  bool closes_after(bool client_closed) const {
    return closes_ || (client_closed && (unanswered.empty() || !full()));
  }
  /// Nothing at end() and beyond, or before the oldest answer that is kept.
  std::optional<Place> locate(StreamOffset offset) const;
  void acknowledged(StreamOffset offset);
  const std::deque<HttpAnswer>& all() const { return answers_; }

  std::string unanswered;  // up to request_bytes_max

  /// Bytes written, 0 when it does not fit.
  size_t encode(std::span<uint8_t> out) const;
  static std::optional<HttpAnswers> decode(std::span<const uint8_t> in);

 private:
  std::deque<HttpAnswer> answers_;
  StreamOffset end_;
  bool closes_ = false;
};

}  // namespace understudy::core
