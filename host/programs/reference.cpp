// SPDX-License-Identifier: Apache-2.0
// reference: writes the frames that should leave the gate, made the plain way.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "host/edge/asset/default_clip.hpp"
#include "host/edge/command_line/command_line.hpp"
#include "host/edge/reference/change_file.hpp"
#include "host/edge/reference/reference_frames.hpp"

namespace {

using namespace understudy;

struct Options {
  std::string asset = "default", raster = "480p", parameters, out = "reference.rgb";
  uint64_t frames = 0, first = 0;
};

std::expected<void, Error> write_frames(const Options& o) {
  const auto file = asset::named_asset(o.asset);
  if (!file) return std::unexpected(file.error());
  reference::Options options{.asset = *file, .raster = *raster_named(o.raster)};
  if (!o.parameters.empty()) {
    auto changes = reference::read_change_file(o.parameters);
    if (!changes) return std::unexpected(changes.error());
    options.parameters = std::move(*changes);
  }
  auto frames = reference::ReferenceFrames::open(std::move(options));
  if (!frames) return std::unexpected(frames.error());
  std::ofstream out(o.out, std::ios::binary | std::ios::trunc);
  if (!out) return error(o.out + ": cannot be written");
  for (uint64_t k = o.first; k < o.first + o.frames; ++k) {
    const auto frame = frames->frame(k);
    if (!frame) return std::unexpected(frame.error());
    out.write(reinterpret_cast<const char*>(frame->data()), std::streamsize(frame->size()));
  }
  if (!out.flush()) return error(o.out + ": cannot be written to its end");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Writes the frames that should leave the gate as raw RGB24.");
  std::vector<std::string> names;
  names.reserve(rasters.size());
  for (const auto& r : rasters) names.emplace_back(r.name);
  app.add_option("--asset", o.asset, "a video file, or 'default'")->capture_default_str();
  app.add_option("--raster", o.raster, "tiny, 480p, 720p or 1080p")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  app.add_option("--frames", o.frames, "how many")->required();
  app.add_option("--first", o.first, "the number of the first one")->capture_default_str();
  app.add_option("--parameters", o.parameters, "changes, a JSON object a line");
  app.add_option("--out", o.out, "the file to write")->capture_default_str();
  app.footer(
      "Exit codes:\n  0  written\n  1  a file cannot be read or written\n  2  wrong use of this "
      "command");
  if (const auto code = parse_command_line(app, "reference", argc, argv)) return *code;
  if (const auto ok = write_frames(o); !ok) {
    std::cerr << "reference: " << ok.error().text << std::endl;
    return 1;
  }
  return 0;
}
