// SPDX-License-Identifier: Apache-2.0
// What the playout's tests share: a folder that goes away, clips made with ffmpeg, the two real
// clips, a picture's hash.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "host/core/raster.hpp"
#include "host/edge/asset/default_clip.hpp"

namespace understudy::test {

namespace fs = std::filesystem;

inline constexpr Raster tiny{48, 16, 60, 1};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto name = (fs::temp_directory_path() / "understudy-").string() + std::string(6, 'X');
    if (!mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// Runs a command in the shell; its output is shown only when it fails.
inline bool run(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

/// A clip made by the ffmpeg program from its arguments (the output file is added).
inline fs::path make_clip(const fs::path& file, const std::string& arguments) {
  const bool made = run("ffmpeg -nostdin -hide_banner -loglevel error -y " + arguments +
                        " -fflags +bitexact '" + file.string() + "'");
  EXPECT_TRUE(made) << "ffmpeg " << arguments;
  return file;
}

inline std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), std::streamsize(bytes.size()));
}

/// FNV-1a, 64 bits.
inline uint64_t hash_of(std::span<const uint8_t> bytes) {
  uint64_t h = 0xCBF29CE484222325u;
  for (uint8_t b : bytes) h = (h ^ b) * 0x100000001B3u;
  return h;
}

inline fs::path default_clip() {
  const auto clip = asset::default_clip();
  EXPECT_TRUE(clip) << (clip ? "" : clip.error().text);
  return clip.value_or(fs::path());
}

/// The real camera clips where they are kept, else the default clip. Under CI they must be there.
inline std::vector<fs::path> camera_clips() {
  const char* kept = std::getenv("UNDERSTUDY_CLIPS");
  const fs::path folder = kept ? kept : "../shared/clips";
  std::vector<fs::path> found;
  for (const char* name : {"crystal.mp4", "rabbit320.mp4"}) {
    if (fs::exists(folder / name)) {
      found.push_back(folder / name);
      continue;
    }
    const char* ci = std::getenv("CI");
    EXPECT_FALSE(ci && std::string(ci) == "true") << (folder / name) << " is missing under CI";
  }
  if (found.empty()) found.push_back(default_clip());
  return found;
}

}  // namespace understudy::test
