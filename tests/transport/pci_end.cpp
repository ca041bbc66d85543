// SPDX-License-Identifier: Apache-2.0
// The far end of a PCIe mailbox in a file that stands for the BAR in a modelled sysfs.
#include "tests/transport/mailbox_end.hpp"
#include "tests/transport/mock_bus.hpp"

namespace understudy::test {
namespace {

class PciEnd final : public MailboxEnd {
 public:
  std::string uri() const override { return "pci:0000:01:00.0"; }

 private:
  std::string file() override { return bus_.tell("pci 0000:01:00.0"); }
  void vanish() override {
    go_dark();
    bus_.tell("unpci 0000:01:00.0");
  }
  MockBus bus_;
};

}  // namespace

std::unique_ptr<FarEnd> make_pci_end() {
  return std::make_unique<PciEnd>();
}

}  // namespace understudy::test
