// SPDX-License-Identifier: Apache-2.0
// Frames appended to a file as they come. The first trouble (a full disk) ends it and is kept.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "host/edge/packet_socket/packet_socket.hpp"

namespace understudy::demo {

class FrameFile {
 public:
  FrameFile() = default;  // keeps nothing
  explicit FrameFile(std::string path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (!file_) fail();
  }

  void append(std::span<const uint8_t> bytes) {
    while (file_ && !bytes.empty()) {
      const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return fail();
      bytes = bytes.subspan(size_t(n));
    }
  }
  const std::string& trouble() const { return trouble_; }

 private:
  void fail() {
    trouble_ = "cannot write " + path_ + ": " + std::strerror(errno ? errno : ENOSPC);
    file_ = Descriptor();
  }
  std::string path_, trouble_;
  Descriptor file_;
};

}  // namespace understudy::demo
