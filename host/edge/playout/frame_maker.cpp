// SPDX-License-Identifier: Apache-2.0
#include "host/edge/playout/frame_maker.hpp"

#include "host/core/tagging/frame_tagger.hpp"
#include "protocol/line_tag.hpp"

namespace understudy::playout {
namespace {

void diverge(std::span<uint8_t> frame, const Raster& raster, const Divergence& at, uint32_t k) {
  if (k < at.frame) return;
  const size_t line = k == at.frame ? at.line : 0;
  if (line >= raster.height) return;
  for (auto& channel : frame.subspan(line * raster.line_bytes())) channel ^= 0xFF;
}

}  // namespace

std::expected<FrameMaker, Error> FrameMaker::open(const FrameMakerOptions& options,
                                                  const Raster& raster) {
  auto asset = asset::Asset::open(options.asset, raster);
  if (!asset) return std::unexpected(asset.error());
  auto atlas = glyphs::read_font(options.font, render::text_size(raster));
  if (!atlas) return std::unexpected(atlas.error());
  return FrameMaker(options, raster, std::move(*asset),
                    render::Renderer(raster, std::move(*atlas)));
}

FrameMaker::FrameMaker(const FrameMakerOptions& options, const Raster& raster, asset::Asset asset,
                       render::Renderer renderer)
    : raster_(raster),
      asset_(std::move(asset)),
      renderer_(std::move(renderer)),
      tags_(options.tags),
      diverge_at_(options.diverge_at) {}

std::expected<void, Error> FrameMaker::make(uint32_t k, std::span<uint8_t> out) {
  const auto picture = asset_.frame(k);
  if (!picture) return std::unexpected(picture.error());
  renderer_.render(*picture, parameters_.at(k), k, out);
  if (diverge_at_) diverge(out, raster_, *diverge_at_, k);
  if (tags_)
    tagging::tag_frame(out, raster_.line_bytes(), k,
                       discard_ ? protocol::LineTag::flag_discard : uint8_t{0});
  return {};
}

}  // namespace understudy::playout
