// SPDX-License-Identifier: Apache-2.0
// The folder whose files are served. The kernel itself refuses paths that lead out of it, links
// included (openat2, RESOLVE_BENEATH). A file's entity tag is made of its size and its time of
// change in seconds, so copies made with `rsync -t` or `cp -p` have the same tag on both servers; a
// connection whose object differs there is not taken over. When the folder's name leads to another
// one (mounted, swapped), that one is served; while it leads to none, the answer is "not now"
// rather than "no such file".
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <unordered_map>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/delivery/seldom.hpp"

namespace understudy::edge {

struct Asset {
  Descriptor file;
  std::string path, tag;
  uint64_t size = 0;
  time_t changed = 0;
};

class AssetRoot {
 public:
  /// Error: not a folder that can be read.
  static Result<AssetRoot> open(const std::string& folder);
  struct Found {
    std::shared_ptr<const Asset> asset;  // null: no such file, or not for serving
    bool unable = false;                 // ... or it cannot be told now
  };
  /// `path` is below the root, without a leading slash. Those who serve the same file at the same
  /// time share one.
  Found look_up(const std::string& path);
  std::shared_ptr<const Asset> find(const std::string& path) { return look_up(path).asset; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  AssetRoot(std::string name, Descriptor folder)
      : name_(std::move(name)), folder_(std::move(folder)) {}
  void follow_name();
  Descriptor open_below(const std::string& path, uint64_t flags) const;
  std::string name_;
  Descriptor folder_;
  bool gone_ = false;
  SteadyTime followed_;
  Seldom unable_;
  std::unordered_map<std::string, std::weak_ptr<const Asset>> open_;
};

}  // namespace understudy::edge
