// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/asset_root.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace understudy::edge {
namespace {
constexpr size_t remembered_max = 1024;
}

Result<AssetRoot> AssetRoot::open(const std::string& folder) {
  Descriptor d(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!d) return system_failure("the root folder " + folder);
  return AssetRoot(std::move(d));
}

std::shared_ptr<const Asset> AssetRoot::find(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) return nullptr;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  Descriptor file(
      static_cast<int>(::syscall(SYS_openat2, folder_.number(), path.c_str(), &how, sizeof how)));
  struct stat facts{};
  if (!file || ::fstat(file.number(), &facts) != 0 || !S_ISREG(facts.st_mode)) return nullptr;
  auto tag = fmt::format("\"{:x}-{:x}\"", facts.st_size, facts.st_mtim.tv_sec);
  if (open_.size() >= remembered_max)
    std::erase_if(open_, [](auto& e) { return e.second.expired(); });
  if (const auto at = open_.find(path); at != open_.end())
    if (auto known = at->second.lock()) {
      struct stat other{};
      if (known->tag == tag && ::fstat(known->file.number(), &other) == 0 &&
          other.st_ino == facts.st_ino && other.st_dev == facts.st_dev)
        return known;
    }
  auto asset = std::make_shared<const Asset>(Asset{std::move(file), path, std::move(tag),
                                                   static_cast<uint64_t>(facts.st_size),
                                                   facts.st_mtim.tv_sec});
  if (open_.size() < remembered_max) open_[path] = asset;
  return asset;
}

}  // namespace understudy::edge
