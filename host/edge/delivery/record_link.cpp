// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/record_link.hpp"

#include <utility>

#include "protocol/limits.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
namespace limits = protocol::limits;
using boost::asio::ip::tcp;
using boost::system::error_code;
using checkpoint::LinkMessage;

namespace {

constexpr auto between_dials = std::chrono::milliseconds(50);
constexpr auto dial_patience = std::chrono::milliseconds(500);
constexpr size_t unproven_max = 32;  // connections that have yet to show the key

tcp::endpoint endpoint_of(const SocketAddress& a) {
  return {boost::asio::ip::make_address(address_text(a)), a.endpoint.port};
}

}  // namespace

RecordSender::RecordSender(boost::asio::io_context& io, const SocketAddress& peer,
                           const PeerKey& key, std::string name, Calls calls)
    : io_(io),
      peer_(endpoint_of(peer)),
      key_(key),
      name_(std::move(name)),
      calls_(std::move(calls)),
      timer_(io) {}

RecordSender::~RecordSender() {
  run(false);
}

void RecordSender::run(bool on) {
  if (std::exchange(on_, on) == on) return;
  if (on) return dial();
  timer_.cancel();
  if (dialling_) {
    error_code ignored;
    dialling_->close(ignored);
  }
  if (stream_) stream_->stop();
  stream_.reset();
  frame_.clear();
  greeted_ = false;
}

void RecordSender::dial() {
  auto socket = std::make_shared<tcp::socket>(io_);
  dialling_ = socket;
  timer_.expires_after(dial_patience);
  timer_.async_wait([socket](error_code e) {
    error_code ignored;
    if (!e) socket->close(ignored);
  });
  socket->async_connect(peer_, [this, socket](error_code e) {
    if (dialling_ != socket || !on_) return;
    timer_.cancel();
    dialling_.reset();
    if (e) return dial_later();
    stream_ = std::make_shared<SealedStream>(
        std::move(*socket), key_, true,
        SealedStream::Calls{.opened =
                                [this] {
                                  number_ = 0;
                                  frame_.clear();
                                  greeted_ = true;
                                  add(LinkMessage::hello,
                                      {reinterpret_cast<const uint8_t*>(name_.data()),
                                       name_.size()});
                                  calls_.opened();
                                },
                            .frame = [this](uint64_t, std::span<const uint8_t> m) { take(m); },
                            .closed = [this](const std::string& why) { restart(why); }});
    stream_->start();
  });
}

void RecordSender::dial_later() {
  timer_.expires_after(between_dials);
  timer_.async_wait([this](error_code e) {
    if (!e && on_) dial();
  });
}

void RecordSender::restart(const std::string& why) {
  if (stream_) stream_->stop();
  stream_.reset();
  frame_.clear();
  const bool was = std::exchange(greeted_, false);
  if (on_) dial_later();
  if (was) calls_.lost(why);
}

void RecordSender::take(std::span<const uint8_t> messages) {
  protocol::ByteReader r(messages);
  while (const auto m = checkpoint::next_message(r))
    if (m->type == LinkMessage::acknowledge)
      if (const auto number = checkpoint::decode_number(m->bytes); number && *number <= number_)
        calls_.acknowledged(*number);
}

bool RecordSender::has_room() const {
  return open() && stream_->queued() < limits::checkpoint_queue_max;
}

bool RecordSender::add(LinkMessage type, std::span<const uint8_t> bytes) {
  if (!has_room()) return false;
  const size_t size = bytes.size() + checkpoint::message_overhead;
  if (frame_.size() + size > limits::checkpoint_frame_max) flush();
  const size_t at = frame_.size();
  frame_.resize(at + size);
  protocol::ByteWriter w{std::span(frame_).subspan(at)};
  checkpoint::put_message(w, type, bytes);
  return true;
}

void RecordSender::flush() {
  if (!open() || frame_.empty()) return;
  number_ = stream_->send(frame_);
  frame_.clear();
}

