// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/pci_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <bit>

#include "host/edge/transport/access.hpp"

namespace understudy::edge {
namespace {

namespace mailbox = protocol::mailbox;
using namespace std::chrono_literals;

constexpr auto look = 100us;

static_assert(std::endian::native == std::endian::little, "the BAR's words are little-endian");

}  // namespace

uint32_t PciDevice::read(size_t offset) const {
  return std::atomic_ref(words_.words()[offset / 4]).load(std::memory_order_acquire);
}

void PciDevice::write(size_t offset, uint32_t value) {
  std::atomic_ref(words_.words()[offset / 4]).store(value, std::memory_order_release);
}

Result<void> PciDevice::open() {
  const auto folder = "/sys/bus/pci/devices/" + slot_;
  if (::access(folder.c_str(), F_OK) != 0)
    return failure("no PCI device " + slot_ + ": is it in its slot? `understudy find` lists them");
  if (const Descriptor enable(::open((folder + "/enable").c_str(), O_WRONLY | O_CLOEXEC)); enable)
      [[maybe_unused]]
    const auto done = ::write(enable.number(), "1", 1);  // memory decoding on
  if (auto mapped = map(fmt::format("{}/resource{}", folder, bar_)); !mapped) return mapped;
  HostMailbox::Words& words = *this;
  mailbox_.emplace(words, slot_, bar_);
  return mailbox_->take_over();
}

Result<void> PciDevice::map(const std::string& path) {
  file_ = Descriptor(::open(path.c_str(), O_RDWR | O_SYNC | O_CLOEXEC));
  if (!file_) {
    if (errno == ENOENT) return failure(fmt::format("PCI device {} has no BAR {}", slot_, bar_));
    return cannot_open(path, errno);
  }
  if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
    return failure("PCI device " + slot_ + " is in use by another program (the daemon, perhaps)");
  struct stat is{};
  if (::fstat(file_.number(), &is) != 0 || static_cast<size_t>(is.st_size) < mailbox::bar_bytes)
    return failure(fmt::format("BAR {} of PCI device {} has {} bytes; a mailbox has {}", bar_,
                               slot_, is.st_size, mailbox::bar_bytes));
  words_ = BarMapping::of(file_.number());
  if (!words_) return cannot_open(path, errno);
  return {};
}

Result<void> PciDevice::turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                             std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  do {
    if (auto there = mailbox_->check(); !there) return there;
    mailbox_->send(out);
    mailbox_->receive(in);
    if (!in.empty()) return mailbox_->check();
  } while (!wake_.wait(-1, 0, look).woken && std::chrono::steady_clock::now() < until);
  return {};
}

void PciDevice::close() {
  words_ = {};
  file_.close();
}

}  // namespace understudy::edge
