// SPDX-License-Identifier: Apache-2.0
// The daemon's control socket: a JSON object a line in, a JSON object a line out. Clients, line
// length and what waits to be sent are bounded: who sends garbage, too long a line or does not read
// is answered (where that helps) and closed; nobody else notices.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "host/edge/daemon/run_directory.hpp"
#include "host/edge/daemon/watch.hpp"

namespace understudy::edge {

class ControlServer {
 public:
  using Client = uint64_t;
  /// Called with each request; answer with reply(), now or later.
  using Handler = std::function<void(Client, const nlohmann::json&)>;

  ControlServer(boost::asio::io_context& io, UnixListener listener, Handler handler);
  ~ControlServer();

  /// A client that has gone is no error.
  void reply(Client client, const nlohmann::json& answer);
  /// From now on the client also gets each published record.
  void follow(Client client);
  void publish(const std::string& record);
  size_t clients() const { return sessions_.size(); }
  uint64_t refused() const { return refused_; }

 private:
  struct Session;
  void accept();
  void close(Client client);

  boost::asio::io_context& io_;
  UnixListener listener_;
  Handler handler_;
  std::map<Client, std::shared_ptr<Session>> sessions_;
  Client next_ = 1;
  uint64_t refused_ = 0;
  Watch watch_;
};

/// A JSON object with a text "do", or nothing.
std::optional<nlohmann::json> parse_control_request(std::string_view line);

/// {"ok":false,"code":CODE,"error":TEXT}. Codes: refused, bad_request, timeout, not_protected.
nlohmann::json control_error(const std::string& code, const std::string& text);

}  // namespace understudy::edge
