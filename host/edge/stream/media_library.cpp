// SPDX-License-Identifier: Apache-2.0
#include "host/edge/stream/media_library.hpp"

namespace understudy::edge {

std::expected<std::shared_ptr<MediaFile>, Error> MediaLibrary::find(const std::string& path,
                                                                    const std::string& tag,
                                                                    int descriptor) {
  const auto name = tag + path;
  if (const auto at = known_.find(name); at != known_.end())
    if (auto media = at->second.lock()) return media;
  auto opened = looks_like_transport_stream(descriptor)
                    ? open_transport_stream(descriptor)
                    : open_h264_file("/proc/self/fd/" + std::to_string(descriptor));
  if (!opened) return error(path + ": " + opened.error().text);
  std::shared_ptr<MediaFile> media = std::move(*opened);
  std::erase_if(known_, [](auto& e) { return e.second.expired(); });
  known_[name] = media;
  if (latest_.size() == kept_max) latest_.pop_front();
  latest_.push_back(media);
  return media;
}

}  // namespace understudy::edge
