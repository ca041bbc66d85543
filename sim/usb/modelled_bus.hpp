// SPDX-License-Identifier: Apache-2.0
// understudy-usb-bus as a child of this process. Programs that are to see its devices run with
// LD_PRELOAD=libumockdev-preload.so.0 and UMOCKDEV_DIR set to root().
#pragma once

#include <expected>
#include <string>

#include "host/core/error.hpp"
#include "sim/demo/child.hpp"

namespace understudy::sim {

class ModelledBus {
 public:
  /// `folder`: for the UARTs' sockets. `log`: what it says on standard error.
  static std::expected<ModelledBus, Error> start(const std::string& program,
                                                 const std::string& folder, const std::string& log);
  ModelledBus(ModelledBus&& from) noexcept;
  ModelledBus& operator=(ModelledBus&&) = delete;
  ~ModelledBus();

  /// A command of usb_bus.cpp; the rest of the answer behind "ok ".
  std::expected<std::string, Error> tell(const std::string& command);
  const std::string& root() const { return root_; }
  demo::Child& process() { return child_; }

 private:
  ModelledBus(demo::Child child, int to, int from)
      : child_(std::move(child)), to_(to), from_(from) {}
  std::string line();

  demo::Child child_;
  std::string root_, input_;
  int to_, from_;
};

}  // namespace understudy::sim
