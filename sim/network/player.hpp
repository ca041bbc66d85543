// SPDX-License-Identifier: Apache-2.0
// ffmpeg, playing the clip over RTSP and decoding every picture of it; the MD5 of each picture is
// kept, and compared with those that ffmpeg decodes from the file itself.
#pragma once

#include <vector>

#include "sim/network/client.hpp"
#include "sim/network/stage.hpp"

namespace understudy::network {

class Player : public Client {
 public:
  enum class By : uint8_t { connection, datagrams };
  /// `heard`: what was heard before it began. It is ended after `patience`: ffmpeg itself has none.
  Player(const Stage& stage, By by, size_t heard, std::chrono::seconds patience);
  void collect(std::span<const Heard> heard) override;
  bool flows() const override { return flow_.has_value(); }
  bool over() override;
  ClientOutcome outcome(std::span<const Heard> heard, WallTime counted) const override;

 private:
  By by_;
  std::string clip_, sums_, log_, url_;
  demo::Child ffmpeg_;
  std::chrono::steady_clock::time_point until_;
  size_t begin_;
  std::optional<Flow> flow_;
};

}  // namespace understudy::network
