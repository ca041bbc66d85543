// SPDX-License-Identifier: Apache-2.0
#include "host/edge/asset/default_clip.hpp"

#include <system_error>

namespace understudy::asset {

std::expected<std::filesystem::path, Error> default_clip() {
  std::error_code code;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return error("where this program is: " + code.message());
  const auto clip = program.parent_path() / "default_clip.mp4";
  if (!std::filesystem::exists(clip, code))
    return error("the default clip " + clip.string() +
                 " is not there; ./dev build default_clip makes it");
  return clip;
}

std::expected<std::filesystem::path, Error> named_asset(const std::string& name) {
  if (name == "default") return default_clip();
  return std::filesystem::path(name);
}

}  // namespace understudy::asset
