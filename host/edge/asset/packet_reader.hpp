// SPDX-License-Identifier: Apache-2.0
// The packets of a file's video stream by their number. The file is read once at the start to list
// them; later reads go on from where the last one was, or seek and find the place again by
// comparing packets with the list. A demuxer whose seeking misses is started from the beginning.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/core/error.hpp"
#include "host/edge/asset/ffmpeg.hpp"

namespace understudy::asset {

struct PacketFacts {
  int64_t pts = AV_NOPTS_VALUE, dts = AV_NOPTS_VALUE, position = -1;
  int32_t size = 0;
  bool key = false;
  bool hidden = false;  // decoded, not shown (edit lists)
  bool operator==(const PacketFacts&) const = default;
};

class PacketReader {
 public:
  static std::expected<PacketReader, Error> open(const std::filesystem::path& file);

  /// All packets, in the file's (decoding) order; at least one.
  const std::vector<PacketFacts>& packets() const { return packets_; }
  const AVStream& stream() const { return *format_->streams[stream_]; }
  int64_t last_duration() const { return last_duration_; }
  /// Why the file ended before its end, if it did.
  const std::optional<std::string>& ends_early() const { return ends_early_; }

  /// Reads packet `number` into `packet`.
  std::expected<void, Error> read(size_t number, AVPacket& packet);

 private:
  PacketReader() = default;
  std::expected<void, Error> open_format();
  std::expected<void, Error> list_packets();
  int next(AVPacket& packet);
  bool seek(size_t number, AVPacket& packet);

  std::string url_, name_;
  FormatContext format_;
  int stream_ = -1;
  std::vector<PacketFacts> packets_;
  int64_t last_duration_ = 0;
  std::optional<std::string> ends_early_;
  size_t at_ = 0;  // the packet that the demuxer gives next
};

}  // namespace understudy::asset
