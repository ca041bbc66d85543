// SPDX-License-Identifier: Apache-2.0
#include "host/edge/hold/queue_rule.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <span>

#include "host/edge/daemon/descriptor.hpp"

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;

nlmsghdr* put(mnl_nlmsg_batch* batch, uint16_t type, uint16_t flags, uint8_t family,
              uint16_t resource) {
  auto* h = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch));
  h->nlmsg_type = type;
  h->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  h->nlmsg_seq = 1;
  auto* g = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(h, sizeof(nfgenmsg)));
  g->nfgen_family = family, g->version = NFNETLINK_V0, g->res_id = htons(resource);
  return h;
}

/// The rule has one expression: nft's own, or iptables' target.
void put_expression(nlmsghdr* h, uint16_t queue, bool target) {
  auto* list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
  auto* element = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
  mnl_attr_put_strz(h, NFTA_EXPR_NAME, target ? "target" : "queue");
  auto* data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
  if (target) {
    mnl_attr_put_strz(h, NFTA_TARGET_NAME, "NFQUEUE");
    mnl_attr_put_u32(h, NFTA_TARGET_REV, htonl(0));
    std::array<uint8_t, 8> info{};  // revision 0: the queue's number, aligned as xtables does
    std::memcpy(info.data(), &queue, sizeof queue);
    mnl_attr_put(h, NFTA_TARGET_INFO, info.size(), info.data());
  } else {
    mnl_attr_put_u16(h, NFTA_QUEUE_NUM, htons(queue));
    mnl_attr_put_u16(h, NFTA_QUEUE_TOTAL, htons(1));
  }
  mnl_attr_nest_end(h, data);
  mnl_attr_nest_end(h, element);
  mnl_attr_nest_end(h, list);
}

/// 0 or an errno.
int insert(uint8_t family, const std::string& table, const std::string& chain, uint16_t queue,
           bool target) {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!socket) return errno;
  std::array<char, 8192> buffer{};
  auto* batch = mnl_nlmsg_batch_start(buffer.data(), buffer.size() / 2);
  put(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  mnl_nlmsg_batch_next(batch);
  auto* h =
      put(batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_ACK, family, 0);
  mnl_attr_put_strz(h, NFTA_RULE_TABLE, table.c_str());
  mnl_attr_put_strz(h, NFTA_RULE_CHAIN, chain.c_str());
  put_expression(h, queue, target);
  mnl_nlmsg_batch_next(batch);
  put(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  mnl_nlmsg_batch_next(batch);
  const auto sent =
      ::send(socket.number(), mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch), 0);
  mnl_nlmsg_batch_stop(batch);
  std::array<char, 4096> answer;
  const ssize_t n = sent < 0 ? -1 : ::recv(socket.number(), answer.data(), answer.size(), 0);
  nlmsghdr header{};
  nlmsgerr error{};
  if (n < 0) return errno;
  if (static_cast<size_t>(n) < sizeof header + sizeof error) return EPROTO;
  std::memcpy(&header, answer.data(), sizeof header);
  std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
  return header.nlmsg_type == NLMSG_ERROR ? -error.error : EPROTO;
}

}  // namespace

Result<void> insert_queue_rule(Family family, const std::string& table, const std::string& chain,
                               uint16_t queue) {
  const uint8_t f = family == Family::ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  if (insert(f, table, chain, queue, false) == 0) return {};
  if (const int reason = insert(f, table, chain, queue, true)) {
    errno = reason;
    return system_failure(
        "the kernel cannot queue packets (--strict needs nft_queue, or nft_compat and xt_NFQUEUE)");
  }
  return {};
}

}  // namespace understudy::edge
