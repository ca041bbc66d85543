// SPDX-License-Identifier: Apache-2.0
// An RTSP client that only receives, and looks at every packet: over its connection, over UDP, or
// from a group.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/delivery/pair.hpp"

namespace understudy::network {

struct RtspResponse {
  int status = 0;
  std::string head, body;
  /// A header field's value.
  std::string field(const std::string& name) const;
};

/// What has come, in its order.
struct ReceivedRtp {
  std::vector<uint16_t> sequence;
  std::map<uint32_t, std::string> payloads;  // by extended sequence number, from 0 at the first
  size_t doubled = 0, late = 0;              // came again; came after a later one
  size_t other_source = 0;                   // another SSRC than the first
  bool doubles_equal = true;
  bool goodbye = false;
  uint32_t ssrc = 0;
  /// Numbers between the first and the last that did not come.
  size_t missing() const;
  std::string bytes() const;
  std::chrono::nanoseconds longest_silence{0};

  void take(std::string_view packet);
  void take_control(std::string_view packet);

 private:
  std::chrono::steady_clock::time_point last_;
  uint32_t extended_ = 0;
};

class RtspClient {
 public:
  enum class By { udp, group, connection };
  /// `port`: its RTP port; RTCP's is the next.
  RtspClient(const Network& network, By by, const std::string& file, bool six = false,
             uint16_t port = 40'000);
  /// DESCRIBE and SETUP; says what is wrong, or nothing.
  std::string set_up();
  RtspResponse play(const std::string& range = {});
  RtspResponse request(const std::string& method, const std::string& fields = {});
  /// Receives until the goodbye, or so long.
  void receive(std::chrono::milliseconds most);
  const ReceivedRtp& received() const { return received_; }
  Client& connection() { return connection_; }
  const std::string& session() const { return session_; }

 private:
  /// One response or interleaved packet; false when nothing came.
  bool read_piece(std::chrono::milliseconds most);
  void send(const std::string& method, const std::string& url, const std::string& fields);
  bool read_datagrams(std::chrono::milliseconds most);

  const Network& network_;
  By by_;
  bool six_;
  uint16_t port_;
  std::string url_, session_;
  Client connection_;
  edge::Descriptor rtp_, rtcp_;
  uint32_t sequence_ = 0;
  std::vector<RtspResponse> responses_;
  ReceivedRtp received_;
};

}  // namespace understudy::network
