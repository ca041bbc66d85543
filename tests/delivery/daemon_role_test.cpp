// SPDX-License-Identifier: Apache-2.0
// A real daemon tells a real delivery whether it serves.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/delivery/pair.hpp"

namespace understudy::network {
namespace {

namespace fs = std::filesystem;

std::string ask(const std::string& path, const std::string& line) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, path.c_str(), path.size());
  edge::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return {};
  const auto text = line + "\n";
  if (::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
  std::array<char, 8192> buffer;
  const ssize_t n = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), n > 0 ? static_cast<size_t>(n) : 0};
}

TEST(DaemonRole, the_delivery_serves_while_its_daemon_says_so) {
  Network network;
  std::string name = "/tmp/understudy-role-" + std::string(6, 'X');
  ASSERT_TRUE(::mkdtemp(name.data()));
  const fs::path folder = name;
  fs::create_directory(folder / "root");
  std::ofstream(folder / "root" / "film") << "twelve bytes";
  std::ofstream(folder / "daemon.toml") << "[server]\nname = \"alpha\"\nrun_dir = \"" << name
                                        << "/run\"\n[appliance]\nuri = \"none\"\n";
  network.give_address(Place::server_a);
  const std::string programs = UNDERSTUDY_PROGRAMS;
  {
    auto daemon = network.start(Place::server_a,
                                {programs + "/understudyd", "--config", folder / "daemon.toml"},
                                folder / "daemon.log");
    auto delivery = network.start(
        Place::server_a,
        {programs + "/delivery", "--name", "alpha", "--root", folder / "root", "--listen",
         std::string(service_four) + ":80", "--daemon", folder / "run" / "applications"},
        folder / "delivery.log");
    const auto fetch = [&] {
      return network.output(Place::client,
                            "curl -s -m 1 http://" + std::string(service_four) + "/film");
    };
    EXPECT_TRUE(eventually([&] { return fetch() == "twelve bytes"; }));
    EXPECT_NE(
        ask(folder / "run" / "control", R"({"do":"offline","force":true})").find("\"ok\":true"),
        std::string::npos);
    EXPECT_TRUE(eventually([&] { return fetch().empty(); })) << "the server is offline";
    ask(folder / "run" / "control", R"({"do":"online"})");
    EXPECT_TRUE(eventually([&] { return fetch() == "twelve bytes"; }));
    delivery.finish(std::chrono::seconds(5));
    EXPECT_EQ(delivery.status(), 0);
    EXPECT_EQ(network.output(Place::server_a, "nft list ruleset"), "");
  }
  if (::testing::Test::HasFailure())
    std::printf("%s", network.output(Place::client, "cat " + name + "/*.log").c_str());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace understudy::network
