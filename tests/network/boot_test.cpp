// SPDX-License-Identifier: Apache-2.0
// Boot devices and echo sockets against the real thing: programs, openipmi's simulator of a
// management controller, datagrams, the kernel's echo.
#include "host/edge/boot/boot_device.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "host/edge/boot/magic_packet.hpp"
#include "host/edge/ping/echo_socket.hpp"
#include "sim/network/lan.hpp"

namespace {
using namespace understudy::edge;
using namespace std::chrono_literals;
using understudy::network::shell;
namespace fs = std::filesystem;

struct Boot : testing::Test {
  boost::asio::io_context io;
  BootOptions options;
  std::string directory;

  Boot() {
    std::string path = "/tmp/understudy-boot-" + std::string(6, 'X');
    directory = ::mkdtemp(path.data());
    options.timeout = 2s;
  }
  ~Boot() override { fs::remove_all(directory); }

  Result<void> boot() {
    auto device = BootDevice::make(io, options, {});
    std::optional<Result<void>> out;
    device->boot([&](Result<void> r) { out = r; });
    io.restart();
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!out && std::chrono::steady_clock::now() < end) io.run_one_for(100ms);
    return out ? *out : failure("never ended");
  }
  void write(const std::string& name, const std::string& text, bool program = false) {
    std::ofstream(directory + "/" + name) << text;
    if (program) ::chmod((directory + "/" + name).c_str(), 0755);
  }
};

TEST_F(Boot, a_command_that_ends_with_0_has_struck) {
  options.kind = BootKind::command;
  options.command = {"/bin/sh", "-c", "touch " + directory + "/struck"};
  EXPECT_TRUE(boot());
  EXPECT_TRUE(fs::exists(directory + "/struck"));
}

TEST_F(Boot, a_command_that_fails_says_how) {
  options.kind = BootKind::command;
  options.command = {"/bin/sh", "-c", "echo no such outlet; exit 3"};
  const auto r = boot();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().text, "/bin/sh ended with 3: no such outlet");
  options.command = {"/no/such/program"};
  EXPECT_FALSE(boot());
}

TEST_F(Boot, a_command_that_hangs_is_killed_with_its_children) {
  options.kind = BootKind::command;
  options.timeout = 200ms;
  options.command = {"/bin/sh", "-c", "sleep 987654 & sleep 987654"};
  const auto r = boot();
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().text.find("in time"), std::string::npos) << r.error().text;
  std::this_thread::sleep_for(50ms);
  EXPECT_NE(shell("pgrep -f '^sleep 987654'"), 0);
}

TEST_F(Boot, a_relay_without_an_appliance_that_has_one_says_so) {
  options.kind = BootKind::relay;
  const auto r = boot();
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().text.find("no power relays"), std::string::npos);
}

TEST_F(Boot, wake_on_lan_sends_the_magic_packet_and_proves_nothing) {
  options.kind = BootKind::wol;
  options.mac = "02:00:5e:10:00:01";
  options.broadcast = "127.0.0.1";
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in here{.sin_family = AF_INET, .sin_port = htons(9)};
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  EXPECT_TRUE(boot());
  uint8_t packet[200];
  ASSERT_EQ(::recv(socket, packet, sizeof packet, MSG_DONTWAIT), 102);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(packet[i], 0xFF);
  const uint8_t mac[] = {2, 0, 0x5E, 0x10, 0, 1};
  for (int i = 6; i < 102; ++i) EXPECT_EQ(packet[i], mac[i % 6]) << i;
  EXPECT_FALSE(BootDevice::make(io, options, {})->proves());
  ::close(socket);
}

