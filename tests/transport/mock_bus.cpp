// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/mock_bus.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace understudy::test {

MockBus::MockBus() {
  const auto folder = directory_ / "";
  int down[2], up[2];
  if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(down[0], 0), ::dup2(up[1], 1);
    ::unsetenv("UMOCKDEV_DIR");
    ::execl(USB_BUS_PROGRAM, "understudy-usb-bus", folder.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(down[0]), ::close(up[1]);
  to_ = down[1], from_ = up[0];
  const std::string first = line();
  EXPECT_EQ(first.substr(0, 5), "root ") << "is umockdev-wrapper installed?";
  root_ = first.substr(std::min<size_t>(5, first.size()));
  ::setenv("UMOCKDEV_DIR", root_.c_str(), 1);
}

MockBus::~MockBus() {
  ::unsetenv("UMOCKDEV_DIR");
  ::close(to_);  // its end
  ::waitpid(pid_, nullptr, 0);
  ::close(from_);
}

std::string MockBus::line() {
  while (input_.find('\n') == input_.npos) {
    char part[512];
    const ssize_t n = ::read(from_, part, sizeof part);
    if (n <= 0) return "";
    input_.append(part, static_cast<size_t>(n));
  }
  const auto end = input_.find('\n');
  auto out = input_.substr(0, end);
  input_.erase(0, end + 1);
  return out;
}

std::string MockBus::tell(const std::string& command) {
  const std::string text = command + "\n";
  EXPECT_EQ(::write(to_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  const auto answer = line();
  EXPECT_EQ(answer.substr(0, 2), "ok") << command << ": " << answer;
  return answer.size() > 3 ? answer.substr(3) : "";
}

int MockBus::uart(const std::string& place) const {
  sockaddr_un address{.sun_family = AF_UNIX};
  const auto path = directory_ / place;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
      << path << ": " << std::strerror(errno);
  return s;
}

}  // namespace understudy::test
