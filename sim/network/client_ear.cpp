// SPDX-License-Identifier: Apache-2.0
#include "sim/network/client_ear.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace understudy::network {
namespace {

constexpr uint32_t slot_bytes = 256, slots = 65536, block_bytes = 1u << 20, keep_bytes = 128;
constexpr size_t ring_bytes = size_t{slot_bytes} * slots;
constexpr size_t ethernet_bytes = 14, arp_sender = 14;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("listening at the client: " + what + ": " + std::strerror(errno));
}

uint32_t number(const uint8_t* at, int bytes) {
  uint32_t out = 0;
  for (int i = 0; i < bytes; ++i) out = out << 8 | at[i];
  return out;
}

/// ARP from the address, or IPv4 from the address.
std::array<sock_filter, 10> filter(uint32_t address) {
  return {{{BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
           {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, ETH_P_ARP},
           {BPF_JMP | BPF_JEQ | BPF_K, 3, 0, ETH_P_IP},
           {BPF_RET | BPF_K, 0, 0, 0},
           {BPF_LD | BPF_W | BPF_ABS, 0, 0, ethernet_bytes + arp_sender},
           {BPF_JMP | BPF_JA, 0, 0, 1},
           {BPF_LD | BPF_W | BPF_ABS, 0, 0, ethernet_bytes + 12},
           {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, address},
           {BPF_RET | BPF_K, 0, 0, keep_bytes},
           {BPF_RET | BPF_K, 0, 0, 0}}};
}

}  // namespace

ClientEar::ClientEar(const std::string& interface, const std::string& address) {
  in_addr from{};
  if (::inet_pton(AF_INET, address.c_str(), &from) != 1) fail(address);
  socket_ = Descriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket_) fail("a packet socket");
  auto code = filter(ntohl(from.s_addr));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  const int version = TPACKET_V2;
  const tpacket_req ring{.tp_block_size = block_bytes,
                         .tp_block_nr = static_cast<unsigned>(ring_bytes / block_bytes),
                         .tp_frame_size = slot_bytes,
                         .tp_frame_nr = slots};
  const int s = socket_.get();
  if (::setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      ::setsockopt(s, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
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
    take(slot + head->tp_mac, head->tp_snaplen,
         WallTime(std::chrono::seconds(head->tp_sec) + std::chrono::nanoseconds(head->tp_nsec)));
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % slots;
  }
}

void ClientEar::take(const uint8_t* frame, size_t size, WallTime at) {
  if (size < ethernet_bytes + 20) return;
  Heard h{.at = at};
  std::copy_n(frame + 6, 6, h.from.begin());
  h.arp = number(frame + 12, 2) == ETH_P_ARP;
  if (!h.arp) {
    const uint8_t* const ip = frame + ethernet_bytes;
    const size_t ip_bytes = size_t(ip[0] & 0xF) * 4;
    if (ip[9] != IPPROTO_TCP || size < ethernet_bytes + ip_bytes + 20) return;
    const uint8_t* const tcp = ip + ip_bytes;
    const size_t headers = ip_bytes + size_t(tcp[12] >> 4) * 4;
    h.sequence = number(tcp + 4, 4);
    h.reset = tcp[13] & 4, h.opens = tcp[13] & 2;
    h.bytes = number(ip + 2, 2) - static_cast<uint32_t>(headers);
  }
  bytes_ += h.bytes;
  heard_.push_back(h);
}

uint32_t ClientEar::missed() {
  tpacket_stats now{};
  socklen_t size = sizeof now;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &now, &size) == 0)
    missed_ += now.tp_drops;
  return missed_;
}

}  // namespace understudy::network
