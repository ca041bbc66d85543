// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/sealed_stream.hpp"

#include <netinet/tcp.h>
#include <sodium.h>
#include <sys/socket.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "host/core/check.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
using boost::system::error_code;
using protocol::ByteReader;
using protocol::ByteWriter;

namespace {
constexpr auto greeting_patience = std::chrono::seconds(2);  // to greet and to show the key
}

SealedStream::SealedStream(boost::asio::ip::tcp::socket socket, const PeerKey& key, bool dialled,
                           Calls calls)
    : socket_(std::move(socket)),
      patience_(socket_.get_executor()),
      key_(key),
      dialled_(dialled),
      calls_(std::move(calls)) {
  randombytes_buf(nonce_.data(), nonce_.size());
}

void SealedStream::start() {
  error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  // Clients wait for what is on this link: after a lost packet it is not silent for longer and
  // longer (tcp(7): few packets on their way are sent again in even intervals).
  const int on = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &on, sizeof on);
  const auto hello = checkpoint::greeting(nonce_);
  waiting_.assign(hello.begin(), hello.end());
  write();
  patience_.expires_after(greeting_patience);
  patience_.async_wait([self = shared_from_this()](error_code e) {
    if (!e)
      self->fail(self->open_ ? "the other end did not show the key in time"
                             : "the other end did not greet in time");
  });
  read_greeting();
}

void SealedStream::stop() {
  stopped_ = true;
  open_ = false;
  error_code ignored;
  socket_.close(ignored);
  patience_.cancel();
}

void SealedStream::fail(const std::string& why) {
  if (stopped_) return;
  stop();
  calls_.closed(why);
}

void SealedStream::read_greeting() {
  boost::asio::async_read(socket_, boost::asio::buffer(greeting_in_),
                          [self = shared_from_this()](error_code e, size_t) {
                            if (self->stopped_) return;
                            if (e) return self->fail(e.message());
                            const auto theirs = checkpoint::decode_greeting(self->greeting_in_);
                            if (!theirs)
                              return self->fail("the other end is not a delivery of this version");
                            if (self->dialled_) self->patience_.cancel();
                            self->agree(*theirs);
                            self->open_ = true;
                            self->calls_.opened();
                            if (!self->stopped_) self->read_length();
                          });
}

/// Each direction's key: the MAC, under the shared key, of who sends and both nonces.
void SealedStream::agree(const checkpoint::Nonce& theirs) {
  const auto& first = dialled_ ? nonce_ : theirs;
  const auto& second = dialled_ ? theirs : nonce_;
  const auto make = [&](uint8_t direction, Key& out) {
    std::array<uint8_t, 1 + 2 * checkpoint::nonce_bytes> text{};
    ByteWriter w(text);
    w.u8(direction), w.bytes(first), w.bytes(second);
    crypto_auth(out.data(), text.data(), text.size(), key_.data());
  };
  make(1, dialled_ ? send_key_ : receive_key_);
  make(2, dialled_ ? receive_key_ : send_key_);
}

SealedStream::Mac SealedStream::mac(const Key& key, std::span<const uint8_t> covered) const {
  Mac out{};
  crypto_auth(out.data(), covered.data(), covered.size(), key.data());
  return out;
}

uint64_t SealedStream::send(std::span<const uint8_t> messages) {
  CHECK(open_ && messages.size() <= protocol::limits::checkpoint_frame_max);
  const size_t at = waiting_.size(), length = messages.size() + checkpoint::frame_overhead;
  waiting_.resize(at + 4 + length);
  ByteWriter w{std::span(waiting_).subspan(at)};
  w.u32(static_cast<uint32_t>(length)), w.u64(++sent_);
  std::copy(messages.begin(), messages.end(), waiting_.begin() + static_cast<ptrdiff_t>(at + 12));
  const auto code = mac(send_key_, std::span(waiting_).subspan(at + 4, 8 + messages.size()));
  std::copy(code.begin(), code.end(), waiting_.end() - checkpoint::link_mac_bytes);
  write();
  return sent_;
}

void SealedStream::write() {
  if (!writing_.empty() || waiting_.empty() || stopped_) return;
  std::swap(writing_, waiting_);
  // What the socket takes at once goes at once: a client waits for the answer to this.
  error_code e;
  socket_.non_blocking(true, e);
  const size_t now = socket_.write_some(boost::asio::buffer(writing_), e);
  if (!e && now == writing_.size()) return writing_.clear();
  if (e && e != boost::asio::error::would_block) {
    writing_.clear();
    boost::asio::post(socket_.get_executor(),
                      [self = shared_from_this(), e] { self->fail(e.message()); });
    return;
  }
  boost::asio::async_write(socket_, boost::asio::buffer(writing_) + now,
                           [self = shared_from_this()](error_code error, size_t) {
                             self->writing_.clear();
                             if (self->stopped_) return;
                             if (error) return self->fail(error.message());
                             self->write();
                           });
}

void SealedStream::read_length() {
  boost::asio::async_read(
      socket_, boost::asio::buffer(length_in_), [self = shared_from_this()](error_code e, size_t) {
        if (self->stopped_) return;
        if (e) return self->fail(e.message());
        const size_t length = ByteReader(self->length_in_).u32();
        if (length < checkpoint::frame_overhead ||
            length > protocol::limits::checkpoint_frame_max + checkpoint::frame_overhead)
          return self->fail("a frame's length is wrong: is the key the same on both servers?");
        self->read_frame(length);
      });
}

void SealedStream::read_frame(size_t length) {
  in_.resize(length);
  boost::asio::async_read(
      socket_, boost::asio::buffer(in_), [self = shared_from_this()](error_code e, size_t size) {
        if (self->stopped_) return;
        if (e) return self->fail(e.message());
        const std::span<const uint8_t> all(self->in_.data(), size);
        const auto covered = all.first(size - checkpoint::link_mac_bytes);
        const auto code = self->mac(self->receive_key_, covered);
        if (sodium_memcmp(code.data(), all.data() + covered.size(), code.size()) != 0)
          return self->fail("a frame's MAC is wrong: is the key the same on both servers?");
        ByteReader r(covered);
        const uint64_t number = r.u64();
        if (number != ++self->received_) return self->fail("a frame came out of order");
        self->patience_.cancel();
        self->calls_.frame(number, r.bytes(r.left()));
        if (!self->stopped_) self->read_length();
      });
}

}  // namespace understudy::edge
