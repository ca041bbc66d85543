// SPDX-License-Identifier: Apache-2.0
// Where a stream stands, as the kernel counts and as this counts: the FIN is one more there.
#include "host/edge/delivery/stream_socket.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string>

namespace understudy::edge {
namespace {

/// Two ends of a connection over the loopback.
struct Ends {
  Descriptor server, client;
};
Ends connected() {
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  Ends out;
  out.client = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int small = 16 * 1024;
  ::setsockopt(out.client.number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  if (::bind(listener.number(), address, size) != 0 || ::listen(listener.number(), 1) != 0 ||
      ::getsockname(listener.number(), address, &size) != 0 ||
      ::connect(out.client.number(), address, size) != 0)
    throw std::runtime_error("no connection over the loopback");
  out.server = Descriptor(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
  return out;
}

/// An acknowledgement of all that was sent is not one of more than that, or a connection would be
/// restored again for nothing, beside a client that has gone on.
TEST(StreamSocket, a_fin_that_waits_to_be_sent_is_no_byte_of_the_stream) {
  auto ends = connected();
  StreamSocket socket(std::move(ends.server), {});
  const std::string bytes(200'000, 'x');
  ASSERT_EQ(socket.write(bytes, false).outcome, StreamSocket::Outcome::some);
  // The client reads nothing: its window is shut, and what was sent is acknowledged.
  while (socket.acknowledged().value == 0 || socket.transmitted() != socket.acknowledged()) {
  }
  socket.finish();
  const auto acknowledged = socket.acknowledged();
  ASSERT_LT(acknowledged, socket.sent());
  EXPECT_GE(socket.transmitted().value, acknowledged.value);
}

}  // namespace
}  // namespace understudy::edge
