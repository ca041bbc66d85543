// SPDX-License-Identifier: Apache-2.0
// Access units by libavformat, brought to start codes by its bitstream filter. The filter is
// flushed before every unit, so what comes out depends on that unit alone: parameter sets stand
// before each picture where one can begin.
#include <algorithm>
#include <optional>

#include "host/core/rtp/packet.hpp"
#include "host/edge/asset/packet_reader.hpp"
#include "host/edge/stream/media_file.hpp"
#include "protocol/limits.hpp"

extern "C" {
#include <libavcodec/bsf.h>
}

namespace understudy::edge {
namespace {

namespace limits = protocol::limits;

struct FreeFilter {
  void operator()(AVBSFContext* c) const { av_bsf_free(&c); }
};
using Filter = std::unique_ptr<AVBSFContext, FreeFilter>;

std::expected<Filter, Error> open_filter(const AVStream& stream) {
  const auto* kind = av_bsf_get_by_name("h264_mp4toannexb");
  AVBSFContext* made = nullptr;
  if (!kind || av_bsf_alloc(kind, &made) < 0) return error("h264_mp4toannexb: not in this FFmpeg");
  Filter out(made);
  made->time_base_in = stream.time_base;
  if (avcodec_parameters_copy(made->par_in, stream.codecpar) < 0 || av_bsf_init(made) < 0)
    return error("its H.264 has no parameter sets that can be read");
  return out;
}

/// When units are decoded and shown, in ticks from the first one's decoding.
class Times {
 public:
  Times(const asset::PacketReader& reader) : reader_(reader) {
    const auto& packets = reader.packets();
    known_ = std::ranges::all_of(
        packets, [](auto& p) { return p.dts != AV_NOPTS_VALUE && p.pts != AV_NOPTS_VALUE; });
    const auto& s = reader.stream();
    rate_ = s.avg_frame_rate.num > 0 ? s.avg_frame_rate : s.r_frame_rate;
    if (rate_.num <= 0 || rate_.den <= 0) rate_ = {25, 1};
  }
  int64_t decode(size_t unit) const {
    return known_ ? ticks(reader_.packets()[unit].dts) : by_rate(unit);
  }
  int64_t present(size_t unit) const {
    return known_ ? ticks(reader_.packets()[unit].pts) : by_rate(unit);
  }
  int64_t end() const {
    const auto& p = reader_.packets();
    if (!known_) return by_rate(p.size());
    const int64_t last = reader_.last_duration();
    return ticks(p.back().dts + (last > 0 ? last : 0));
  }

 private:
  static constexpr AVRational tick{1, rtp::ticks_per_second};
  int64_t ticks(int64_t time) const {
    return av_rescale_q(time - reader_.packets().front().dts, reader_.stream().time_base, tick);
  }
  int64_t by_rate(size_t unit) const {
    return av_rescale_q(static_cast<int64_t>(unit), av_inv_q(rate_), tick);
  }
  const asset::PacketReader& reader_;
  AVRational rate_{};
  bool known_ = false;
};

class H264File final : public MediaFile {
 public:
  H264File(asset::PacketReader reader, Filter filter)
      : reader_(std::move(reader)),
        filter_(std::move(filter)),
        packet_(av_packet_alloc()),
        filtered_(av_packet_alloc()) {
    payload_type_ = rtp::payload_h264;
  }

  std::expected<void, Error> read_through() {
    const Times times(reader_);
    const auto* par = filter_->par_out;
    describe({par->extradata, static_cast<size_t>(par->extradata_size)});
    for (size_t unit = 0; unit < reader_.packets().size(); ++unit) {
      const auto made = make(unit);
      if (!made) return error("unit " + std::to_string(unit) + " cannot be read");
      index_.add({times.decode(unit), times.present(unit), static_cast<uint32_t>(made->size()),
                  static_cast<uint32_t>(made->bytes()), reader_.packets()[unit].key});
    }
    index_.end_at(times.end());
    if (description_.profile_level_id.empty()) return error("its H.264 names no parameter sets");
    return {};
  }

 private:
  void describe(std::span<const uint8_t> byte_stream) {
    if (description_.profile_level_id.empty()) description_ = rtp::describe_h264(byte_stream);
  }

  std::shared_ptr<const rtp::Payloads> make(size_t unit) override {
    if (unit >= reader_.packets().size() || !reader_.read(unit, *packet_)) return nullptr;
    av_bsf_flush(filter_.get());
    av_packet_unref(filtered_.get());
    if (av_bsf_send_packet(filter_.get(), packet_.get()) < 0 ||
        av_bsf_receive_packet(filter_.get(), filtered_.get()) < 0 ||
        filtered_->size > static_cast<int>(limits::media_unit_bytes_max))
      return nullptr;
    const std::span bytes(filtered_->data, static_cast<size_t>(filtered_->size));
    if (index_.size() == 0) describe(bytes);  // a byte stream has them only inside
    auto out = std::make_shared<rtp::Payloads>();
    rtp::packetize_h264(bytes, limits::rtp_payload_max, *out);
    return out;
  }

  asset::PacketReader reader_;
  Filter filter_;
  asset::Packet packet_, filtered_;
};

}  // namespace

OpenedMedia open_h264_file(const std::string& path) {
  auto reader = asset::PacketReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  if (reader->stream().codecpar->codec_id != AV_CODEC_ID_H264)
    return error("its video is not H.264");
  auto filter = open_filter(reader->stream());
  if (!filter) return std::unexpected(filter.error());
  auto out = std::make_unique<H264File>(std::move(*reader), std::move(*filter));
  if (auto ok = out->read_through(); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace understudy::edge
