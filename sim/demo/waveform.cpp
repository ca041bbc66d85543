// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/waveform.hpp"

#include <fstream>
#include <sstream>

#include "sim/demo/report.hpp"

namespace understudy::demo {
namespace {

namespace fs = std::filesystem;

std::expected<std::string, Error> contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  if (!in || !(out << in.rdbuf())) return error("cannot read " + file.string());
  return out.str();
}

}  // namespace

std::expected<void, Error> keep_waveform(const fs::path& from, const fs::path& to) {
  const auto wave = contents(from);
  if (!wave) return std::unexpected(wave.error());
  auto view = contents(from.string() + ".gtkw");
  if (!view) return std::unexpected(view.error());
  if (const size_t at = view->find(from.string()); at != std::string::npos)
    view->replace(at, from.string().size(), fs::absolute(to).lexically_normal().string());
  if (auto ok = write_file(to, *wave); !ok) return ok;
  return write_file(to.string() + ".gtkw", *view);
}

}  // namespace understudy::demo
