// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/run_directory.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temporary_directory.hpp"

namespace {
using namespace understudy::edge;
using namespace understudy::test;

TEST(RunDirectory, a_second_daemon_is_refused_with_the_holder_named) {
  TemporaryDirectory directory;
  {
    const auto first = RunDirectory::open(directory / "run");
    ASSERT_TRUE(first.has_value()) << first.error().text;
    const auto second = RunDirectory::open(directory / "run");
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().text.find(std::to_string(::getpid())), std::string::npos);
    EXPECT_NE(second.error().text.find("run_dir"), std::string::npos);
  }
  EXPECT_TRUE(RunDirectory::open(directory / "run").has_value());
}

TEST(RunDirectory, sockets_are_private_replace_stale_ones_and_go_with_their_listener) {
  TemporaryDirectory directory;
  const auto path = directory / "socket";
  write_file(path, "left over");
  {
    auto listener = UnixListener::open(path, SOCK_STREAM, 4);
    ASSERT_TRUE(listener.has_value()) << listener.error().text;
    struct stat facts{};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    EXPECT_FALSE(listener->accept());
    const auto client = connect_unix(path, SOCK_STREAM);
    ASSERT_TRUE(client.has_value());
    EXPECT_TRUE(listener->accept());
  }
  EXPECT_FALSE(connect_unix(path, SOCK_STREAM).has_value());
}

}  // namespace
