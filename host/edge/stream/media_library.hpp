// SPDX-License-Identifier: Apache-2.0
// The files that are being sent, each opened once; the latest few stay open for the next client.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "host/edge/stream/media_file.hpp"

namespace understudy::edge {

class MediaLibrary {
 public:
  /// `tag` says which version of the file `descriptor` is. Errors: not H.264, not MPEG-TS, broken.
  std::expected<std::shared_ptr<MediaFile>, Error> find(const std::string& path,
                                                        const std::string& tag, int descriptor);

 private:
  static constexpr size_t kept_max = 8;
  std::map<std::string, std::weak_ptr<MediaFile>> known_;  // by tag and path
  std::deque<std::shared_ptr<MediaFile>> latest_;
};

}  // namespace understudy::edge
