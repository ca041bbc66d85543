// SPDX-License-Identifier: Apache-2.0
// The folder of one run: what both servers serve (a large object of random bytes; a clip, made by
// ffmpeg, as a file of pictures and as a transport stream), and everybody's logs.
#pragma once

#include <cstdint>
#include <string>

namespace understudy::network {

class Folder {
 public:
  Folder();
  ~Folder();
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Material {
  uint64_t object_bytes = 0;
  uint32_t clip_seconds = 4;
  /// Into `root`. Throws std::runtime_error.
  void make(const std::string& root) const;
};

inline constexpr auto object_name = "object", clip_name = "clip.mp4", stream_name = "clip.ts";

}  // namespace understudy::network
