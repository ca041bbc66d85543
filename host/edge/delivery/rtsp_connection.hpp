// SPDX-License-Identifier: Apache-2.0
// One client's RTSP connection on the server that serves: reads requests and interleaved reports,
// does what core/rtsp decides, and writes responses and interleaved media as far as the delivery
// has released them and as they are due. What to write at an offset is asked of the output each
// time, so a connection that was taken over is like any other.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "host/core/rtsp/output.hpp"
#include "host/core/rtsp/session.hpp"
#include "host/edge/delivery/client_connection.hpp"
#include "host/edge/delivery/media_flows.hpp"

namespace understudy::edge {

/// All that the second server needs of it, besides its flow.
struct RtspState {
  rtsp::Input input;
  rtsp::Output output;
  rtsp::Session session;
  uint32_t sessions = 0;  // made so far

  size_t encode(std::span<uint8_t> out) const;
  static std::optional<RtspState> decode(std::span<const uint8_t> in);
};

class RtspConnection final : public ClientConnection {
 public:
  /// What a new session's numbers begin with: a keyed hash.
  using Identify = std::function<FlowIdentity(const ConnectionOrigin& origin, uint32_t number)>;

  RtspConnection(ServiceHost& host, MediaFlows& flows, const Identify& identify,
                 core::ConnectionId id, StreamSocket& socket, RtspState state);
  void begin();
  void release(core::StreamOffset offset);
  void freeze() override;
  void stop() override;
  /// The client has given a sign of life elsewhere (RTCP).
  void alive() { moved(); }

  core::StreamOffset granted() const { return {state_.output.granted()}; }
  size_t encode(std::span<uint8_t> out);

 private:
  enum class Wrote : uint8_t { all, later, waits, ended };
  void readable() override;
  void pump() override;
  bool owes() const override { return socket_.sent().value < limit_; }
  bool awaits_request() const override;
  void request_late() override;
  std::chrono::milliseconds idle_patience() const override;
  bool take_pieces();
  void changed();

  // rtsp_connection_requests.cpp
  void handle(const rtsp::Request& request);
  void say(const std::string& text, bool stops_media);
  std::string describe(const rtsp::Request& request, const rtsp::Decision& decision);
  std::string set_up(const rtsp::Request& request, const rtsp::Decision& decision);
  std::optional<FlowTarget> target_of(const rtsp::TransportOffer& offer,
                                      const std::string& path) const;
  std::string transport_text(const MediaFlow& flow) const;
  void play(const rtsp::Request& request, const rtsp::Decision& decision);
  void pause(const rtsp::Request& request);
  void tear_down(const rtsp::Request& request);
  void end_session();
  std::string session_fields() const;
  std::string play_fields(const rtsp::Request& request, uint32_t run, uint32_t unit) const;

  Wrote write_some();
  Wrote write_media(const rtsp::Output::Place& place, uint64_t most);

  MediaFlows& flows_;
  const Identify& identify_;
  RtspState state_;
  uint64_t limit_ = 0;  // output may leave up to here
  boost::asio::steady_timer timer_;
  std::vector<uint8_t> bytes_;  // interleaved packets on their way
  bool start_flow_ = false;     // as soon as the other knows
};

}  // namespace understudy::edge
