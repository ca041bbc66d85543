// SPDX-License-Identifier: Apache-2.0
#include "host/edge/asset/packet_reader.hpp"

#include <algorithm>
#include <system_error>

#include "protocol/limits.hpp"

namespace understudy::asset {
namespace {

// After a seek, so many packets are looked at for one that the list knows.
constexpr int resynchronize_packets = 64;

PacketFacts facts_of(const AVPacket& p) {
  return {p.pts,
          p.dts,
          p.pos,
          p.size,
          (p.flags & AV_PKT_FLAG_KEY) != 0,
          (p.flags & AV_PKT_FLAG_DISCARD) != 0};
}

std::expected<void, Error> check_file(const std::filesystem::path& file) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (!std::filesystem::exists(status)) return error("asset " + file.string() + ": no such file");
  if (code) return error("asset " + file.string() + ": " + code.message());
  if (!std::filesystem::is_regular_file(status))
    return error("asset " + file.string() + ": not a regular file");
  return {};
}

}  // namespace

std::expected<PacketReader, Error> PacketReader::open(const std::filesystem::path& file) {
  if (auto ok = check_file(file); !ok) return std::unexpected(ok.error());
  PacketReader reader;
  reader.name_ = "asset " + file.string();
  reader.url_ = "file:" + file.string();
  if (auto ok = reader.open_format(); !ok) return std::unexpected(ok.error());
  if (auto ok = reader.list_packets(); !ok) return std::unexpected(ok.error());
  if (auto ok = reader.open_format(); !ok) return std::unexpected(ok.error());
  return reader;
}

std::expected<void, Error> PacketReader::open_format() {
  format_.reset();
  at_ = 0;
  AVFormatContext* opened = avformat_alloc_context();
  if (!opened) return error(name_ + ": out of memory");
  opened->flags |= AVFMT_FLAG_GENPTS;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  const int result = avformat_open_input(&opened, url_.c_str(), nullptr, &options);
  av_dict_free(&options);
  if (result < 0) return error(name_ + ": not readable as a video file: " + text_of(result));
  format_.reset(opened);
  if (const int r = avformat_find_stream_info(opened, nullptr); r < 0)
    return error(name_ + ": cannot find out what its streams are: " + text_of(r));
  stream_ = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (stream_ < 0 || (opened->streams[stream_]->disposition & AV_DISPOSITION_ATTACHED_PIC))
    return error(name_ + ": has no video stream");
  for (unsigned i = 0; i < opened->nb_streams; ++i)
    opened->streams[i]->discard = int(i) == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  return {};
}

int PacketReader::next(AVPacket& packet) {
  for (;;) {
    av_packet_unref(&packet);
    const int result = av_read_frame(format_.get(), &packet);
    if (result < 0 || packet.stream_index == stream_) return result;
  }
}

std::expected<void, Error> PacketReader::list_packets() {
  Packet packet(av_packet_alloc());
  int result = 0;
  while ((result = next(*packet)) >= 0) {
    if (packets_.size() == protocol::limits::asset_packets_max)
      return error(name_ + ": has more than " + std::to_string(packets_.size()) + " frames");
    packets_.push_back(facts_of(*packet));
    last_duration_ = packet->duration;
  }
  if (result != AVERROR_EOF) ends_early_ = text_of(result);
  if (packets_.empty()) return error(name_ + ": its video stream has no frames");
  return {};
}

/// Leaves `packet` holding a packet at or before `number`, and at_ behind it.
bool PacketReader::seek(size_t number, AVPacket& packet) {
  size_t key = number;
  while (key > 0 && !packets_[key].key) --key;
  const auto& target = packets_[key];
  const int64_t time = target.dts != AV_NOPTS_VALUE ? target.dts : target.pts;
  if (time == AV_NOPTS_VALUE ||
      av_seek_frame(format_.get(), stream_, time, AVSEEK_FLAG_BACKWARD) < 0)
    return false;
  for (int i = 0; i < resynchronize_packets && next(packet) >= 0; ++i) {
    const auto facts = facts_of(packet);
    const auto found = std::find(packets_.begin(), packets_.end(), facts);
    if (found == packets_.end()) continue;
    if (std::find(found + 1, packets_.end(), facts) != packets_.end()) return false;
    at_ = size_t(found - packets_.begin()) + 1;
    return at_ <= number + 1;
  }
  return false;
}

std::expected<void, Error> PacketReader::read(size_t number, AVPacket& packet) {
  if (number != at_) {
    if (seek(number, packet)) {
      if (at_ == number + 1) return {};
    } else if (auto ok = open_format(); !ok) {
      return ok;
    }
  }
  do {
    const int result = next(packet);
    if (result < 0 || facts_of(packet) != packets_[at_])
      return error(name_ + ": is not what it was when it was opened (packet " +
                   std::to_string(at_) + ")");
  } while (at_++ != number);
  return {};
}

}  // namespace understudy::asset
