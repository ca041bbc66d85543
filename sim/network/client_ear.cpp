// SPDX-License-Identifier: Apache-2.0
#include "sim/network/client_ear.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace understudy::network {
namespace {

constexpr uint32_t slot_bytes = 256, slots = 65536, block_bytes = 1u << 20;
constexpr size_t ring_bytes = size_t{slot_bytes} * slots;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("listening at the client: " + what + ": " + std::strerror(errno));
}

}  // namespace

ClientEar::ClientEar(const std::string& interface, const std::string& service)
    : service_(address_bytes(service)) {
  socket_ = Descriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket_) fail("a packet socket");
  const int version = TPACKET_V2;
  const tpacket_req ring{.tp_block_size = block_bytes,
                         .tp_block_nr = static_cast<unsigned>(ring_bytes / block_bytes),
                         .tp_frame_size = slot_bytes,
                         .tp_frame_nr = slots};
  const int s = socket_.get();
  if (::setsockopt(s, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      ::setsockopt(s, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
    fail("its ring of 16 MiB");
  void* const memory = ::mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
  if (memory == MAP_FAILED) fail("mmap");
  ring_ = static_cast<uint8_t*>(memory);
  sockaddr_ll all{};
  all.sll_family = AF_PACKET, all.sll_protocol = htons(ETH_P_ALL);
  all.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (::bind(s, reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0) fail(interface);
}

ClientEar::~ClientEar() {
  if (ring_) ::munmap(ring_, ring_bytes);
}

void ClientEar::collect() {
  for (;;) {
    uint8_t* const slot = ring_ + next_ * slot_bytes;
    auto* const head = reinterpret_cast<tpacket2_hdr*>(slot);
    const std::atomic_ref<uint32_t> status(head->tp_status);
    if (!(status.load(std::memory_order_acquire) & TP_STATUS_USER)) return;
    if (auto h = decode_frame({slot + head->tp_mac, head->tp_snaplen}, service_)) {
      h->at =
          WallTime(std::chrono::seconds(head->tp_sec) + std::chrono::nanoseconds(head->tp_nsec));
      heard_.push_back(*h);
    }
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % slots;
  }
}

uint32_t ClientEar::missed() {
  tpacket_stats now{};
  socklen_t size = sizeof now;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &now, &size) == 0)
    missed_ += now.tp_drops;
  return missed_;
}

}  // namespace understudy::network
