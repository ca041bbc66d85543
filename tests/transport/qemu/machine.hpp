// SPDX-License-Identifier: Apache-2.0
// A machine of QEMU's with Debian's own kernel that runs the contract suite over one kind of
// transport. Plain emulation also where /dev/kvm is there: the same everywhere, and KVM in a
// container often does not boot a stock kernel. No network, no disk.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sim/demo/child.hpp"
#include "tests/host/edge/temporary_directory.hpp"

namespace understudy::test {

class Machine {
 public:
  /// `kind` as guest.cpp names it. Errors stand in trouble().
  explicit Machine(const std::string& kind);
  ~Machine();
  Machine(const Machine&) = delete;

  const std::string& trouble() const { return trouble_; }
  /// Carries errands (errand.hpp).
  int errands() const { return errands_; }
  bool running();
  /// What the kernel and the suite wrote, and QEMU.
  std::string console() const {
    return contents(folder_ / "console") + contents(folder_ / "qemu.log");
  }

  /// The file behind the memory of the device that `plug_memory` puts in.
  std::string memory() const { return folder_ / "memory"; }
  std::string uart() const { return folder_ / "uart"; }
  void plug_bridge();
  void plug_memory();
  /// Waits until it is gone for the guest too.
  void unplug(const std::string& device);

 private:
  bool start(const std::string& kind);
  bool meet(int control_listener, int errand_listener);
  nlohmann::json line();
  void command(const char* name, const nlohmann::json& arguments = nlohmann::json::object());

  TemporaryDirectory folder_;
  std::optional<demo::Child> qemu_;
  int control_ = -1, errands_ = -1, backends_ = 0;
  std::string input_, trouble_;
};

}  // namespace understudy::test
