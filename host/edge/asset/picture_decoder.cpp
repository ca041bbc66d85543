// SPDX-License-Identifier: Apache-2.0
#include "host/edge/asset/picture_decoder.hpp"

#include <algorithm>
#include <cstring>

namespace understudy::asset {
namespace {

/// Buffers start black: what a decoder leaves out must not show what was in memory before.
int get_clean_buffer(AVCodecContext* context, AVFrame* frame, int flags) {
  const int result = avcodec_default_get_buffer2(context, frame, flags);
  if (result < 0) return result;
  for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; ++i)
    std::memset(frame->buf[i]->data, 0, frame->buf[i]->size);
  return result;
}

std::expected<CodecContext, Error> open_codec(const AVStream& stream, int reordering) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (!codec)
    return error(std::string("no decoder for ") + avcodec_get_name(stream.codecpar->codec_id));
  CodecContext context(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), stream.codecpar) < 0)
    return error("cannot set up a decoder");
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_BITEXACT;
  context->get_buffer2 = get_clean_buffer;
  // H.264 may leave the depth to be guessed, and a guess too low drops frames; the index knows it.
  if (stream.codecpar->codec_id == AV_CODEC_ID_H264)
    context->has_b_frames = std::max(context->has_b_frames, reordering);
  if (const int r = avcodec_open2(context.get(), codec, nullptr); r < 0)
    return error(std::string("the ") + codec->name + " decoder does not start: " + text_of(r));
  return context;
}

constexpr size_t reordering_max = 16;  // frames; H.264's own limit

bool is_intact(const AVFrame& f) {
  return f.decode_error_flags == 0 && !(f.flags & AV_FRAME_FLAG_CORRUPT) && f.width > 0 &&
         f.height > 0;
}

}  // namespace

std::expected<PictureDecoder, Error> PictureDecoder::open(PacketReader reader) {
  PictureDecoder d(std::move(reader));
  d.by_time_ = d.times_are_usable();
  if (d.by_time_)
    d.order_by_time();
  else
    d.order_by_place();
  if (d.frames_ == 0) return error("all its frames are hidden");
  if (auto p = d.picture(0); !p) return std::unexpected(p.error());
  return d;
}

/// Every packet has its own time, and key frames come in the order of theirs.
bool PictureDecoder::times_are_usable() const {
  std::vector<int64_t> times;
  int64_t last_key = INT64_MIN;
  for (const auto& p : reader_.packets()) {
    if (p.pts == AV_NOPTS_VALUE) return false;
    if (p.key && p.pts <= last_key) return false;
    if (p.key) last_key = p.pts;
    if (!p.hidden) times.push_back(p.pts);
  }
  std::sort(times.begin(), times.end());
  return std::adjacent_find(times.begin(), times.end()) == times.end();
}

/// Frames by their times. A segment ends with the packets that follow the next key frame but are
/// shown before it: they need both.
void PictureDecoder::order_by_time() {
  const auto& packets = reader_.packets();
  std::vector<size_t> shown;
  for (size_t i = 0; i < packets.size(); ++i)
    if (!packets[i].hidden) shown.push_back(i);
  std::sort(shown.begin(), shown.end(),
            [&](size_t x, size_t y) { return packets[x].pts < packets[y].pts; });
  frames_ = shown.size();
  number_of_.assign(packets.size(), -1);
  for (size_t n = 0; n < shown.size(); ++n) {
    number_of_[shown[n]] = int64_t(n);
    begins_.push_back(packets[shown[n]].pts);
  }
  for (size_t i = 0; i < packets.size(); ++i) {
    int later = 0;
    for (size_t j = i; j-- > 0 && i - j <= reordering_max;)
      if (packets[j].pts > packets[i].pts) ++later;
    reordering_ = std::max(reordering_, later);
  }
  std::vector<size_t> keys;
  for (size_t i = 0; i < packets.size(); ++i)
    if (packets[i].key) keys.push_back(i);
  if (keys.empty()) keys.push_back(0);
  for (size_t s = 0; s < keys.size(); ++s) {
    Segment segment{keys[s], packets.size() - 1, 0, false};
    if (s > 0)
      segment.begin = uint64_t(
          std::lower_bound(begins_.begin(), begins_.end(), packets[keys[s]].pts) - begins_.begin());
    if (s + 1 < keys.size()) {
      segment.last = keys[s + 1] - 1;
      const size_t end = s + 2 < keys.size() ? keys[s + 2] : packets.size();
      for (size_t i = keys[s + 1]; i < end; ++i)
        if (packets[i].pts < packets[keys[s + 1]].pts) segment.last = i;
    }
    segments_.push_back(segment);
  }
}

/// No usable times: the decoder's outputs are counted, and a segment is what lies between key
/// frames.
void PictureDecoder::order_by_place() {
  const auto& packets = reader_.packets();
  number_of_.assign(packets.size(), -1);
  for (size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].key || segments_.empty()) {
      if (!segments_.empty()) segments_.back().last = i - 1;
      segments_.push_back({i, packets.size() - 1, frames_, false});
    }
    if (!packets[i].hidden) number_of_[i] = int64_t(frames_++);
  }
}

