// SPDX-License-Identifier: Apache-2.0
// The far ends of a serial device (a pseudo terminal) and of a USB bridge (a modelled one).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>

#include <filesystem>

#include "tests/host/edge/temporary_directory.hpp"
#include "tests/transport/mock_bus.hpp"
#include "tests/transport/stream_end.hpp"

namespace understudy::test {
namespace {

class TtyEnd final : public StreamEnd {
 public:
  std::string uri() const override { return "tty:" + link(); }
  void plug(uint8_t) override {
    received_.clear();
    wire_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(wire_, 0);
    ::grantpt(wire_), ::unlockpt(wire_);
    termios raw{};  // no echo of what comes before the host has opened it
    ::cfmakeraw(&raw);
    ::tcsetattr(wire_, TCSANOW, &raw);
    std::filesystem::create_symlink(::ptsname(wire_), link());
  }
  void unplug() override {
    std::filesystem::remove(link());
    drop();
  }

 private:
  std::string link() const { return directory_ / "tty"; }
  TemporaryDirectory directory_;
};

class UsbEnd final : public StreamEnd {
 public:
  explicit UsbEnd(std::string chip) : chip_(std::move(chip)) {}
  std::string uri() const override { return "usb:serial=UD0001"; }
  void plug(uint8_t) override {
    received_.clear();
    bus_.tell("plug 1-1 " + chip_ + " UD0001");
    wire_ = bus_.uart("1-1");
  }
  void unplug() override {
    bus_.tell("unplug 1-1");
    drop();
  }
  void stall(bool on) override { bus_.tell(std::string("stall 1-1 ") + (on ? "on" : "off")); }

 private:
  MockBus bus_;
  std::string chip_;
};

}  // namespace

std::unique_ptr<FarEnd> make_tty_end() {
  return std::make_unique<TtyEnd>();
}
std::unique_ptr<FarEnd> make_usb_end(const std::string& chip) {
  return std::make_unique<UsbEnd>(chip);
}

}  // namespace understudy::test
