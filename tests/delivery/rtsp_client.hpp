// SPDX-License-Identifier: Apache-2.0
// An RTSP client that only receives, and looks at every packet: over its connection, over UDP, or
// from a group.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/network/rtp_reception.hpp"
#include "tests/delivery/pair.hpp"

namespace understudy::network {

struct RtspResponse {
  int status = 0;
  std::string head, body;
  /// A header field's value.
  std::string field(const std::string& name) const;
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
