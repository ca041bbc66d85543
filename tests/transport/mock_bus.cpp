// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/mock_bus.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace understudy::test {

namespace {

sim::ModelledBus started(const std::string& folder) {
  auto bus = sim::ModelledBus::start(USB_BUS_PROGRAM, folder, folder + "/bus.log");
  if (bus) return std::move(*bus);
  ADD_FAILURE() << bus.error().text;
  std::abort();
}

}  // namespace

MockBus::MockBus() : bus_(started(directory_ / "")) {
  ::setenv("UMOCKDEV_DIR", root().c_str(), 1);
}

MockBus::~MockBus() {
  ::unsetenv("UMOCKDEV_DIR");
}

std::string MockBus::tell(const std::string& command) {
  const auto answer = bus_.tell(command);
  EXPECT_TRUE(answer) << answer.error().text;
  return answer.value_or("");
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
