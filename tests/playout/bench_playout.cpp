// SPDX-License-Identifier: Apache-2.0
// What a frame costs a playout, step by step, in milliseconds of processor time (decode, scale,
// render, tag) and of wall time for all of it. Text, and JSON with --json FILE. Every raster frame
// shows a new frame of the asset here, so this is the dearest case.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "host/core/render/renderer.hpp"
#include "host/core/tagging/frame_tagger.hpp"
#include "host/edge/asset/asset.hpp"
#include "host/edge/asset/default_clip.hpp"
#include "host/edge/glyphs/glyphs.hpp"

namespace {

using namespace understudy;

double processor_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e3 + double(t.tv_nsec) / 1e6;
}

double wall_ms() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

struct Step {
  const char* name;
  std::vector<double> ms;
  double at(double part) {
    std::sort(ms.begin(), ms.end());
    return ms[size_t(part * double(ms.size() - 1))];
  }
  double mean() const {
    double sum = 0;
    for (double m : ms) sum += m;
    return sum / double(ms.size());
  }
};

struct Options {
  std::vector<std::string> assets{"default"};
  std::string raster = "480p", json;
  uint64_t frames = 600;
};

std::expected<nlohmann::json, Error> measure(const std::string& name, const Options& o) {
  const Raster raster = *raster_named(o.raster);
  const auto file = asset::named_asset(name);
  if (!file) return std::unexpected(file.error());
  auto asset = asset::Asset::open(*file, raster);
  auto atlas = glyphs::read_font(glyphs::default_font, render::text_size(raster));
  if (!asset) return std::unexpected(asset.error());
  if (!atlas) return std::unexpected(atlas.error());
  const render::Renderer renderer(raster, std::move(*atlas));
  const render::Parameters parameters{"A caption of an ordinary length", "and a ticker", 2, 900};
  std::vector<uint8_t> out(raster.frame_bytes());
  Step steps[] = {{"decode", {}}, {"scale", {}}, {"render", {}},
                  {"tag", {}},    {"all", {}},   {"wall", {}}};
  for (uint64_t n = 0; n < o.frames; ++n) {
    const double wall = wall_ms(), begin = processor_ms();
    const auto decoded = asset->decode(n % asset->facts().frames);
    if (!decoded) return std::unexpected(decoded.error());
    const double scale = processor_ms();
    const auto picture = asset->scale(**decoded);
    if (!picture) return std::unexpected(picture.error());
    const double render = processor_ms();
    renderer.render(*picture, parameters, n, out);
    const double tag = processor_ms();
    tagging::tag_frame(out, raster.line_bytes(), uint32_t(n), 0);
    const double end = processor_ms();
    const double costs[] = {scale - begin, render - scale, tag - render,
                            end - tag,     end - begin,    wall_ms() - wall};
    for (size_t i = 0; i < std::size(costs); ++i) steps[i].ms.push_back(costs[i]);
  }
  const auto& f = asset->facts();
  std::printf("%s (%s %dx%d) to %s, %lu frames, caption, ticker and gain drawn\n",
              file->filename().c_str(), f.codec.c_str(), f.width, f.height, o.raster.c_str(),
              o.frames);
  std::printf("  %-8s %8s %8s %8s %8s   ms of processor time (wall: of wall time)\n", "", "mean",
              "median", "99 %", "most");
  nlohmann::json result{{"asset", file->filename().string()},
                        {"codec", f.codec},
                        {"width", f.width},
                        {"height", f.height},
                        {"raster", o.raster},
                        {"frames", o.frames}};
  for (auto& s : steps) {
    std::printf("  %-8s %8.3f %8.3f %8.3f %8.3f\n", s.name, s.mean(), s.at(0.5), s.at(0.99),
                s.at(1));
    result["ms"][s.name] = {
        {"mean", s.mean()}, {"median", s.at(0.5)}, {"p99", s.at(0.99)}, {"most", s.at(1)}};
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("What a frame costs a playout.");
  app.add_option("--asset", o.assets, "video files, or 'default'")->capture_default_str();
  app.add_option("--raster", o.raster, "tiny, 480p, 720p or 1080p")
      ->check([](const std::string& n) { return raster_named(n) ? "" : "unknown raster"; })
      ->capture_default_str();
  app.add_option("--frames", o.frames, "how many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", o.json, "a file for the figures");
  CLI11_PARSE(app, argc, argv);
  auto all = nlohmann::json::array();
  for (const auto& asset : o.assets) {
    const auto result = measure(asset, o);
    if (!result) {
      std::fprintf(stderr, "bench_playout: %s\n", result.error().text.c_str());
      return 1;
    }
    all.push_back(*result);
  }
  if (!o.json.empty()) {
    std::ofstream out(o.json);
    out << all.dump(2) << '\n';
    if (!out.flush()) {
      std::fprintf(stderr, "bench_playout: %s cannot be written\n", o.json.c_str());
      return 1;
    }
  }
  return 0;
}
