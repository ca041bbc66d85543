// SPDX-License-Identifier: Apache-2.0
// What should leave the gate: decode, render, clear the 120 bits that tags take. The plain way,
// which shares nothing with gate, tags or transport; a run's output is compared with it byte by
// byte.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <vector>

#include "host/core/error.hpp"
#include "host/core/raster.hpp"
#include "host/core/render/parameter_timeline.hpp"
#include "host/core/render/renderer.hpp"
#include "host/edge/asset/asset.hpp"
#include "host/edge/glyphs/glyphs.hpp"

namespace understudy::reference {

struct Options {
  std::filesystem::path asset;
  Raster raster;
  render::ParameterTimeline parameters;
  std::filesystem::path font = glyphs::default_font;
};

class ReferenceFrames {
 public:
  static std::expected<ReferenceFrames, Error> open(Options options);

  /// For changes that a run makes while it goes on.
  render::ParameterTimeline& parameters() { return parameters_; }
  const asset::Facts& facts() const { return asset_.facts(); }

  /// Frame k as it should leave: RGB24, raster size, no padding; valid until the next call.
  /// Any k, in any order; rising is fastest.
  std::expected<std::span<const uint8_t>, Error> frame(uint64_t k);

 private:
  ReferenceFrames(Raster raster, asset::Asset asset, render::Renderer renderer,
                  render::ParameterTimeline parameters);

  Raster raster_;
  asset::Asset asset_;
  render::Renderer renderer_;
  render::ParameterTimeline parameters_;
  std::vector<uint8_t> frame_;
};

}  // namespace understudy::reference
