// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/control_server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using nlohmann::json;
using protocol::limits::control_clients_max;
using protocol::limits::control_line_max;
using protocol::limits::control_output_max;

}  // namespace

json control_error(const std::string& code, const std::string& text) {
  return {{"ok", false}, {"code", code}, {"error", text}};
}

std::optional<json> parse_control_request(std::string_view line) {
  json request = json::parse(line, nullptr, false);
  if (!request.is_object() || !request.contains("do") || !request["do"].is_string())
    return std::nullopt;
  return request;
}

struct ControlServer::Session : std::enable_shared_from_this<ControlServer::Session> {
  Session(ControlServer& owner, Client id, Descriptor socket)
      : server(&owner), number(id), stream(owner.io_) {
    stream.assign(boost::asio::local::stream_protocol(), socket.release());
  }

  void read() {
    stream.async_read_some(
        boost::asio::buffer(chunk),
        [self = shared_from_this()](const boost::system::error_code& error, size_t n) {
          if (!self->server) return;
          if (error) return self->server->close(self->number);
          self->input.append(self->chunk.data(), n);
          self->take_lines();
        });
  }
  void take_lines() {
    const auto keep = shared_from_this();
    for (;;) {
      const size_t end = input.find('\n');
      if (end == std::string::npos) break;
      const std::string line = input.substr(0, end);
      input.erase(0, end + 1);
      take_line(line);
      if (!server || closing) return;
    }
    if (input.size() > control_line_max)
      return refuse(fmt::format("a request has more than {} bytes", control_line_max));
    read();
  }
  void take_line(const std::string& line) {
    if (line.size() > control_line_max)
      return refuse(fmt::format("a request has more than {} bytes", control_line_max));
    const auto request = parse_control_request(line);
    if (!request)
      return refuse(R"(a request is a JSON object a line with a text "do", as {"do":"status"})");
    server->handler_(number, *request);
  }
  void refuse(const std::string& why) {
    ++server->refused_;
    closing = true;
    send(control_error("bad_request", why).dump() + "\n");
  }
  void send(std::string text) {
    if (output.size() + writing.size() + text.size() > control_output_max) {
      ++server->refused_;
      return server->close(number);  // does not read
    }
    output += text;
    if (writing.empty()) write();
  }
  void write() {
    writing.swap(output);
    boost::asio::async_write(
        stream, boost::asio::buffer(writing),
        [self = shared_from_this()](const boost::system::error_code& error, size_t) {
          if (!self->server) return;
          self->writing.clear();
          if (error || (self->closing && self->output.empty()))
            return self->server->close(self->number);
          if (!self->output.empty()) self->write();
        });
  }

  ControlServer* server;  // null once closed
  Client number;
  boost::asio::local::stream_protocol::socket stream;
  std::array<char, 4096> chunk{};
  std::string input, output, writing;
  bool following = false, closing = false;
};

ControlServer::ControlServer(boost::asio::io_context& io, UnixListener listener, Handler handler)
    : io_(io), listener_(std::move(listener)), handler_(std::move(handler)) {
  watch_ = Watch(io_, listener_.number(), [this] { accept(); });
}

ControlServer::~ControlServer() {
  while (!sessions_.empty()) close(sessions_.begin()->first);
}

void ControlServer::accept() {
  while (auto socket = listener_.accept()) {
    if (sessions_.size() >= control_clients_max) {
      ++refused_;
      const auto text = control_error("refused", fmt::format("{} clients are connected already",
                                                             sessions_.size()))
                            .dump() +
                        "\n";
      [[maybe_unused]] const auto n =
          ::send(socket.number(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      continue;
    }
    const Client id = next_++;
    const auto session = std::make_shared<Session>(*this, id, std::move(socket));
    sessions_.emplace(id, session);
    session->read();
  }
}

void ControlServer::close(Client client) {
  const auto it = sessions_.find(client);
  if (it == sessions_.end()) return;
  const auto session = it->second;
  sessions_.erase(it);
  session->server = nullptr;
  boost::system::error_code ignored;
  session->stream.close(ignored);
}

void ControlServer::reply(Client client, const json& answer) {
  if (const auto it = sessions_.find(client); it != sessions_.end())
    it->second->send(answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

void ControlServer::follow(Client client) {
  if (const auto it = sessions_.find(client); it != sessions_.end()) it->second->following = true;
}

void ControlServer::publish(const std::string& record) {
  std::vector<Client> followers;
  for (const auto& [id, session] : sessions_)
    if (session->following) followers.push_back(id);
  for (const Client id : followers)
    if (const auto it = sessions_.find(id); it != sessions_.end()) it->second->send(record + "\n");
}

}  // namespace understudy::edge
