// SPDX-License-Identifier: Apache-2.0
#include "host/edge/guard/guard.hpp"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <set>
#include <utility>

namespace understudy::edge {

Result<Guard> Guard::open(const std::vector<SocketAddress>& services, const OwnInterface& own) {
  Guard guard(services, own);
  guard.context_ = nft_ctx_new(NFT_CTX_DEFAULT);
  if (!guard.context_) return failure("nftables cannot be used here");
  nft_ctx_buffer_error(guard.context_);
  nft_ctx_buffer_output(guard.context_);
  if (auto ok = guard.apply(guard.removal() + guard.table()); !ok)
    return std::unexpected(ok.error());
  return guard;
}

Guard::Guard(Guard&& from) noexcept
    : services_(std::move(from.services_)),
      own_(std::move(from.own_)),
      context_(std::exchange(from.context_, nullptr)),
      all_resets_(from.all_resets_) {}

Guard::~Guard() {
  if (!context_) return;
  [[maybe_unused]] const auto ignored = apply(removal());
  nft_ctx_free(context_);
}

Result<void> Guard::hold_all_resets(bool on) {
  if (on == all_resets_) return {};
  all_resets_ = on;
  return apply(removal() + table());
}

Result<void> Guard::apply(const std::string& commands) {
  if (nft_run_cmd_from_buffer(context_, commands.c_str()) == 0) return {};
  return failure(fmt::format("the rules of table {} (they need CAP_NET_ADMIN): {}", name(),
                             nft_ctx_get_error_buffer(context_)));
}

/// "add" first, so that "delete" finds one: with table() it replaces whatever was there.
std::string Guard::removal() const {
  std::string out;
  for (const auto& name : own_.tables_to_replace(base))
    out += fmt::format("add table inet {0}\ndelete table inet {0}\n", name);
  return out;
}

std::string Guard::table() const {
  std::string rules;
  std::set<std::string> done;
  for (const auto& s : services_) {
    if (!done.insert(address_text(s)).second) continue;
    const auto from =
        fmt::format("{}{} saddr {}", own_.match("oifname"),
                    s.family == protocol::checkpoint::Family::ipv4 ? "ip" : "ip6", address_text(s));
    rules += fmt::format(
        "    {} meta mark {:#x} tcp flags & (fin|rst) != 0 counter drop comment "
        "\"a live connection: it goes on at the other server\"\n",
        from, live);
    if (all_resets_)
      rules += fmt::format(
          "    {} meta mark != {:#x} tcp flags & rst != 0 counter drop comment "
          "\"standing by: connections are not restored yet\"\n",
          from, orderly);
  }
  return fmt::format(
      "table {} {{\n  comment \"understudy delivery: connections outlive their server\"\n"
      "  chain output {{\n    type filter hook output priority -10; policy accept;\n{}  }}\n}}\n",
      name(), rules);
}

}  // namespace understudy::edge
