// SPDX-License-Identifier: Apache-2.0
// A daemon's run directory: made if missing, locked while the daemon lives (the kernel lets go of
// the lock however it ends), and the place of its Unix sockets, which are taken away at the end.
#pragma once

#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

class RunDirectory {
 public:
  /// Errors: cannot be made or written; another daemon holds it (with its process number).
  static Result<RunDirectory> open(const std::string& path);
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  RunDirectory(std::string path, Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  Descriptor lock_;
};

/// A listening Unix socket whose name goes when it does.
class UnixListener {
 public:
  /// `type` is SOCK_STREAM or SOCK_SEQPACKET. Only for use under a RunDirectory's lock: a stale
  /// name is removed. Mode 0600.
  static Result<UnixListener> open(const std::string& path, int type, int backlog);
  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = default;
  ~UnixListener();
  int number() const { return socket_.number(); }
  /// The next waiting client (non-blocking), or an empty descriptor.
  Descriptor accept();

 private:
  UnixListener(std::string path, Descriptor socket)
      : path_(std::move(path)), socket_(std::move(socket)) {}
  std::string path_;
  Descriptor socket_;
};

/// A connected Unix socket. Errors: the system's reason.
Result<Descriptor> connect_unix(const std::string& path, int type);

}  // namespace understudy::edge