/// A server behind a management controller: its "power" is a process.
struct Ipmi : Boot {
  understudy::network::Running simulator;
  void SetUp() override {
    if (shell("which ipmi_sim ipmitool") != 0) GTEST_SKIP() << "apt install openipmi ipmitool";
    write("emu",
          "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\n"
          "mc_enable 0x20\n");
    write("password", "secret\n");
    write("power", "1");
    options.kind = BootKind::ipmi;
    options.host = "127.0.0.1";
    options.port = 9623;
    options.user = "admin";
    options.password_file = directory + "/password";
    options.cipher_suite = "3";  // what the simulator speaks
  }
  void simulate(const std::string& on_set) {
    write("chassis",
          fmt::format("#!/bin/sh\ncase \"$1 $2\" in\n\"get power\") echo \"power:$(cat "
                      "{0}/power)\";;\n\"set power\") {1};;\nesac\n",
                      directory, on_set),
          true);
    write("lan.conf",
          fmt::format(
              "name \"fake\"\nset_working_mc 0x20\n startlan 1\n  addr 127.0.0.1 9623\n"
              "  priv_limit admin\n  allowed_auths_admin none md2 md5 straight\n"
              "  guid a123456789abcdefa123456789abcdef\n endlan\n chassis_control "
              "\"{}/chassis\"\n user 2 true \"admin\" \"secret\" admin 10 none md2 md5 straight\n",
              directory));
    simulator =
        understudy::network::start_here({"ipmi_sim", "-c", directory + "/lan.conf", "-f",
                                         directory + "/emu", "-s", directory + "/state", "-n"},
                                        directory + "/simulator.log");
    for (int i = 0; i < 100 && shell("ipmitool -I lanplus -C 3 -H 127.0.0.1 -p 9623 -U admin -f " +
                                     directory + "/password -N 1 -R 1 chassis power status") != 0;
         ++i)
      std::this_thread::sleep_for(50ms);
  }
  std::string server() {
    std::string pid;
    std::ifstream(directory + "/pid") >> pid;
    return pid;
  }
};

TEST_F(Ipmi, power_is_seen_to_be_off_then_the_server_really_restarts) {
  const auto start = "sleep 876543 >/dev/null 2>&1 & echo $! >" + directory + "/pid";
  shell("sh -c '" + start + "'");
  const auto before = server();
  simulate(
      fmt::format("echo $3 >{0}/power; if [ $3 = 0 ]; then kill -9 $(cat {0}/pid); else {1}; "
                  "fi",
                  directory, start));
  const auto r = boot();
  EXPECT_TRUE(r) << r.error().text;
  EXPECT_NE(server(), before);
  EXPECT_EQ(shell("kill -0 " + server()), 0);
  shell("kill -9 " + server());
}

TEST_F(Ipmi, a_controller_that_only_says_done_proves_nothing) {
  options.timeout = 1s;
  simulate(":");  // it answers, and the power stays on
  const auto r = boot();
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().text.find("not seen to be off"), std::string::npos) << r.error().text;
}

TEST_F(Ipmi, a_controller_that_is_not_there_is_no_proof) {
  options.timeout = 1s;
  ASSERT_FALSE(boot());
}

struct Echo : testing::TestWithParam<std::pair<bool, bool>> {};  // v6, datagram
// Raw ones first: a network of one's own begins without the right to the datagram socket.
INSTANTIATE_TEST_SUITE_P(All, Echo,
                         testing::Values(std::pair(false, false), std::pair(true, false),
                                         std::pair(false, true), std::pair(true, true)));

TEST_P(Echo, is_answered_by_the_kernel_and_only_by_who_was_asked) {
  const auto [v6, datagram] = GetParam();
  if (datagram) shell("sysctl -w net.ipv4.ping_group_range='0 0'");
  boost::asio::io_context io;
  std::vector<uint32_t> answered;
  auto socket = EchoSocket::open(io, v6, [&](const IpAddress& from, uint32_t number) {
    EXPECT_EQ(from.text(), v6 ? "::1" : "127.0.0.1");
    answered.push_back(number);
  });
  ASSERT_TRUE(socket) << socket.error().text;
  EXPECT_EQ((*socket)->raw(), !datagram);
  const auto here = *IpAddress::parse(v6 ? "::1" : "127.0.0.1");
  for (uint32_t n : {7u, 70'000u, 70'001u}) ASSERT_TRUE((*socket)->ask(here, n));
  const auto nowhere = *IpAddress::parse(v6 ? "2001:db8::1" : "192.0.2.1");
  EXPECT_FALSE((*socket)->ask(nowhere, 9));
  ASSERT_TRUE((*socket)->ask(here, 10));
  io.run_for(100ms);
  EXPECT_EQ(answered, (std::vector<uint32_t>{7, 70'000, 70'001, 10}));
}

}  // namespace
