// SPDX-License-Identifier: Apache-2.0
// Any bytes on the checkpoint link: before the greeting, as its frames, and as the messages of a
// frame whose MAC is right. Nothing of the first two is ever taken; the last ends in its bounds.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>

#include "host/edge/delivery/sealed_stream.hpp"

namespace {

using namespace understudy::edge;
using boost::asio::ip::tcp;
namespace checkpoint = understudy::protocol::checkpoint;

std::pair<tcp::socket, tcp::socket> connected(boost::asio::io_context& io) {
  tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  tcp::socket near(io), far(io);
  near.connect(acceptor.local_endpoint());
  acceptor.accept(far);
  // No port stays behind in TIME_WAIT: there are many runs a second.
  near.set_option(boost::asio::socket_base::linger(true, 0));
  far.set_option(boost::asio::socket_base::linger(true, 0));
  return {std::move(near), std::move(far)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span all(data, size);
  if (size == 0) return 0;
  boost::asio::io_context io;
  auto [stranger, socket] = connected(io);
  bool closed = false;
  const auto stream = std::make_shared<SealedStream>(
      std::move(socket), PeerKey(std::array<uint8_t, PeerKey::bytes>{7}), false,
      SealedStream::Calls{.opened = [] {},
                          .frame = [](uint64_t, std::span<const uint8_t>) { std::abort(); },
                          .closed =
                              [&](const std::string& why) {
                                if (why.empty() || closed) std::abort();
                                closed = true;
                              }});
  stream->start();
  if (data[0] & 1) {  // a right greeting, then the bytes
    const auto hello = checkpoint::greeting({});
    boost::asio::write(stranger, boost::asio::buffer(hello));
  }
  boost::system::error_code e;
  boost::asio::write(stranger, boost::asio::buffer(data + 1, size - 1), e);
  stranger.shutdown(tcp::socket::shutdown_send, e);
  io.run_for(std::chrono::seconds(1));
  if (!closed) std::abort();
  return 0;
}
