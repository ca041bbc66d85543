// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/role_control.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

namespace understudy::edge {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

namespace {
constexpr size_t line_max = 256;
}

struct RoleControl::Client {
  explicit Client(stream_protocol::socket s) : socket(std::move(s)) {}
  stream_protocol::socket socket;
  std::string in;
};

std::string to_json(const DeliveryStatus& s) {
  return fmt::format(
      R"({{"ok":true,"serving":{},"term":{},"connections":{},"held":{},"waiting":{},)"
      R"("second_holds":{},"records_sent":{},"records_taken":{},"records_refused":{},)"
      R"("taken_over":{},"restored_again":{},"given_up":{},"unprotected":{},"turned_away":{},)"
      R"("packets_discarded":{},"packets_equal":{},"packets_different":{},)"
      R"("strict":{},"strict_holds":{},"strict_why":"{}","input_told":{},"input_unheld":{},)"
      R"("input_refused":{},"handshakes":{},"steps":{{{}}}}})",
      s.serving, s.term, s.connections, s.held, s.waiting, s.second_holds, s.records_sent,
      s.records_taken, s.records_refused, s.taken_over, s.restored_again, s.given_up, s.unprotected,
      s.turned_away, s.made_in_step.discarded, s.made_in_step.equal, s.made_in_step.different,
      s.strict, s.strict_holds, s.strict_why, s.input_told, s.input_unheld, s.input_refused,
      s.handshakes, s.steps.text(true));
}

Result<std::unique_ptr<RoleControl>> RoleControl::open(boost::asio::io_context& io,
                                                       const std::string& path,
                                                       Delivery& delivery) {
  std::unique_ptr<RoleControl> out(new RoleControl(io, path, delivery));
  ::unlink(path.c_str());
  error_code e;
  out->acceptor_.open(stream_protocol(), e);
  if (!e) out->acceptor_.bind(stream_protocol::endpoint(path), e);
  if (!e) out->acceptor_.listen(8, e);
  if (e) return failure("the control socket " + path + ": " + e.message());
  out->accept();
  return out;
}

RoleControl::~RoleControl() {
  ::unlink(path_.c_str());
}

void RoleControl::accept() {
  acceptor_.async_accept([this](error_code e, stream_protocol::socket socket) {
    if (e) return;
    read(std::make_shared<Client>(std::move(socket)));
    accept();
  });
}

void RoleControl::read(const std::shared_ptr<Client>& client) {
  boost::asio::async_read_until(client->socket, boost::asio::dynamic_buffer(client->in, line_max),
                                '\n', [this, client](error_code e, size_t size) {
                                  if (e) return;
                                  const auto line = client->in.substr(0, size - 1);
                                  client->in.erase(0, size);
                                  handle(client, line);
                                  read(client);
                                });
}

void RoleControl::answer(const std::shared_ptr<Client>& client, const std::string& text) {
  error_code ignored;
  boost::asio::write(client->socket, boost::asio::buffer(text + "\n"), ignored);
}

void RoleControl::handle(const std::shared_ptr<Client>& client, const std::string& line) {
  if (line == "status") return answer(client, to_json(delivery_.status()));
  if (line == "stop")
    return delivery_.stop([this, client] { answer(client, to_json(delivery_.status())); });
  uint32_t term = 0;
  const std::string_view word = "serve ";
  if (line.starts_with(word)) {
    const auto [end, wrong] =
        std::from_chars(line.data() + word.size(), line.data() + line.size(), term);
    if (wrong == std::errc() && end == line.data() + line.size()) {
      delivery_.serve(term);
      return answer(client, to_json(delivery_.status()));
    }
  }
  answer(client, R"({"ok":false,"error":"say: serve TERM, stop or status"})");
}

}  // namespace understudy::edge
