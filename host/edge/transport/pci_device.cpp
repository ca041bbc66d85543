// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/pci_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
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
  return std::atomic_ref(words_[offset / 4]).load(std::memory_order_acquire);
}

void PciDevice::write(size_t offset, uint32_t value) {
  std::atomic_ref(words_[offset / 4]).store(value, std::memory_order_release);
}

Result<void> PciDevice::open() {
  const auto folder = "/sys/bus/pci/devices/" + slot_;
  if (::access(folder.c_str(), F_OK) != 0)
    return failure("no PCI device " + slot_ + ": is it in its slot? `understudy find` lists them");
  if (const Descriptor enable(::open((folder + "/enable").c_str(), O_WRONLY | O_CLOEXEC)); enable)
      [[maybe_unused]]
    const auto done = ::write(enable.number(), "1", 1);  // memory decoding on
  if (auto mapped = map(fmt::format("{}/resource{}", folder, bar_)); !mapped) return mapped;
  return take_over();
}

Result<void> PciDevice::map(const std::string& path) {
  file_ = Descriptor(::open(path.c_str(), O_RDWR | O_SYNC | O_CLOEXEC));
  if (!file_) {
    if (errno == ENOENT) return failure(fmt::format("PCI device {} has no BAR {}", slot_, bar_));
    return cannot_open(path, errno);
  }
  if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
    return failure("PCI device " + slot_ + " is in use by another program (the daemon, perhaps)");
  struct stat is {};
  if (::fstat(file_.number(), &is) != 0 || static_cast<size_t>(is.st_size) < mailbox::bar_bytes)
    return failure(fmt::format("BAR {} of PCI device {} has {} bytes; a mailbox has {}", bar_,
                               slot_, is.st_size, mailbox::bar_bytes));
  void* at =
      ::mmap(nullptr, mailbox::bar_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.number(), 0);
  if (at == MAP_FAILED) return cannot_open(path, errno);
  words_ = static_cast<uint32_t*>(at);
  return {};
}

Result<void> PciDevice::take_over() {
  const uint32_t magic = read(mailbox::at_magic);
  if (magic == mailbox::not_there)
    return failure("PCI device " + slot_ + " does not answer (all ones): unplugged or in reset");
  if (magic != mailbox::magic)
    return failure(
        fmt::format("BAR {} of PCI device {} holds no mailbox (first word {:#010x}): is "
                    "that the appliance, with its gateware loaded?",
                    bar_, slot_, magic));
  const uint32_t layout = read(mailbox::at_layout_version), ring = read(mailbox::at_ring_words);
  if (layout != mailbox::layout_version || ring != mailbox::ring_words)
    return failure(
        fmt::format("the mailbox of PCI device {} has layout version {} with rings of {} "
                    "words, this program knows version {} with {}: put gateware and "
                    "program of one release together",
                    slot_, layout, ring, mailbox::layout_version, mailbox::ring_words));
  if (const uint32_t link = read(mailbox::at_link_version); link != protocol::link_version)
    return failure(
        fmt::format("the appliance speaks link version {}, this program version {}: put "
                    "gateware and program of one release together",
                    link, protocol::link_version));
  generation_ = read(mailbox::at_generation);
  head_ = read(mailbox::at_to_appliance_head);
  tail_ = read(mailbox::at_to_host_head);
  write(mailbox::at_to_host_tail, tail_);
  return {};
}

Result<void> PciDevice::check() const {
  const uint32_t magic = read(mailbox::at_magic);
  if (magic == mailbox::not_there)
    return failure("PCI device " + slot_ + " is gone (all ones): unplugged?");
  if (magic != mailbox::magic || read(mailbox::at_generation) != generation_)
    return failure("the appliance in PCI slot " + slot_ + " has restarted");
  return {};
}

Result<void> PciDevice::turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                             std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  do {
    if (auto there = check(); !there) return there;
    send(out);
    receive(in);
    if (!in.empty()) return check();
  } while (!wake_.wait(-1, 0, look).woken && std::chrono::steady_clock::now() < until);
  return {};
}

/// Whole frames; what has no closing zero yet stays.
void PciDevice::send(std::vector<uint8_t>& out) {
  auto begin = out.begin();
  for (auto zero = std::find(begin, out.end(), 0); zero != out.end();
       zero = std::find(begin, out.end(), 0)) {
    if (!send_frame({begin, zero + 1})) break;
    begin = zero + 1;
  }
  out.erase(out.begin(), begin);
}

bool PciDevice::send_frame(std::span<const uint8_t> frame) {
  protocol::LinkDecoder decoder;
  for (const uint8_t byte : frame)
    if (const auto message = decoder.byte(byte))
      if (const auto beat = protocol::decode_heartbeat(*message)) return ring_bell(*beat), true;
  const auto words = static_cast<uint32_t>((frame.size() + 3) / 4);
  const uint32_t used = head_ - read(mailbox::at_to_appliance_tail);
  if (used > mailbox::ring_words || mailbox::ring_words - used < words) return false;
  for (uint32_t i = 0; i < words; ++i) {
    uint32_t word = 0;
    for (size_t k = 0; k < 4 && i * 4 + k < frame.size(); ++k)
      word |= uint32_t{frame[i * 4 + k]} << 8 * k;
    write(mailbox::at_to_appliance + (head_ + i) % mailbox::ring_words * 4, word);
  }
  head_ += words;
  write(mailbox::at_to_appliance_head, head_);
  return true;
}

void PciDevice::ring_bell(const protocol::Heartbeat& beat) {
  write(mailbox::at_beat_boot_id, beat.boot_id);
  write(mailbox::at_beat_frame_seen, beat.frame_seen);
  write(mailbox::at_beat_state, uint32_t(beat.state));
  write(mailbox::at_beat_sequence, beat.sequence);
}

void PciDevice::receive(std::vector<uint8_t>& in) {
  const uint32_t head = read(mailbox::at_to_host_head);
  if (head - tail_ > mailbox::ring_words) return;  // all ones, or torn: check() says which
  while (tail_ != head) {
    const uint32_t word = read(mailbox::at_to_host + tail_++ % mailbox::ring_words * 4);
    for (int k = 0; k < 4; ++k) in.push_back(static_cast<uint8_t>(word >> 8 * k));
  }
  write(mailbox::at_to_host_tail, tail_);
}

void PciDevice::close() {
  if (words_) ::munmap(words_, mailbox::bar_bytes);
  words_ = nullptr;
  file_.close();
}

}  // namespace understudy::edge