Timing PictureDecoder::timing() const {
  const auto& s = reader_.stream();
  Timing t{.begins = begins_,
           .last_duration = reader_.last_duration(),
           .tick = {s.time_base.num, s.time_base.den},
           .rates = {{s.avg_frame_rate.num, s.avg_frame_rate.den},
                     {s.r_frame_rate.num, s.r_frame_rate.den}},
           .frames = frames_};
  return t;
}

size_t PictureDecoder::segment_of(uint64_t number) const {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), number,
                                      [](uint64_t n, const Segment& s) { return n < s.begin; });
  return size_t(after - segments_.begin()) - 1;
}

std::expected<void, Error> PictureDecoder::start(size_t segment) {
  const auto* descriptor = avcodec_descriptor_get(reader_.stream().codecpar->codec_id);
  const bool remembers = !descriptor || !(descriptor->props & AV_CODEC_PROP_INTRA_ONLY);
  if (!codec_ || remembers) {
    auto codec = open_codec(reader_.stream(), reordering_);
    if (!codec) return std::unexpected(codec.error());
    codec_ = std::move(*codec);
  } else {
    avcodec_flush_buffers(codec_.get());
  }
  open_ = segment;
  next_packet_ = segments_[segment].first;
  outputs_ = 0;
  drained_ = damaged_ = ended_ = shown_is_first_ = false;
  shown_.reset();
  ahead_.reset();
  return {};
}

/// Gives the decoder one packet more, or the end. False: it has had the end already.
std::expected<bool, Error> PictureDecoder::feed() {
  if (drained_) return false;
  if (damaged_ || next_packet_ > segments_[*open_].last) {
    avcodec_send_packet(codec_.get(), nullptr);
    drained_ = true;
    return true;
  }
  if (auto ok = reader_.read(next_packet_, *packet_); !ok) return std::unexpected(ok.error());
  packet_->pts = number_of_[next_packet_] < 0 ? AV_NOPTS_VALUE : number_of_[next_packet_];
  packet_->dts = AV_NOPTS_VALUE;
  ++next_packet_;
  const int result = avcodec_send_packet(codec_.get(), packet_.get());
  if (result == AVERROR(ENOMEM)) return error("out of memory in the decoder");
  if (result < 0) damaged_ = true;
  return true;
}

std::expected<std::optional<PictureDecoder::Shown>, Error> PictureDecoder::next_output() {
  const uint64_t begin = segments_[*open_].begin;
  const uint64_t end = *open_ + 1 < segments_.size() ? segments_[*open_ + 1].begin : frames_;
  while (!ended_) {
    Shown out{Frame(av_frame_alloc()), 0};
    const int result = avcodec_receive_frame(codec_.get(), out.frame.get());
    if (result == AVERROR(EAGAIN)) {
      const auto fed = feed();
      if (!fed) return std::unexpected(fed.error());
      ended_ = !*fed;
    } else if (result == AVERROR_EOF) {
      ended_ = true;
    } else if (result < 0) {
      ended_ = drained_ || damaged_;
      damaged_ = true;
    } else if (!is_intact(*out.frame)) {
      ended_ = true;  // what comes later may refer to it
    } else {
      const int64_t number = by_time_ ? out.frame->pts : int64_t(begin + outputs_++);
      out.number = uint64_t(number);
      if (number >= 0 && out.number >= begin && out.number < end) return out;
    }
  }
  return std::nullopt;
}

/// Outputs in rising order; the picture of `number` is the last one not after it, else the first.
/// Nothing: this segment gives no picture at all.
std::expected<const AVFrame*, Error> PictureDecoder::picture_in(size_t segment, uint64_t number) {
  const bool goes_on = open_ == segment && shown_ && (number >= shown_->number || shown_is_first_);
  if (!goes_on)
    if (auto ok = start(segment); !ok) return std::unexpected(ok.error());
  for (;;) {
    if (shown_ && shown_->number >= number) return shown_->frame.get();
    if (ahead_) {
      if (ahead_->number > number) return shown_->frame.get();
      shown_ = std::move(ahead_);
      ahead_.reset();
      shown_is_first_ = false;
      continue;
    }
    auto out = next_output();
    if (!out) return std::unexpected(out.error());
    if (!*out) break;
    if (!shown_) {
      shown_ = std::move(*out);
      shown_is_first_ = true;
    } else if ((*out)->number > shown_->number) {
      ahead_ = std::move(*out);
    }
  }
  return shown_ ? shown_->frame.get() : nullptr;
}

/// For a segment without a picture: the last one before it, else the first one after it.
std::expected<const AVFrame*, Error> PictureDecoder::substitute(size_t segment) {
  for (size_t s = segment; s-- > 0;) {
    if (segments_[s].dead) continue;
    auto p = picture_in(s, segments_[s + 1].begin - 1);
    if (!p || *p) return p;
    segments_[s].dead = true;
  }
  for (size_t s = segment + 1; s < segments_.size(); ++s) {
    if (segments_[s].dead) continue;
    auto p = picture_in(s, segments_[s].begin);
    if (!p || *p) return p;
    segments_[s].dead = true;
  }
  return error("not one of its " + std::to_string(frames_) + " frames can be decoded");
}

std::expected<const AVFrame*, Error> PictureDecoder::picture(uint64_t number) {
  const size_t segment = segment_of(number);
  if (!segments_[segment].dead) {
    auto p = picture_in(segment, number);
    if (!p || *p) return p;
    segments_[segment].dead = true;
  }
  return substitute(segment);
}

}  // namespace understudy::asset
