// SPDX-License-Identifier: Apache-2.0
// A far end whose wire is a descriptor to read and write: what the serial kinds share.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "tests/transport/far_end.hpp"

namespace understudy::test {

class StreamEnd : public FarEnd {
 public:
  ~StreamEnd() override { drop(); }
  void send(std::span<const uint8_t> bytes) override {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    pump();
  }
  void pump() override {
    if (wire_ < 0) return;
    if (!out_.empty())
      if (const ssize_t n = ::write(wire_, out_.data(), std::min<size_t>(out_.size(), 2048)); n > 0)
        out_.erase(out_.begin(), out_.begin() + n);
    std::array<uint8_t, 4096> part{};
    while (!stalled_) {
      const ssize_t n = ::read(wire_, part.data(), part.size());
      if (n <= 0) break;
      received_.insert(received_.end(), part.begin(), part.begin() + n);
    }
  }
  void stall(bool on) override { stalled_ = on; }
  bool idle() const override { return out_.empty(); }

 protected:
  void drop() {
    if (wire_ >= 0) ::close(std::exchange(wire_, -1));
    out_.clear();
  }
  int wire_ = -1;
  bool stalled_ = false;
  std::vector<uint8_t> out_;
};

}  // namespace understudy::test
