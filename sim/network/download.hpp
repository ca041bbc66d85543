// SPDX-License-Identifier: Apache-2.0
// curl, downloading the large object over one connection: no Range, no second try.
#pragma once

#include "sim/network/client.hpp"
#include "sim/network/stage.hpp"

namespace understudy::network {

class Download : public Client {
 public:
  Download(const Stage& stage, uint32_t rate_mib, uint32_t seconds_most);
  void collect(std::span<const Heard> heard) override;
  bool flows() const override { return news_.has_value(); }
  bool over() override { return curl_.wait(std::chrono::milliseconds(0)).has_value(); }
  ClientOutcome outcome(std::span<const Heard> heard, WallTime counted) const override;
  /// Of the answer, so far.
  uint64_t bytes() const { return bytes_; }

 private:
  std::string object_, file_, log_, url_;
  demo::Child curl_;
  size_t seen_ = 0;
  std::optional<Flow> flow_;
  std::optional<News> news_;
  uint64_t bytes_ = 0;
};

}  // namespace understudy::network