Result<std::unique_ptr<RecordHolder>> RecordHolder::open(boost::asio::io_context& io,
                                                         const SocketAddress& listen,
                                                         const PeerKey& key, Calls calls) {
  std::unique_ptr<RecordHolder> out(new RecordHolder(io, key, std::move(calls)));
  const auto endpoint = endpoint_of(listen);
  error_code e;
  out->acceptor_.open(endpoint.protocol(), e);
  if (!e) out->acceptor_.set_option(tcp::acceptor::reuse_address(true), e);
  if (!e) out->acceptor_.bind(endpoint, e);
  if (!e) out->acceptor_.listen(4, e);
  if (e)
    return failure("the checkpoint link cannot listen on " + to_text(listen) + ": " + e.message());
  out->accept();
  return out;
}

RecordHolder::RecordHolder(boost::asio::io_context& io, const PeerKey& key, Calls calls)
    : acceptor_(io), pause_(io), key_(key), calls_(std::move(calls)) {}

RecordHolder::~RecordHolder() {
  for (const auto& s : unproven_) s->stop();
  if (stream_) stream_->stop();
}

void RecordHolder::accept() {
  acceptor_.async_accept([this](error_code e, tcp::socket socket) {
    if (e == boost::asio::error::operation_aborted) return;
    if (!e) {
      welcome(std::move(socket));
      return accept();
    }
    pause_.expires_after(between_dials);  // no descriptor left, perhaps: not again at once
    pause_.async_wait([this](error_code stopped) {
      if (!stopped) accept();
    });
  });
}

/// A new one proves by its first frame that it has the key; only then it replaces the old one.
/// Strangers who only connect push one another out, and the link that is taken from stays.
void RecordHolder::welcome(tcp::socket socket) {
  error_code unknown;
  const auto end = socket.remote_endpoint(unknown);
  const auto from = unknown ? std::string("somebody") : end.address().to_string();
  const auto stream =
      std::make_shared<SealedStream>(std::move(socket), key_, false, SealedStream::Calls{});
  const std::weak_ptr<SealedStream> weak = stream;
  stream->set_calls({.opened = [] {},
                     .frame =
                         [this, weak](uint64_t number, std::span<const uint8_t> m) {
                           if (const auto self = weak.lock()) proven(self), take(number, m);
                         },
                     .closed =
                         [this, weak, from](const std::string& why) {
                           if (const auto self = weak.lock()) closed(self, from, why);
                         }});
  if (unproven_.size() >= unproven_max) {
    unproven_.front()->stop();
    unproven_.pop_front();
    if (calls_.refused) calls_.refused(from, "too many connect and do not show the key");
  }
  unproven_.push_back(stream);
  stream->start();
}

void RecordHolder::proven(const Stream& stream) {
  if (stream == stream_) return;
  std::erase(unproven_, stream);
  if (stream_) stream_->stop();
  stream_ = stream;
  greeted_ = false;
}

void RecordHolder::closed(const Stream& stream, const std::string& from, const std::string& why) {
  if (std::erase(unproven_, stream) > 0) {
    if (calls_.refused) calls_.refused(from, why);
    return;
  }
  if (stream != stream_) return;
  stream_.reset();
  if (std::exchange(greeted_, false)) calls_.lost(why);
}

void RecordHolder::take(uint64_t number, std::span<const uint8_t> messages) {
  const auto stream = stream_;
  protocol::ByteReader r(messages);
  while (const auto m = checkpoint::next_message(r)) {
    if (m->type == LinkMessage::hello) {
      const std::string_view name{reinterpret_cast<const char*>(m->bytes.data()), m->bytes.size()};
      greeted_ = calls_.hello(name);
    }
    if (!greeted_) {
      stream->stop();
      return stream_.reset();
    }
    if (m->type != LinkMessage::hello) calls_.message(*m);
  }
  if (r.bad()) {
    stream->stop();
    stream_.reset();
    if (std::exchange(greeted_, false)) calls_.lost("it sends what is no message");
    return;
  }
  std::array<uint8_t, checkpoint::message_overhead + 8> answer{};
  protocol::ByteWriter w(answer);
  checkpoint::put_message(w, LinkMessage::acknowledge, checkpoint::encode_number(number));
  stream->send(answer);
}

}  // namespace understudy::edge
