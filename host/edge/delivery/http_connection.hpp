// SPDX-License-Identifier: Apache-2.0
// One client's HTTP connection on the server that serves: reads requests, adds their answers to the
// stream, and writes as far as the delivery has released it. Where to go on is asked of the
// stream's offset each time, so a connection that was taken over is like any other.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "host/core/connection/http_answers.hpp"
#include "host/edge/delivery/asset_root.hpp"
#include "host/edge/delivery/client_connection.hpp"

namespace understudy::edge {

class HttpConnection final : public ClientConnection {
 public:
  HttpConnection(ServiceHost& host, AssetRoot& root, core::ConnectionId id, StreamSocket& socket,
                 core::HttpAnswers answers);
  /// Into the event loop: reads, answers, writes.
  void begin();
  /// Open already; looked at where an answer needs one.
  void put_asset(std::shared_ptr<const Asset> asset) { asset_ = std::move(asset); }
  /// A taken over connection's first bytes, before the event loop has it.
  void write_at_once(size_t most);
  void release(core::StreamOffset offset);
  const core::HttpAnswers& answers() const { return answers_; }
  /// For its record: without what the client has acknowledged.
  size_t encode(std::span<uint8_t> out);

 private:
  enum class Wrote : uint8_t { all, later, paused, ended };
  void readable() override;
  void pump() override;
  bool owes() const override { return socket_.sent() < answers_.end(); }
  bool awaits_request() const override;
  void look_for_room() override;
  void await_room();
  void request_late() override;
  bool take_requests();
  Wrote write_some(uint64_t most);
  const Asset* asset_for(const core::HttpAnswer& answer);

  AssetRoot& root_;
  core::HttpAnswers answers_;
  core::StreamOffset released_;
  std::shared_ptr<const Asset> asset_;
  std::unique_ptr<boost::asio::steady_timer> room_;  // for await_room, made when it is needed
  std::chrono::milliseconds room_wait_;
  bool begun_ = false, awaits_room_ = false;
};

}  // namespace understudy::edge
