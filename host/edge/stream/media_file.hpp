// SPDX-License-Identifier: Apache-2.0
// A file that can be sent over RTP. It is read once when it is opened, so that the number and time
// of every packet are known; payloads are made again when they are wanted, the newest ones kept for
// those who watch the same part. Both servers' copies must be the same bytes.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "host/core/error.hpp"
#include "host/core/rtp/h264_payload.hpp"
#include "host/core/rtp/media_index.hpp"

namespace understudy::edge {

class MediaFile : public rtp::Media {
 public:
  const rtp::MediaIndex& index() const override { return index_; }
  std::shared_ptr<const rtp::Payloads> payloads(size_t unit) override {
    for (const auto& [number, kept] : kept_)
      if (number == unit) return kept;
    auto made = make(unit);
    if (!made) return nullptr;
    if (kept_.size() == kept_max) kept_.pop_front();
    kept_.emplace_back(unit, made);
    return made;
  }
  uint8_t payload_type() const { return payload_type_; }
  /// Of H.264 only.
  const rtp::H264Description& description() const { return description_; }

 protected:
  virtual std::shared_ptr<const rtp::Payloads> make(size_t unit) = 0;
  rtp::MediaIndex index_;
  rtp::H264Description description_;
  uint8_t payload_type_ = 0;

 private:
  static constexpr size_t kept_max = 16;
  std::deque<std::pair<size_t, std::shared_ptr<const rtp::Payloads>>> kept_;
};

using OpenedMedia = std::expected<std::unique_ptr<MediaFile>, Error>;

/// H.264 in any container that libavformat reads. `path` may be one of /proc/self/fd.
OpenedMedia open_h264_file(const std::string& path);
/// MPEG-TS, sent as it is. Takes its own copy of the descriptor.
OpenedMedia open_transport_stream(int file);
/// Begins with two TS packets.
bool looks_like_transport_stream(int file);

}  // namespace understudy::edge
