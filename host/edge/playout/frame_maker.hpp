// SPDX-License-Identifier: Apache-2.0
// Makes frame k: the asset's picture, the parameters of frame k drawn onto it, each line tagged. A
// pure function of (asset, parameters, k) but for the planned divergence, which is a fault to
// order.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>

#include "host/core/error.hpp"
#include "host/core/raster.hpp"
#include "host/core/render/parameter_timeline.hpp"
#include "host/core/render/renderer.hpp"
#include "host/edge/asset/asset.hpp"
#include "host/edge/glyphs/glyphs.hpp"

namespace understudy::playout {

/// From this line on, other pixels, correctly tagged.
struct Divergence {
  uint32_t frame = 0, line = 0;
};

struct FrameMakerOptions {
  std::filesystem::path asset;
  std::filesystem::path font = glyphs::default_font;
  bool tags = true;
  std::optional<Divergence> diverge_at;
};

class FrameMaker {
 public:
  static std::expected<FrameMaker, Error> open(const FrameMakerOptions& options,
                                               const Raster& raster);

  const asset::Facts& facts() const { return asset_.facts(); }
  render::ParameterTimeline& parameters() { return parameters_; }
  void set_discard(bool on) { discard_ = on; }
  bool discard() const { return discard_; }

  /// `out`: RGB24, raster size, no padding.
  std::expected<void, Error> make(uint32_t k, std::span<uint8_t> out);

 private:
  FrameMaker(const FrameMakerOptions& options, const Raster& raster, asset::Asset asset,
             render::Renderer renderer);

  Raster raster_;
  asset::Asset asset_;
  render::Renderer renderer_;
  render::ParameterTimeline parameters_;
  bool tags_, discard_ = false;
  std::optional<Divergence> diverge_at_;
};

}  // namespace understudy::playout
