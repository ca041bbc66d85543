// SPDX-License-Identifier: Apache-2.0
// One client's HTTP connection on the server that serves: reads requests, adds their answers to the
// stream, and writes as far as the delivery has released it. Where to go on is asked of the
// stream's offset each time, so a connection that was taken over is like any other.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>

#include "host/core/connection/http_answers.hpp"
#include "host/edge/delivery/asset_root.hpp"
#include "host/edge/delivery/service.hpp"

namespace understudy::edge {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  HttpConnection(boost::asio::io_context& io, ServiceHost& host, AssetRoot& root,
                 core::ConnectionId id, StreamSocket& socket, core::HttpAnswers answers);
  /// Into the event loop: reads, answers, writes.
  void begin();
  /// A taken over connection's first bytes, before the event loop has it.
  void write_at_once(size_t most);
  void release(core::StreamOffset offset);
  void freeze() { frozen_ = true; }
  /// Nothing comes back after this; the socket is the owner's again.
  void stop();
  /// Once in a while: ends what is idle, closed or settled. False: it has ended.
  void look(SteadyTime now);

  const core::HttpAnswers& answers() const { return answers_; }
  /// For its record: without what the client has acknowledged.
  size_t encode(std::span<uint8_t> out);

 private:
  enum class Wrote : uint8_t { all, later, paused, ended };
  void wait_read();
  void wait_write();
  void readable();
  bool take_requests();
  void pump();
  Wrote write_some(uint64_t most);
  const Asset* asset_for(const core::HttpAnswer& answer);
  void end();

  ServiceHost& host_;
  AssetRoot& root_;
  core::ConnectionId id_;
  StreamSocket& socket_;
  core::HttpAnswers answers_;
  core::StreamOffset released_;
  std::shared_ptr<const Asset> asset_;
  boost::asio::posix::stream_descriptor descriptor_;
  SteadyTime active_;
  bool begun_ = false, reading_ = false, writing_ = false, frozen_ = false, stopped_ = false;
};

}  // namespace understudy::edge
