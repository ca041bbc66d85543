// SPDX-License-Identifier: Apache-2.0
#include "host/edge/fence/fence.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <time.h>

#include "host/edge/guard/table_name.hpp"

namespace understudy::edge {
namespace {

constexpr const char* inet_table = "inet understudy_fence";
constexpr uint16_t renewal_type = 0x88B5;  // IEEE 802: local experimental; never leaves this host

const char* name(Role role) {
  return role == Role::service ? "service" : "monitor";
}
uint32_t mark_of(Role role) {
  return role == Role::service ? mark::renew_service : mark::renew_monitor;
}

std::string hexadecimal(const IpAddress& a) {
  std::string out = "0x";
  for (const uint8_t b : a.bytes()) out += fmt::format("{:02x}", b);
  return out;
}

/// What the shared table has for this interface, empty. The chain is made before it is emptied, so
/// that it need not have been there.
std::string own_chain(const std::string& interface) {
  return fmt::format(
      "add table {0} {{ comment \"understudyd: service and monitor addresses leave by fenced "
      "interfaces only\"; }}\n"
      "add set {0} fenced {{ type ifname; }}\n"
      "add chain {0} {1} {{ type filter hook output priority 0; policy accept; }}\n"
      "flush chain {0} {1}\n",
      inet_table, table_name("out", interface));
}

/// Whatever speaks for the address: its packets, its ARP, its neighbour advertisements.
std::string held_back(const IpAddress& a, const char* role) {
  const auto unless = fmt::format("meta oif != @{}_leased counter drop", role);
  if (!a.is_v6()) return fmt::format("ip saddr {0} {1}\narp saddr ip {0} {1}\n", a.text(), unless);
  return fmt::format("ip6 saddr {0} {1}\nicmpv6 type nd-neighbor-advert @th,64,128 {2} {1}\n",
                     a.text(), unless, hexadecimal(a));
}

}  // namespace

void Fence::FreeContext::operator()(nft_ctx* context) const {
  ::nft_ctx_free(context);
}

std::unique_ptr<nft_ctx, Fence::FreeContext> Fence::context() {
  std::unique_ptr<nft_ctx, FreeContext> out(::nft_ctx_new(NFT_CTX_DEFAULT));
  if (!out) return out;
  ::nft_ctx_buffer_output(out.get());
  ::nft_ctx_buffer_error(out.get());
  return out;
}

Result<void> Fence::run(nft_ctx* context, const std::string& text) {
  if (::nft_run_cmd_from_buffer(context, text.c_str()) == 0) return {};
  const std::string said = ::nft_ctx_get_error_buffer(context);
  return failure(fmt::format(
      "nftables refuses the fence ({}): it needs root (CAP_NET_ADMIN) and a kernel with "
      "CONFIG_NETFILTER_EGRESS, 5.16 or later",
      said.substr(0, said.find('\n'))));
}

std::string Fence::netdev_table(const std::string& interface) {
  return "netdev " + table_name("understudy_fence", interface);
}

std::string Fence::rules() const {
  std::string sets, chain, elsewhere;
  const auto each = [&](Role role, const std::vector<IpAddress>& addresses) {
    const char* n = name(role);
    sets += fmt::format(
        "set {0}_leased {{ type iface_index; flags dynamic,timeout; size 4; comment \"alive: the "
        "{0} address may speak\"; }}\n"
        "set {0}_granted {{ type iface_index; flags timeout; size 4; comment \"the next renewal "
        "may begin a lease\"; }}\n",
        n);
    const auto renewal =
        fmt::format("ether type 0x{:04x} meta mark 0x{:08x}", renewal_type, mark_of(role));
    const auto extend = fmt::format("update @{}_leased {{ meta oif timeout {}ms }} drop", n,
                                    options_.lease.count());
    chain += fmt::format("{0} meta oif @{1}_leased {2}\n{0} meta oif @{1}_granted {2}\n{0} drop\n",
                         renewal, n, extend);
    for (const auto& a : addresses) {
      chain += held_back(a, n);
      elsewhere += fmt::format(
          "add rule {} {} {} saddr {} oifname != \"lo\" oifname != @fenced counter drop\n",
          inet_table, table_name("out", options_.interface), a.is_v6() ? "ip6" : "ip", a.text());
    }
  };
  each(Role::service, options_.service);
  each(Role::monitor, options_.monitor);
  if (!options_.guarded_ports.empty())
    for (const auto& a : options_.service)
      chain += fmt::format(
          "{} saddr {} tcp sport {{ {} }} tcp flags & (fin | rst) != 0 meta mark != 0x{:08x} "
          "counter drop comment \"a dying process does not close its clients' connections\"\n",
          a.is_v6() ? "ip6" : "ip", a.text(), fmt::join(options_.guarded_ports, ", "),
          mark::orderly_close);
  return fmt::format(
      "table {0}\ndelete table {0}\n"
      "table {0} {{\ncomment \"understudyd: service and monitor address speak only under a lease; "
      "understudyd --clean removes this\"\n{1}chain out {{\ntype filter hook egress device \"{2}\" "
      "priority 0; policy accept;\n{3}}}\n}}\n"
      "{4}add element {5} fenced {{ \"{2}\" }}\n{6}",
      netdev_table(options_.interface), sets, options_.interface, chain,
      own_chain(options_.interface), inet_table, elsewhere);
}

Result<std::unique_ptr<Fence>> Fence::open(FenceOptions options) {
  auto fence = std::unique_ptr<Fence>(new Fence(std::move(options)));
  const auto& interface = fence->options_.interface;
  fence->index_ = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (fence->index_ == 0) return system_failure(fmt::format("address.interface \"{}\"", interface));
  fence->nft_ = context();
  if (!fence->nft_) return failure("libnftables does not start: out of memory");
  if (auto done = run(fence->nft_.get(), fence->rules()); !done)
    return std::unexpected(done.error());
  for (const Role role : {Role::service, Role::monitor}) {
    Descriptor socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const uint32_t m = mark_of(role);
    if (!socket || ::setsockopt(socket.number(), SOL_SOCKET, SO_MARK, &m, sizeof m) != 0)
      return system_failure("the fence's renewal socket (it needs CAP_NET_RAW)");
    fence->sockets_[size_t(role)] = std::move(socket);
  }
  return fence;
}

Fence::~Fence() = default;

Result<void> Fence::clean(const std::string& interface) {
  const auto nft = context();
  if (!nft) return failure("libnftables does not start: out of memory");
  if (auto gone =
          run(nft.get(), fmt::format("table {0}\ndelete table {0}\n{1}delete chain {2} {3}\n"
                                     "add element {2} fenced {{ \"{4}\" }}\n"
                                     "delete element {2} fenced {{ \"{4}\" }}\n",
                                     netdev_table(interface), own_chain(interface), inet_table,
                                     table_name("out", interface), interface));
      !gone)
    return gone;
  // Refused as a whole while another server's chain asks the set.
  (void)run(nft.get(), fmt::format("delete set {0} fenced\ndelete table {0}\n", inet_table));
  return {};
}

Result<void> Fence::remove() {
  return clean(options_.interface);
}

Result<void> Fence::grant(Role role) {
  // Its element may be there still; adding it again would not make it live longer.
  return run(nft_.get(), fmt::format("flush set {0} {1}_granted\n"
                                     "add element {0} {1}_granted {{ \"{2}\" timeout {3}ms }}\n",
                                     netdev_table(options_.interface), name(role),
                                     options_.interface, options_.lease.count()));
}

Result<void> Fence::renew(Role role) {
  sockaddr_ll to{.sll_family = AF_PACKET,
                 .sll_protocol = htons(renewal_type),
                 .sll_ifindex = index_,
                 .sll_halen = 6};
  const char word[] = "understudy lease";
  // The fence drops the frame itself; that is told as ENOBUFS or not at all.
  if (::sendto(sockets_[size_t(role)].number(), word, sizeof word, 0,
               reinterpret_cast<sockaddr*>(&to), sizeof to) < 0 &&
      errno != ENOBUFS && errno != EPERM)
    return system_failure("the lease's renewal");
  return {};
}

Duration Fence::tick() {
  timespec t{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

Instant Fence::clock() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

Result<void> Fence::shut(Role role) {
  return run(nft_.get(), fmt::format("flush set {0} {1}_granted\nflush set {0} {1}_leased\n",
                                     netdev_table(options_.interface), name(role)));
}

}  // namespace understudy::edge
