// SPDX-License-Identifier: Apache-2.0
#include "sim/network/material.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <vector>

#include "sim/network/lan.hpp"

namespace understudy::network {
namespace {

void make_object(const std::string& file, uint64_t bytes) {
  std::mt19937_64 random(std::random_device{}());
  std::vector<uint64_t> block(1 << 15);
  std::ofstream out(file, std::ios::binary);
  for (uint64_t at = 0; at < bytes && out;) {
    for (auto& word : block) word = random();
    const auto n = std::min<uint64_t>(bytes - at, block.size() * sizeof block[0]);
    out.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(n));
    at += n;
  }
  out.close();
  if (!out) throw std::runtime_error("the object cannot be written to " + file);
}

/// With pictures that depend on earlier and later ones, as any clip has; the same in both files.
void make_clip(const std::string& folder, uint32_t seconds) {
  std::string said;
  const auto line = fmt::format(
      "cd '{}' && ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=320x180:r=25:d={} -c:v libx264 "
      "-preset veryfast -g 25 -bf 2 -b:v 2M {} && ffmpeg -nostdin -v error -i {} -c copy -f mpegts "
      "{}",
      folder, seconds, clip_name, clip_name, stream_name);
  if (shell(line, &said) != 0)
    throw std::runtime_error(
        "ffmpeg cannot make the clip (it needs libx264; apt-get install "
        "ffmpeg): " +
        said);
}

}  // namespace

Folder::Folder() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base && *base ? base : "/tmp") + "/understudy-network-" + std::string(6, 'X');
  if (!::mkdtemp(path_.data()))
    throw std::runtime_error(
        fmt::format("no temporary folder {}: {}", path_, std::strerror(errno)));
}

Folder::~Folder() {
  std::error_code ignored;
  if (!std::getenv("UNDERSTUDY_KEEP")) std::filesystem::remove_all(path_, ignored);
}

void Material::make(const std::string& root) const {
  std::filesystem::create_directory(root);
  make_object(root + "/" + object_name, object_bytes);
  make_clip(root, clip_seconds);
}

}  // namespace understudy::network
