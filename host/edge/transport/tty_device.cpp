// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/tty_device.hpp"

#include <asm/termbits.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/serial.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "host/edge/transport/access.hpp"

namespace understudy::edge {

Result<void> TtyDevice::open() {
  tty_ = Descriptor(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!tty_) return cannot_open(path_, errno);
  if (::flock(tty_.number(), LOCK_EX | LOCK_NB) != 0)
    return failure(path_ + " is in use by another program (the daemon, perhaps)");
  return set_raw();
}

Result<void> TtyDevice::set_raw() {
  termios2 settings{};
  if (::ioctl(tty_.number(), TCGETS2, &settings) != 0)
    return system_failure(path_ + " is no serial device");
  settings.c_iflag = 0, settings.c_oflag = 0, settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
  settings.c_ispeed = settings.c_ospeed = baud_;
  settings.c_cc[VMIN] = 1, settings.c_cc[VTIME] = 0;
  if (::ioctl(tty_.number(), TCSETS2, &settings) != 0)
    return system_failure(fmt::format("{} does not take {} baud", path_, baud_));
  ::ioctl(tty_.number(), TCFLSH, TCIOFLUSH);
  set_latency();
  return {};
}

void TtyDevice::set_latency() const {
  std::error_code code;
  const auto name = std::filesystem::canonical(path_, code).filename().string();
  std::ofstream timer("/sys/bus/usb-serial/devices/" + name + "/latency_timer");
  timer << 1;  // who may not write it still has the kernel's own flag
  serial_struct serial{};
  if (::ioctl(tty_.number(), TIOCGSERIAL, &serial) != 0) return;
  serial.flags |= ASYNC_LOW_LATENCY;
  ::ioctl(tty_.number(), TIOCSSERIAL, &serial);
}

Result<void> TtyDevice::turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                             std::chrono::milliseconds patience) {
  if (!out.empty()) {
    const ssize_t n = ::write(tty_.number(), out.data(), out.size());
    if (n < 0 && errno != EAGAIN && errno != EINTR) return system_failure(path_ + " is gone");
    if (n > 0) out.erase(out.begin(), out.begin() + n);
  }
  const short wanted = static_cast<short>(POLLIN | (out.empty() ? 0 : POLLOUT));
  if (wake_.wait(tty_.number(), wanted, patience).events == 0) return {};
  std::array<uint8_t, 4096> part{};
  const ssize_t n = ::read(tty_.number(), part.data(), part.size());
  if (n == 0) return failure(path_ + " is gone: unplugged?");
  if (n < 0 && errno != EAGAIN && errno != EINTR) return system_failure(path_ + " is gone");
  if (n > 0) in.insert(in.end(), part.begin(), part.begin() + n);
  return {};
}

}  // namespace understudy::edge
