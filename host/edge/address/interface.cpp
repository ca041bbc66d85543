// SPDX-License-Identifier: Apache-2.0
#include "host/edge/address/interface.hpp"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "host/edge/address/announcement.hpp"

namespace understudy::edge {
namespace {

constexpr auto in_force_patience = std::chrono::milliseconds(200);

}  // namespace

void Interface::CloseSocket::operator()(mnl_socket* socket) const {
  ::mnl_socket_close(socket);
}

Result<std::unique_ptr<Interface>> Interface::open(const std::string& name) {
  auto out = std::unique_ptr<Interface>(new Interface());
  out->name_ = name;
  out->index_ = static_cast<int>(::if_nametoindex(name.c_str()));
  if (out->index_ == 0)
    return system_failure(fmt::format(
        "address.interface \"{}\" (`ip link` shows the interfaces of this machine)", name));
  out->netlink_.reset(::mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!out->netlink_ || ::mnl_socket_bind(out->netlink_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
    return system_failure("netlink");
  out->packets_ = Descriptor(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out->packets_) return system_failure("a packet socket (it needs CAP_NET_RAW)");
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  if (::ioctl(out->packets_.number(), SIOCGIFHWADDR, &request) != 0)
    return system_failure(fmt::format("the hardware address of {}", name));
  std::memcpy(out->hardware_.data(), request.ifr_hwaddr.sa_data, out->hardware_.size());
  return out;
}

Interface::~Interface() = default;

Result<void> Interface::change(uint16_t type, uint16_t flags, const IpAddress& address) {
  std::array<char, 512> buffer{};
  auto* header = ::mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  header->nlmsg_seq = ++sequence_;
  auto* message = static_cast<ifaddrmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
  message->ifa_family = static_cast<uint8_t>(address.family());
  message->ifa_prefixlen = address.prefix();
  message->ifa_scope = RT_SCOPE_UNIVERSE;
  message->ifa_index = static_cast<uint32_t>(index_);
  const auto bytes = address.bytes();
  ::mnl_attr_put(header, IFA_LOCAL, bytes.size(), bytes.data());
  ::mnl_attr_put(header, IFA_ADDRESS, bytes.size(), bytes.data());
  if (address.is_v6()) {
    ::mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NODAD);
    const ifa_cacheinfo life{.ifa_prefered = 0, .ifa_valid = ~uint32_t{0}};
    ::mnl_attr_put(header, IFA_CACHEINFO, sizeof life, &life);
  }
  auto* socket = netlink_.get();
  if (::mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) return system_failure("netlink");
  const auto got = ::mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
  if (got < 0 || ::mnl_cb_run(buffer.data(), static_cast<size_t>(got), sequence_,
                              ::mnl_socket_get_portid(socket), nullptr, nullptr) < 0) {
    if (type == RTM_DELADDR && errno == EADDRNOTAVAIL) return {};
    return system_failure(fmt::format("address {} on {}", address.with_prefix(), name_));
  }
  return {};
}

/// Whether what comes to the address is taken: the route to it is the host's own.
bool Interface::in_force(const IpAddress& address) {
  std::array<char, 2048> buffer{};
  auto* header = ::mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = RTM_GETROUTE;
  header->nlmsg_flags = NLM_F_REQUEST;
  header->nlmsg_seq = ++sequence_;
  auto* route = static_cast<rtmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
  const auto bytes = address.bytes();
  route->rtm_family = static_cast<uint8_t>(address.family());
  route->rtm_dst_len = static_cast<uint8_t>(bytes.size() * 8);
  ::mnl_attr_put(header, RTA_DST, bytes.size(), bytes.data());
  auto* socket = netlink_.get();
  if (::mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) return false;
  const auto got = ::mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
  nlmsghdr answer{};
  rtmsg said{};
  if (got < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof said)) return false;
  std::memcpy(&answer, buffer.data(), sizeof answer);
  std::memcpy(&said, buffer.data() + NLMSG_HDRLEN, sizeof said);
  return answer.nlmsg_type == RTM_NEWROUTE && said.rtm_type == RTN_LOCAL;
}

Result<void> Interface::add(const IpAddress& address) {
  if (auto ok = change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address); !ok) return ok;
  if (!address.is_v6() || !carrier()) return {};
  // The kernel says yes and does it later (a work queue of its own): what comes meanwhile is lost.
  for (const auto until = std::chrono::steady_clock::now() + in_force_patience;
       !in_force(address) && std::chrono::steady_clock::now() < until;)
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  return {};
}

Result<void> Interface::remove(const IpAddress& address) {
  return change(RTM_DELADDR, 0, address);
}

Result<void> Interface::announce(const IpAddress& address) {
  const auto packet = announcement_of(address, hardware_);
  sockaddr_ll to{.sll_family = AF_PACKET,
                 .sll_protocol = htons(packet.protocol),
                 .sll_ifindex = index_,
                 .sll_halen = 6};
  std::ranges::copy(packet.to, to.sll_addr);
  if (::sendto(packets_.number(), packet.bytes.data(), packet.bytes.size(), 0,
               reinterpret_cast<sockaddr*>(&to), sizeof to) < 0)
    return system_failure(fmt::format("telling the neighbours of {}", address.text()));
  return {};
}

bool Interface::carrier() const {
  ifreq request{};
  std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
  if (::ioctl(packets_.number(), SIOCGIFFLAGS, &request) != 0) return false;
  return (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

// --- addresses held --------------------------------------------------------------------------

Result<HeldAddresses> HeldAddresses::hold(Interface& interface, std::vector<IpAddress> addresses) {
  HeldAddresses out(interface);
  for (const auto& a : addresses) {
    if (auto added = interface.add(a); !added) return std::unexpected(added.error());
    out.addresses_.push_back(a);
  }
  return out;
}

HeldAddresses::HeldAddresses(HeldAddresses&& from) noexcept
    : interface_(from.interface_), addresses_(std::exchange(from.addresses_, {})) {}

HeldAddresses::~HeldAddresses() {
  for (const auto& a : addresses_) (void)interface_->remove(a);
}

void HeldAddresses::announce() const {
  for (const auto& a : addresses_) (void)interface_->announce(a);
}

}  // namespace understudy::edge
