// SPDX-License-Identifier: Apache-2.0
// The folder whose files are served. The kernel itself refuses paths that lead out of it, links
// included (openat2, RESOLVE_BENEATH). A file's entity tag is made of its size and its time of
// change in seconds, so copies made with `rsync -t` or `cp -p` have the same tag on both servers; a
// connection whose object differs there is not taken over.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <unordered_map>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"

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
  /// `path` is below the root, without a leading slash. Null: no such file, or not for serving.
  /// Those who serve the same file at the same time share one.
  std::shared_ptr<const Asset> find(const std::string& path);

 private:
  explicit AssetRoot(Descriptor folder) : folder_(std::move(folder)) {}
  Descriptor folder_;
  std::unordered_map<std::string, std::weak_ptr<const Asset>> open_;
};

}  // namespace understudy::edge
