// SPDX-License-Identifier: Apache-2.0
// One client's RTSP connection on the server that serves: reads requests and interleaved reports,
// does what core/rtsp decides, and writes responses and interleaved media as far as the delivery
// has released them and as they are due. What to write at an offset is asked of the output each
// time, so a connection that was taken over is like any other.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "host/core/rtsp/output.hpp"
#include "host/core/rtsp/session.hpp"
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

class RtspConnection : public std::enable_shared_from_this<RtspConnection> {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  /// What a new session's numbers begin with: a keyed hash.
  using Identify = std::function<FlowIdentity(const ConnectionOrigin& origin, uint32_t number)>;

  RtspConnection(ServiceHost& host, MediaFlows& flows, const Identify& identify,
                 core::ConnectionId id, StreamSocket& socket, RtspState state);
  void begin();
  void release(core::StreamOffset offset);
  void freeze();
  /// Nothing comes back after this; the socket is the owner's again.
  void stop();
  void look(SteadyTime now);
  /// The client has given a sign of life elsewhere (RTCP).
  void alive() { active_ = std::chrono::steady_clock::now(); }

  core::StreamOffset granted() const { return {state_.output.granted()}; }
  size_t encode(std::span<uint8_t> out);

 private:
  enum class Wrote : uint8_t { all, later, waits, ended };
  void wait_read();
  void wait_write();
  void readable();
  bool take_pieces();
  void changed();
  void end();

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

  void pump();
  Wrote write_some();
  Wrote write_media(const rtsp::Output::Place& place, uint64_t most);

  ServiceHost& host_;
  MediaFlows& flows_;
  const Identify& identify_;
  core::ConnectionId id_;
  StreamSocket& socket_;
  RtspState state_;
  uint64_t limit_ = 0;  // output may leave up to here
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  std::vector<uint8_t> bytes_;  // interleaved packets on their way
  SteadyTime active_;
  bool reading_ = false, writing_ = false, frozen_ = false, stopped_ = false;
  bool start_flow_ = false;  // as soon as the other knows
};

}  // namespace understudy::edge
