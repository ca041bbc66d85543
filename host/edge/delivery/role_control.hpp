// SPDX-License-Identifier: Apache-2.0
// Tells a delivery what to be, by lines over a Unix socket, where no daemon does: for tests and for
// trying it by hand. `serve TERM`, `stop`, `status`; each is answered with one line of JSON when it
// is done.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>

#include "host/edge/delivery/delivery.hpp"

namespace understudy::edge {

std::string to_json(const DeliveryStatus& status);

class RoleControl {
 public:
  /// Replaces a socket that is left over at `path`.
  static Result<std::unique_ptr<RoleControl>> open(boost::asio::io_context& io,
                                                   const std::string& path, Delivery& delivery);
  ~RoleControl();

 private:
  struct Client;
  RoleControl(boost::asio::io_context& io, std::string path, Delivery& delivery)
      : path_(std::move(path)), delivery_(delivery), acceptor_(io) {}
  void accept();
  void read(const std::shared_ptr<Client>& client);
  void handle(const std::shared_ptr<Client>& client, const std::string& line);
  static void answer(const std::shared_ptr<Client>& client, const std::string& text);

  std::string path_;
  Delivery& delivery_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
};

}  // namespace understudy::edge
