// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <filesystem>

namespace understudy::edge {
namespace {

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return failure(fmt::format("socket path {} has {} bytes; at most {}", path, path.size(),
                               sizeof address.sun_path - 1));
  path.copy(address.sun_path, path.size());
  return address;
}

}  // namespace

Result<RunDirectory> RunDirectory::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failure(fmt::format("run_dir {}: {}", path, error.message()));
  const auto lock_path = path + "/lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return system_failure(fmt::format("run_dir {}: {}", path, lock_path));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const ssize_t n = ::read(lock.number(), holder.data(), holder.size() - 1);
    std::string who(holder.data(), n > 0 ? static_cast<size_t>(n) : 0);
    while (!who.empty() && who.back() == '\n') who.pop_back();
    return failure(
        fmt::format("run_dir {} is in use by another understudyd (process {}); give this one a "
                    "run_dir of its own "
                    "or end the other",
                    path, who.empty() ? "unknown" : who));
  }
  const auto pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.number(), 0) != 0 ||
      ::pwrite(lock.number(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return system_failure(fmt::format("run_dir {}: writing {}", path, lock_path));
  return RunDirectory(path, std::move(lock));
}

Result<UnixListener> UnixListener::open(const std::string& path, int type, int backlog) {
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  Descriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_failure("socket");
  ::unlink(path.c_str());
  const mode_t before = ::umask(0177);
  const int bound =
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  ::umask(before);
  if (bound != 0) return system_failure(path);
  if (::listen(socket.number(), backlog) != 0) return system_failure(path);
  return UnixListener(path, std::move(socket));
}

UnixListener::~UnixListener() {
  if (socket_) ::unlink(path_.c_str());
}

Descriptor UnixListener::accept() {
  return Descriptor(::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

Result<Descriptor> connect_unix(const std::string& path, int type) {
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  Descriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("socket");
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) !=
      0)
    return system_failure(path);
  return socket;
}

}  // namespace understudy::edge
