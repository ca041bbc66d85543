// SPDX-License-Identifier: Apache-2.0
// FFmpeg's objects as values that free themselves, and its error numbers as text.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace understudy::asset {

struct FreeFFmpeg {
  void operator()(AVFormatContext* c) const { avformat_close_input(&c); }
  void operator()(AVCodecContext* c) const { avcodec_free_context(&c); }
  void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* f) const { av_frame_free(&f); }
  void operator()(SwsContext* c) const { sws_freeContext(c); }
};

using FormatContext = std::unique_ptr<AVFormatContext, FreeFFmpeg>;
using CodecContext = std::unique_ptr<AVCodecContext, FreeFFmpeg>;
using CodecParameters = std::unique_ptr<AVCodecParameters, FreeFFmpeg>;
using Packet = std::unique_ptr<AVPacket, FreeFFmpeg>;
using Frame = std::unique_ptr<AVFrame, FreeFFmpeg>;
using Scaling = std::unique_ptr<SwsContext, FreeFFmpeg>;

inline std::string text_of(int averror) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(averror, text, sizeof text);
  return text;
}

}  // namespace understudy::asset
