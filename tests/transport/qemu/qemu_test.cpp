// SPDX-License-Identifier: Apache-2.0
// The transports' contract once more, under Debian's own kernel in QEMU: unmodified libusb and
// libftdi over the kernel's USB stack to an emulated FTDI bridge (its driver ftdi_sio has taken it
// first, as on every Debian), the same bridge as a serial device, and the mailbox in a BAR through
// sysfs. The far ends are here, at the other end of a socket and in shared memory; they come and go
// by QEMU's hot plug. Long tests only; a machine takes some ten seconds.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tests/transport/mailbox_end.hpp"
#include "tests/transport/qemu/errand.hpp"
#include "tests/transport/qemu/machine.hpp"
#include "tests/transport/stream_end.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

constexpr auto whole = 240s;
constexpr size_t cases = 13;  // of the contract, at least

class BridgeEnd final : public StreamEnd {
 public:
  explicit BridgeEnd(Machine& machine) : machine_(machine) {}
  std::string uri() const override { return "usb:serial=UD0001"; }
  void plug(uint8_t) override {
    received_.clear();
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strncpy(address.sun_path, machine_.uart().c_str(), sizeof address.sun_path - 1);
    wire_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(wire_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    machine_.plug_bridge();
  }
  void unplug() override {
    machine_.unplug("bridge");
    drop();
  }

 private:
  Machine& machine_;
};

class MemoryEnd final : public MailboxEnd {
 public:
  explicit MemoryEnd(Machine& machine) : machine_(machine) {}
  std::string uri() const override { return "pci:0000:00:10.0"; }

 private:
  std::string file() override { return machine_.memory(); }
  void appear() override { machine_.plug_memory(); }
  void vanish() override { machine_.unplug("mailbox"); }
  Machine& machine_;
};

/// Does the guest's errands until it says that it has ended.
class Errands {
 public:
  Errands(Machine& machine, FarEnd& far) : machine_(machine), far_(far) {}

  void run() {
    const auto end = std::chrono::steady_clock::now() + whole;
    while (!ended_) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "took too long:\n" << machine_.console();
      pollfd ready{machine_.errands(), POLLIN, 0};
      if (::poll(&ready, 1, 1) != 1) {
        ASSERT_TRUE(machine_.running()) << "the guest died:\n" << machine_.console();
        far_.pump();
        continue;
      }
      const auto errand = read_errand(machine_.errands(), 10'000);
      ASSERT_TRUE(errand) << "the guest died:\n" << machine_.console();
      run(*errand);
      ASSERT_FALSE(testing::Test::HasFatalFailure());
    }
  }
  size_t planned = 0, passed = 0, skipped = 0;

 private:
  void run(const Errand& errand) {
    const auto& bytes = errand.bytes;
    const std::string text(bytes.begin(), bytes.end());
    switch (ErrandKind(errand.kind)) {
      case ErrandKind::plug:
        far_.plug(bytes.at(0));
        plugged_ = true, told_ = 0;
        break;
      case ErrandKind::unplug:
        if (std::exchange(plugged_, false)) far_.unplug();
        break;
      case ErrandKind::send:
        send(bytes);
        break;
      case ErrandKind::pump:
        far_.pump();
        break;
      case ErrandKind::stall:
        far_.stall(bytes.at(0));
        break;
      case ErrandKind::planned:
        planned = bytes.at(0);
        break;
      case ErrandKind::problem:
        ADD_FAILURE() << text;
        break;
      case ErrandKind::result:
        passed += text.at(0) == 'p';
        skipped += text.at(0) == 's';
        break;
      case ErrandKind::ended:
        ended_ = true;
        break;
    }
    answer();
  }
  void send(std::span<const uint8_t> pieces) {
    while (pieces.size() > 2) {
      const size_t n = pieces[0] | size_t{pieces[1]} << 8;
      far_.send(pieces.subspan(2, n));
      pieces = pieces.subspan(2 + n);
    }
  }
  void answer() {
    const auto& all = far_.received();
    Errand out{far_.idle(), {all.begin() + static_cast<ptrdiff_t>(told_), all.end()}};
    told_ = all.size();
    ASSERT_TRUE(write_errand(machine_.errands(), out, 10'000));
  }

  Machine& machine_;
  FarEnd& far_;
  bool plugged_ = false, ended_ = false;
  size_t told_ = 0;
};

class TransportsInQemu : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Over, TransportsInQemu, testing::Values("usb", "tty", "pci"),
                         [](const auto& of) { return std::string(of.param); });

TEST_P(TransportsInQemu, the_contract_holds_under_debians_kernel) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string kind = GetParam();
  Machine machine(kind);
  ASSERT_EQ(machine.trouble(), "");
  std::unique_ptr<FarEnd> far;
  if (kind == "pci")
    far = std::make_unique<MemoryEnd>(machine);
  else
    far = std::make_unique<BridgeEnd>(machine);
  Errands errands(machine, *far);
  errands.run();
  EXPECT_GE(errands.planned, cases);
  EXPECT_EQ(errands.passed + errands.skipped, errands.planned);
  EXPECT_EQ(errands.skipped, kind == "pci" ? 0u : 1u);  // see guest.cpp's can_stall()
  if (HasFailure()) std::printf("%s\n", machine.console().c_str());
}

}  // namespace
