// SPDX-License-Identifier: Apache-2.0
#include "host/edge/asset/asset.hpp"

namespace understudy::asset {
namespace {

std::unexpected<Error> about(const std::string& name, const Error& e) {
  return error(name + ": " + e.text);
}

}  // namespace

std::expected<Asset, Error> Asset::open(const std::filesystem::path& file, const Raster& raster) {
  av_log_set_level(AV_LOG_QUIET);  // what matters comes back as values
  const auto name = "asset " + file.string();
  auto reader = PacketReader::open(file);
  if (!reader) return std::unexpected(reader.error());
  auto decoder = PictureDecoder::open(std::move(*reader));
  if (!decoder) return about(name, decoder.error());
  auto schedule = FrameSchedule::make(decoder->timing(), raster);
  if (!schedule) return about(name, schedule.error());
  return Asset(name, std::move(*decoder), std::move(*schedule), raster);
}

Asset::Asset(std::string name, PictureDecoder decoder, FrameSchedule schedule, const Raster& raster)
    : name_(std::move(name)),
      decoder_(std::move(decoder)),
      schedule_(std::move(schedule)),
      scaler_(raster.width, raster.height) {
  const auto& p = decoder_.parameters();
  facts_ = {.width = p.width,
            .height = p.height,
            .codec = avcodec_get_name(p.codec_id),
            .frames = schedule_.frames(),
            .rate = schedule_.rate(),
            .constant_rate = schedule_.constant_rate(),
            .ends_early = decoder_.ends_early()};
}

std::expected<const AVFrame*, Error> Asset::decode(uint64_t number) {
  auto p = decoder_.picture(number);
  return p ? p : about(name_, p.error());
}

std::expected<std::span<const uint8_t>, Error> Asset::scale(const AVFrame& picture) {
  scaled_.reset();
  auto s = scaler_.scale(picture);
  return s ? s : about(name_, s.error());
}

std::expected<std::span<const uint8_t>, Error> Asset::frame(uint64_t k) {
  const uint64_t number = number_at(k);
  if (scaled_ == number) return picture_;
  const auto decoded = decode(number);
  if (!decoded) return std::unexpected(decoded.error());
  const auto picture = scale(**decoded);
  if (!picture) return picture;
  picture_ = *picture;
  scaled_ = number;
  return picture_;
}

}  // namespace understudy::asset
