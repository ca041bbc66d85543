// SPDX-License-Identifier: Apache-2.0
#include "host/edge/hold/hold_rules.hpp"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <algorithm>
#include <utility>

#include "host/edge/guard/guard.hpp"
#include "host/edge/hold/queue_rule.hpp"

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;

constexpr auto base = "understudy_hold";
constexpr auto chain = "hold";
/// "add" first, so that "delete" finds one.
std::string removal(const OwnInterface& own) {
  std::string out;
  for (const auto& name : own.tables_to_replace(base))
    out += fmt::format(
        "add table ip {0}\ndelete table ip {0}\nadd table ip6 {0}\ndelete table ip6 {0}\n", name);
  return out;
}

Result<void> apply(const std::string& commands) {
  auto* context = nft_ctx_new(NFT_CTX_DEFAULT);
  if (!context) return failure("nftables cannot be used here");
  nft_ctx_buffer_error(context);
  nft_ctx_buffer_output(context);
  const bool good = nft_run_cmd_from_buffer(context, commands.c_str()) == 0;
  const std::string why = good ? "" : nft_ctx_get_error_buffer(context);
  nft_ctx_free(context);
  if (good) return {};
  return failure(fmt::format("the rules of table {} (they need CAP_NET_ADMIN): {}", base, why));
}

/// Length of a segment without bytes, for each length of its TCP header (in words); those with
/// timestamps first.
std::string pass_acknowledgements(bool four) {
  std::string out;
  for (const int words : {8, 5, 11, 13, 15, 6, 7, 9, 10, 12, 14})
    out += four ? fmt::format("    ip hdrlength 5 ip length {} tcp doff {} return\n",
                              20 + 4 * words, words)
                : fmt::format("    ip6 nexthdr tcp ip6 length {} tcp doff {} return\n", 4 * words,
                              words);
  return out;
}

std::string table_for(Family family, const std::vector<SocketAddress>& services,
                      const OwnInterface& own) {
  const bool four = family == Family::ipv4;
  const char* ip = four ? "ip" : "ip6";
  std::string in, out;
  const auto coming = own.match("iifname"), leaving = own.match("oifname");
  for (const auto& s : services) {
    if (s.family != family) continue;
    const auto address = address_text(s);
    in += fmt::format("    {}{} daddr {} tcp dport {} goto sort\n", coming, ip, address,
                      s.endpoint.port);
    out +=
        fmt::format("    {}{} saddr {} tcp sport {} tcp flags & (syn|ack) == (syn|ack) goto hold\n",
                    leaving, ip, address, s.endpoint.port);
    out += fmt::format(
        "    {}{} saddr {} tcp sport {} tcp flags & rst != 0 meta mark != {:#x} goto hold\n",
        leaving, ip, address, s.endpoint.port, Guard::orderly);
  }
  return fmt::format(
      "table {} {} {{\n"
      "  comment \"understudy delivery --strict: what clients send waits for the second server\"\n"
      "  chain hold {{\n    counter drop\n  }}\n"
      "  chain sort {{\n    tcp flags & rst != 0 return\n"
      "    tcp flags & (fin|syn) != 0 goto hold\n{}    goto hold\n  }}\n"
      "  chain input {{\n    type filter hook input priority -10; policy accept;\n{}  }}\n"
      "  chain output {{\n    type filter hook output priority 0; policy accept;\n{}  }}\n}}\n",
      ip, own.table(base), pass_acknowledgements(four), in, out);
}

}  // namespace

Result<HoldRules> HoldRules::open(const std::vector<SocketAddress>& services, uint16_t queue,
                                  const OwnInterface& own) {
  HoldRules out(own);
  std::string commands = removal(own);
  for (const auto family : {Family::ipv4, Family::ipv6})
    if (std::any_of(services.begin(), services.end(),
                    [&](const auto& s) { return s.family == family; }))
      commands += table_for(family, services, own);
  if (auto ok = apply(commands); !ok) return std::unexpected(ok.error());
  for (const auto family : {Family::ipv4, Family::ipv6})
    if (std::any_of(services.begin(), services.end(),
                    [&](const auto& s) { return s.family == family; }))
      if (auto ok = insert_queue_rule(family, own.table(base), chain, queue); !ok)
        return std::unexpected(ok.error());
  return out;
}

void HoldRules::remove_leftover(const OwnInterface& own) {
  [[maybe_unused]] const auto ignored = apply(removal(own));
}

HoldRules::HoldRules(HoldRules&& from) noexcept
    : own_(std::move(from.own_)), here_(std::exchange(from.here_, false)) {}

HoldRules::~HoldRules() {
  if (here_) remove_leftover(own_);
}

}  // namespace understudy::edge
