// SPDX-License-Identifier: Apache-2.0
// Real ICMP and ICMPv6 echo. First the kernel's unprivileged datagram socket (it numbers and
// filters by itself), where net.ipv4.ping_group_range does not allow it a raw one. A reply counts
// when it comes from the address asked, with the cookie of this process and a number not yet
// answered.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "host/edge/address/ip_address.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/watch.hpp"

namespace understudy::edge {

class EchoSocket {
 public:
  using Answered = std::function<void(const IpAddress& from, uint32_t number)>;
  /// `v6`: ICMPv6.
  static Result<std::unique_ptr<EchoSocket>> open(boost::asio::io_context& io, bool v6,
                                                  Answered answered);

  /// Asks once; an address that cannot be reached is an error, and no answer.
  Result<void> ask(const IpAddress& address, uint32_t number);
  bool raw() const { return raw_; }

 private:
  EchoSocket(boost::asio::io_context& io, Descriptor socket, bool v6, bool raw, Answered answered);
  void ready();

  Descriptor socket_;
  bool v6_, raw_;
  uint16_t identifier_;
  uint64_t cookie_;
  Answered answered_;
  Watch watch_;
};

}  // namespace understudy::edge
