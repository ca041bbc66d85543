// SPDX-License-Identifier: Apache-2.0
// The output stream of one RTSP connection, the same on both servers: responses, and between them
// interleaved media, which is only named (run, place, length). Any stream offset falls on a byte of
// one of them, so sending can go on from wherever the client's acknowledgement says. A response
// that comes while media runs goes in at an item's end; the media goes on after it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/checkpoint_rtsp.hpp"

namespace understudy::rtsp {

class Output {
 public:
  struct Span {
    uint64_t begin = 0;
    std::string text;  // empty: media
    uint32_t run = 0;
    uint64_t place = 0, length = 0;
    uint64_t end() const { return begin + (text.empty() ? length : text.size()); }
  };
  /// Where an offset falls: `text` from there to its end, or a place in a run and what is left.
  struct Place {
    std::string_view text;
    uint32_t run = 0;
    uint64_t place = 0, left = 0;
  };
  struct OpenMedia {
    uint32_t run = 0;
    uint64_t place = 0;
  };

  /// There is room for a response and a run.
  bool ready() const;
  uint64_t end() const { return spans_.empty() ? begin_ : spans_.back().end(); }
  /// Nothing at or after it has been sent, or will be before the other server knows better.
  uint64_t granted() const { return granted_; }
  bool closes() const { return closes_; }
  void close_at_end() { closes_ = true; }

  /// Media that is still running when everything before `sent` is sent: cut it there or later, at
  /// an item's end.
  std::optional<OpenMedia> open_media(uint64_t sent) const;
  /// After what is there. Media must not be open.
  void say(std::string text);
  void begin_run(uint32_t run, uint64_t length);
  /// Ends the open media at `place`.
  void stop_at(uint64_t place);
  /// Puts a response in there; the media goes on after it.
  void say_at(uint64_t place, std::string text);

  /// Promises more, after a change or when little is left. Whether that is news.
  bool grant(uint64_t sent);
  /// Nothing at end() and beyond, or before what is kept.
  std::optional<Place> locate(uint64_t offset) const;
  void acknowledged(uint64_t offset);
  /// The first run that is still named, if any.
  std::optional<uint32_t> first_run() const;
  const std::deque<Span>& spans() const { return spans_; }

  /// Fills in its part.
  void put(protocol::checkpoint::Rtsp& out) const;
  static Output from(const protocol::checkpoint::Rtsp& in);

 private:
  std::deque<Span> spans_;
  uint64_t begin_ = 0;  // of the first span
  uint64_t granted_ = 0;
  size_t text_ = 0;  // bytes of all responses
  bool closes_ = false;
};

}  // namespace understudy::rtsp
