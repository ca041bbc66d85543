// SPDX-License-Identifier: Apache-2.0
#include "host/edge/hold/hold_queue.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

constexpr uint32_t copy_bytes = 0xFFFF;
constexpr size_t message_bytes = copy_bytes + 4096;
constexpr int receive_buffer = 32 << 20;
constexpr int receives_together = 64;

nlmsghdr* put_header(std::span<char> buffer, uint16_t type, uint16_t flags, uint16_t queue) {
  auto* h = mnl_nlmsg_put_header(buffer.data());
  h->nlmsg_type = static_cast<uint16_t>(NFNL_SUBSYS_QUEUE << 8 | type);
  h->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  auto* g = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(h, sizeof(nfgenmsg)));
  g->nfgen_family = AF_UNSPEC, g->version = NFNETLINK_V0, g->res_id = htons(queue);
  return h;
}

/// Sends and reads the kernel's answer: 0 or an errno.
int ask(int socket, const nlmsghdr* h) {
  if (::send(socket, h, h->nlmsg_len, 0) < 0) return errno;
  std::array<char, 4096> answer;
  for (;;) {
    const ssize_t n = ::recv(socket, answer.data(), answer.size(), MSG_TRUNC);
    if (n < 0) return errno;
    nlmsghdr header{};
    nlmsgerr error{};
    if (static_cast<size_t>(n) < sizeof header + sizeof error) continue;
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR) continue;  // a packet that came first: sent again
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
    return -error.error;
  }
}

template <class T>
bool read_attribute(const nlattr* a, T& out) {
  if (mnl_attr_get_payload_len(a) < sizeof out) return false;
  std::memcpy(&out, mnl_attr_get_payload(a), sizeof out);
  return true;
}

}  // namespace

Result<HoldQueue> HoldQueue::open(uint16_t number) {
  HoldQueue out(number);
  out.socket_ = Descriptor(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!out.socket_) return system_failure("netfilter's netlink socket");
  const int n = out.socket_.number(), on = 1;
  if (::setsockopt(n, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0)
    ::setsockopt(n, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  // A full buffer drops packets, which are sent again; it is not an error to be told of.
  ::setsockopt(n, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
  out.buffer_.resize(message_bytes);
  if (auto ok = out.configure(); !ok) return std::unexpected(ok.error());
  return out;
}

Result<void> HoldQueue::configure() {
  std::array<char, 256> buffer{};
  const nfqnl_msg_config_cmd bind{NFQNL_CFG_CMD_BIND, 0, htons(AF_UNSPEC)};
  auto* h = put_header(buffer, NFQNL_MSG_CONFIG, NLM_F_ACK, number_);
  mnl_attr_put(h, NFQA_CFG_CMD, sizeof bind, &bind);
  const auto failed = [&](int reason) {
    errno = reason;
    return system_failure("netfilter queue " + std::to_string(number_) +
                          " (--strict needs it: CAP_NET_ADMIN, a kernel with NFQUEUE, and nobody "
                          "else at this number)");
  };
  if (const int reason = ask(socket_.number(), h)) return failed(reason);
  const nfqnl_msg_config_params params{htonl(copy_bytes), NFQNL_COPY_PACKET};
  h = put_header(buffer, NFQNL_MSG_CONFIG, NLM_F_ACK, number_);
  mnl_attr_put(h, NFQA_CFG_PARAMS, sizeof params, &params);
  mnl_attr_put_u32(h, NFQA_CFG_QUEUE_MAXLEN, htonl(protocol::limits::held_segments_max));
  mnl_attr_put_u32(h, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
  mnl_attr_put_u32(h, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
  if (const int reason = ask(socket_.number(), h)) return failed(reason);
  return {};
}

void HoldQueue::receive(const std::function<void(const HeldPacket&)>& to) {
  for (int i = 0; i < receives_together; ++i) {
    const ssize_t n = ::recv(socket_.number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n <= 0) return;
    take(std::span(buffer_).first(static_cast<size_t>(n)), to);
  }
}

void HoldQueue::take(std::span<const uint8_t> datagram,
                     const std::function<void(const HeldPacket&)>& to) {
  const auto* h = reinterpret_cast<const nlmsghdr*>(datagram.data());
  int left = static_cast<int>(datagram.size());
  for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
    if (h->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) continue;
    HeldPacket packet;
    nfqnl_msg_packet_hdr header{};
    bool named = false, whole = true;
    const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(h));
    const auto* a = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(h, sizeof(nfgenmsg)));
    for (; mnl_attr_ok(a, static_cast<int>(end - reinterpret_cast<const char*>(a)));
         a = mnl_attr_next(a)) {
      uint32_t info = 0;
      switch (mnl_attr_get_type(a)) {
        case NFQA_PACKET_HDR:
          named = read_attribute(a, header);
          break;
        case NFQA_PAYLOAD:
          packet.bytes = {static_cast<const uint8_t*>(mnl_attr_get_payload(a)),
                          mnl_attr_get_payload_len(a)};
          break;
        case NFQA_SKB_INFO:
          packet.verified = read_attribute(a, info) && (ntohl(info) & NFQA_SKB_CSUMNOTREADY);
          break;
        case NFQA_CAP_LEN:
          whole = false;  // longer than what was copied
          break;
        default:
          break;
      }
    }
    if (!named) continue;
    packet.id = ntohl(header.packet_id);
    packet.leaving = header.hook == NF_INET_LOCAL_OUT;
    whole ? to(packet) : drop(packet.id);
  }
}

void HoldQueue::verdict(uint32_t id, bool pass) {
  std::array<char, 128> buffer{};
  auto* h = put_header(buffer, NFQNL_MSG_VERDICT, 0, number_);
  const nfqnl_msg_verdict_hdr v{htonl(pass ? NF_ACCEPT : NF_DROP), htonl(id)};
  mnl_attr_put(h, NFQA_VERDICT_HDR, sizeof v, &v);
  ::send(socket_.number(), h, h->nlmsg_len, 0);
}

}  // namespace understudy::edge
