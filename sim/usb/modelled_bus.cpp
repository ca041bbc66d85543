// SPDX-License-Identifier: Apache-2.0
#include "sim/usb/modelled_bus.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace understudy::sim {
namespace {

constexpr int patience_ms = 10'000;  // for an answer

}  // namespace

std::expected<ModelledBus, Error> ModelledBus::start(const std::string& program,
                                                     const std::string& folder,
                                                     const std::string& log) {
  int down[2], up[2];
  if (::pipe2(down, O_CLOEXEC) != 0) return error(std::string("pipe: ") + std::strerror(errno));
  if (::pipe2(up, O_CLOEXEC) != 0) {
    ::close(down[0]), ::close(down[1]);
    return error(std::string("pipe: ") + std::strerror(errno));
  }
  auto child =
      demo::Child::start({.name = "understudy-usb-bus",
                          .arguments = {"/usr/bin/env", "-u", "UMOCKDEV_DIR",
                                        "LD_PRELOAD=libumockdev-preload.so.0", program, folder},
                          .log = log,
                          .input = down[0],
                          .output = up[1]});
  ::close(down[0]), ::close(up[1]);
  if (!child) {
    ::close(down[1]), ::close(up[0]);
    return std::unexpected(child.error());
  }
  ModelledBus bus(std::move(*child), down[1], up[0]);
  const auto first = bus.line();
  if (!first.starts_with("root "))
    return error("the modelled USB bus does not start (Debian's packages umockdev and " +
                 std::string("libumockdev-dev are needed):\n") + bus.child_.last_words());
  bus.root_ = first.substr(5);
  return bus;
}

ModelledBus::ModelledBus(ModelledBus&& from) noexcept
    : child_(std::move(from.child_)),
      root_(std::move(from.root_)),
      input_(std::move(from.input_)),
      to_(std::exchange(from.to_, -1)),
      from_(std::exchange(from.from_, -1)) {}

ModelledBus::~ModelledBus() {
  if (to_ < 0) return;
  ::close(to_);  // its end
  child_.wait(std::chrono::milliseconds(patience_ms));
  ::close(from_);
}

std::string ModelledBus::line() {
  while (input_.find('\n') == input_.npos) {
    std::array<char, 512> part{};
    pollfd answer{from_, POLLIN, 0};
    const ssize_t n =
        ::poll(&answer, 1, patience_ms) == 1 ? ::read(from_, part.data(), part.size()) : -1;
    if (n <= 0) return "";
    input_.append(part.data(), static_cast<size_t>(n));
  }
  const auto end = input_.find('\n');
  auto out = input_.substr(0, end);
  input_.erase(0, end + 1);
  return out;
}

std::expected<std::string, Error> ModelledBus::tell(const std::string& command) {
  const std::string text = command + "\n";
  if (::write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return error("the modelled USB bus is gone:\n" + child_.last_words());
  const auto answer = line();
  if (!answer.starts_with("ok")) return error("the modelled USB bus: " + command + ": " + answer);
  return answer.size() > 3 ? answer.substr(3) : "";
}

}  // namespace understudy::sim
