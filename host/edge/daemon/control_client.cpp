// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/control_client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

#include "host/edge/daemon/run_directory.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::string advice(const std::string& path, int reason) {
  switch (reason) {
    case ENOENT:
      return fmt::format(
          "no daemon at {}: start one with `understudyd --config FILE`, or name its run "
          "directory with --daemon DIR",
          path);
    case ECONNREFUSED:
      return fmt::format(
          "nobody listens at {}: its daemon has ended; start it again with `understudyd "
          "--config FILE`",
          path);
    case EACCES:
      return fmt::format("no permission for {}: run this as the user that runs the daemon", path);
    default:
      return fmt::format("{}: {}", path, std::strerror(reason));
  }
}

}  // namespace

ControlClient::Answer<ControlClient> ControlClient::open(const std::string& path) {
  std::error_code ignored;
  const auto socket_path = std::filesystem::is_directory(path, ignored) ? path + "/control" : path;
  errno = 0;
  auto socket = connect_unix(socket_path, SOCK_STREAM);
  if (!socket) {
    const int reason = errno;
    return std::unexpected(
        Failure{Trouble::unreachable, reason ? advice(socket_path, reason) : socket.error().text});
  }
  return ControlClient(socket_path, std::move(*socket));
}

ControlClient::Answer<json> ControlClient::ask(const json& request,
                                               std::chrono::milliseconds most) {
  const auto line = request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t n =
        ::send(socket_.number(), line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;  // it may have said why before it closed
    done += static_cast<size_t>(n);
  }
  return next(most);
}

ControlClient::Answer<json> ControlClient::next(std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  for (;;) {
    if (const size_t at = input_.find('\n'); at != std::string::npos) {
      const auto answer = json::parse(input_.substr(0, at), nullptr, false);
      input_.erase(0, at + 1);
      if (answer.is_object()) return answer;
      return std::unexpected(Failure{
          Trouble::garbage, fmt::format("{} answers with something that is no JSON object: is it "
                                        "the control socket of understudyd?",
                                        path_)});
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd p{socket_.number(), POLLIN, 0};
    const int ready = left <= 0ms ? 0 : ::poll(&p, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0)
      return std::unexpected(Failure{
          Trouble::timed_out,
          fmt::format("no answer from {} within {:.1f} s; a paused simulation answers when it "
                      "goes on; more time: --timeout SECONDS",
                      path_, std::chrono::duration<double>(most).count())});
    std::array<char, 4096> chunk;
    const ssize_t n = ::recv(socket_.number(), chunk.data(), chunk.size(), 0);
    if (n <= 0)
      return std::unexpected(
          Failure{Trouble::unreachable,
                  fmt::format("the daemon at {} closed the connection: see its log", path_)});
    input_.append(chunk.data(), static_cast<size_t>(n));
    if (input_.size() > 2 * protocol::limits::control_output_max)
      return std::unexpected(Failure{Trouble::garbage, path_ + " sends a line without end"});
  }
}

}  // namespace understudy::edge
