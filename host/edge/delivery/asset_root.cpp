// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/asset_root.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace understudy::edge {
namespace {
constexpr size_t remembered_max = 1024;
constexpr auto between_follows = std::chrono::milliseconds(500);

Descriptor open_folder(const std::string& name) {
  return Descriptor(::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Says nothing about whether the file exists.
bool for_now(int why) {
  return why == EMFILE || why == ENFILE || why == ENOMEM || why == EIO || why == ESTALE ||
         why == ENODEV || why == ENXIO || why == EAGAIN || why == ETIMEDOUT;
}
}  // namespace

Result<AssetRoot> AssetRoot::open(const std::string& folder) {
  auto d = open_folder(folder);
  if (!d) return system_failure("the root folder " + folder);
  return AssetRoot(folder, std::move(d));
}

/// Asks now and then whether the name still leads to the folder that is open.
void AssetRoot::follow_name() {
  const auto now = std::chrono::steady_clock::now();
  if (now - followed_ < between_follows) return;
  followed_ = now;
  struct stat named{}, open{};
  const bool there = ::stat(name_.c_str(), &named) == 0 && S_ISDIR(named.st_mode);
  if (!there) {
    if (!gone_)
      spdlog::error(
          "the root folder {} is gone: {}; clients hear 503 until it is there again "
          "(mounted? renamed?)",
          name_, std::strerror(errno));
    gone_ = true;
    return;
  }
  const bool same = ::fstat(folder_.number(), &open) == 0 && same_file(named, open);
  if (same && !gone_) return;
  if (!same) {
    auto folder = open_folder(name_);
    if (!folder) return;
    folder_ = std::move(folder);
  }
  gone_ = false;
  spdlog::info("the root folder {} is {}", name_, same ? "there again" : "another one now");
}

Descriptor AssetRoot::open_below(const std::string& path, uint64_t flags) const {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Descriptor(
      static_cast<int>(::syscall(SYS_openat2, folder_.number(), path.c_str(), &how, sizeof how)));
}

AssetRoot::Found AssetRoot::look_up(const std::string& path) {
  follow_name();
  if (gone_) return {nullptr, true};
  if (path.empty() || path.find('\0') != std::string::npos) return {};
  struct stat facts{};
  // First only its name: to open a device or a FIFO may do something.
  auto file = open_below(path, O_PATH);
  if (file && (::fstat(file.number(), &facts) != 0 || !S_ISREG(facts.st_mode))) return {};
  if (file) file = open_below(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) {
    const int why = errno;
    if (!for_now(why)) return {};
    if (const auto times = unable_.happened())
      spdlog::error("files of {} cannot be opened: {} ({} times): clients hear 503", name_,
                    std::strerror(why), *times);
    return {nullptr, true};
  }
  if (::fstat(file.number(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  auto tag = fmt::format("\"{:x}-{:x}\"", facts.st_size, facts.st_mtim.tv_sec);
  if (open_.size() >= remembered_max)
    std::erase_if(open_, [](auto& e) { return e.second.expired(); });
  if (const auto at = open_.find(path); at != open_.end())
    if (auto known = at->second.lock()) {
      struct stat other{};
      if (known->tag == tag && ::fstat(known->file.number(), &other) == 0 &&
          other.st_ino == facts.st_ino && other.st_dev == facts.st_dev)
        return {known};
    }
  auto asset = std::make_shared<const Asset>(Asset{std::move(file), path, std::move(tag),
                                                   static_cast<uint64_t>(facts.st_size),
                                                   facts.st_mtim.tv_sec});
  if (open_.size() < remembered_max) open_[path] = asset;
  return {asset};
}

}  // namespace understudy::edge
