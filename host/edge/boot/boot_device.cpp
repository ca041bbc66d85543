// SPDX-License-Identifier: Apache-2.0
#include "host/edge/boot/boot_device.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "host/edge/boot/child.hpp"
#include "host/edge/boot/magic_packet.hpp"

namespace understudy::edge {
namespace {

using boost::asio::io_context;
using namespace std::chrono_literals;

std::string trouble(const std::vector<std::string>& words, const Child::End& end) {
  const auto said = end.said.substr(0, end.said.find('\n'));
  return end.late ? fmt::format("{} did not end in time", words[0])
                  : fmt::format("{} ended with {}{}{}", words[0], end.status,
                                said.empty() ? "" : ": ", said);
}

/// Any program: exit status 0 is its word that the other server was off, or was restarted.
class CommandDevice final : public BootDevice {
 public:
  CommandDevice(io_context& io, const BootOptions& options) : io_(io), options_(options) {}
  void boot(Ended ended) override {
    auto child =
        Child::start(io_, options_.command, options_.timeout, [this, ended](const Child::End& end) {
          if (end.status == 0) return ended({});
          ended(failure(trouble(options_.command, end)));
        });
    if (!child) {
      boost::asio::post(io_, [ended, why = child.error()] { ended(std::unexpected(why)); });
      return;
    }
    child_ = std::move(*child);
  }
  bool proves() const override { return true; }
  std::string describe() const override {
    return fmt::format("command {}", fmt::join(options_.command, " "));
  }

 private:
  io_context& io_;
  BootOptions options_;
  std::unique_ptr<Child> child_;
};

/// ipmitool: power off, ask until it is off (that is the proof), power on.
class IpmiDevice final : public BootDevice {
 public:
  IpmiDevice(io_context& io, const BootOptions& options) : io_(io), options_(options), again_(io) {}
  void boot(Ended ended) override {
    ended_ = std::move(ended);
    end_at_ = std::chrono::steady_clock::now() + options_.timeout;
    run({"chassis", "power", "off"}, [this](const Child::End&) { look(); });
  }
  bool proves() const override { return true; }
  std::string describe() const override { return fmt::format("IPMI of {}", options_.host); }

 private:
  using Next = std::function<void(const Child::End&)>;

  void run(std::vector<std::string> what, Next next) {
    std::vector<std::string> words{"ipmitool",
                                   "-I",
                                   "lanplus",
                                   "-H",
                                   options_.host,
                                   "-p",
                                   std::to_string(options_.port),
                                   "-U",
                                   options_.user,
                                   "-f",
                                   options_.password_file,
                                   "-N",
                                   "1",
                                   "-R",
                                   "2"};
    if (!options_.cipher_suite.empty()) words.insert(words.end(), {"-C", options_.cipher_suite});
    words.insert(words.end(), what.begin(), what.end());
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end_at_ - std::chrono::steady_clock::now());
    if (left <= 0ms)
      return end(failure(fmt::format("{}: not seen to be off in {} ms; {}", describe(),
                                     options_.timeout.count(), last_)));
    auto child = Child::start(io_, words, left, [this, next](const Child::End& e) {
      boost::asio::post(io_, [next, e, alive = std::weak_ptr(alive_)] {
        if (alive.lock()) next(e);
      });
    });
    if (!child) return end(std::unexpected(child.error()));
    child_ = std::move(*child);
  }
  void look() {
    run({"chassis", "power", "status"}, [this](const Child::End& e) {
      last_ = e.said.substr(0, e.said.find('\n'));
      if (e.status == 0 && e.said.find("Power is off") != std::string::npos)
        return run({"chassis", "power", "on"}, [this](const Child::End& on) {
          // It was off: that it does not come back is another matter.
          last_ = on.said;
          end({});
        });
      again_.expires_after(100ms);
      again_.async_wait([this](const boost::system::error_code& error) {
        if (!error) look();
      });
    });
  }
  void end(Result<void> result) {
    boost::asio::post(io_, [ended = std::move(ended_), result, alive = std::weak_ptr(alive_)] {
      if (alive.lock()) ended(result);
    });
  }

  io_context& io_;
  BootOptions options_;
  boost::asio::steady_timer again_;
  std::unique_ptr<Child> child_;
  Ended ended_;
  std::chrono::steady_clock::time_point end_at_;
  std::string last_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

/// Wakes a server that is off; says nothing about one that is not.
class WolDevice final : public BootDevice {
 public:
  WolDevice(io_context& io, const BootOptions& options) : io_(io), options_(options) {}
  void boot(Ended ended) override {
    boost::asio::post(io_, [ended, result = send()] { ended(result); });
  }
  bool proves() const override { return false; }
  std::string describe() const override { return "Wake-on-LAN of " + options_.mac; }

 private:
  Result<void> send() const {
    const auto packet = magic_packet(options_.mac);
    if (!packet) return std::unexpected(packet.error());
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(socket.number(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(9)};
    ::inet_pton(AF_INET, options_.broadcast.c_str(), &to.sin_addr);
    if (::sendto(socket.number(), packet->data(), packet->size(), 0,
                 reinterpret_cast<sockaddr*>(&to), sizeof to) < 0)
      return system_failure(describe());
    return {};
  }
  io_context& io_;
  BootOptions options_;
};

/// The appliance's power relay of the other server; the gateware refuses for one on air.
class RelayDevice final : public BootDevice {
 public:
  RelayDevice(io_context& io, AskAppliance ask) : io_(io), ask_(std::move(ask)) {}
  void boot(Ended ended) override {
    if (ask_) return ask_(std::move(ended));
    boost::asio::post(io_, [ended] {
      ended(failure("this appliance has no power relays; use boot.device ipmi or command"));
    });
  }
  bool proves() const override { return true; }
  std::string describe() const override { return "the appliance's relay"; }

 private:
  io_context& io_;
  AskAppliance ask_;
};

/// As posix_spawnp finds it.
bool is_program(const std::string& name) {
  const auto runs = [](const std::string& file) { return ::access(file.c_str(), X_OK) == 0; };
  if (name.find('/') != std::string::npos) return runs(name);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (runs(folder + "/" + name)) return true;
  return false;
}

}  // namespace

std::string boot_lacks(const BootOptions& options) {
  if (options.kind == BootKind::ipmi) {
    if (!is_program("ipmitool"))
      return "boot.device: \"ipmi\" needs ipmitool, which is not here; type: apt-get install "
             "ipmitool";
    if (::access(options.password_file.c_str(), R_OK) != 0)
      return fmt::format(
          "boot.password_file: cannot read {}: {}; write the password of {} into it, mode 0600",
          options.password_file, std::strerror(errno), options.user);
  }
  if (options.kind == BootKind::command && !is_program(options.command[0]))
    return fmt::format("boot.command: {} is no program that can be run here", options.command[0]);
  return {};
}

std::unique_ptr<BootDevice> BootDevice::make(io_context& io, const BootOptions& options,
                                             AskAppliance relay) {
  switch (options.kind) {
    case BootKind::command:
      return std::make_unique<CommandDevice>(io, options);
    case BootKind::ipmi:
      return std::make_unique<IpmiDevice>(io, options);
    case BootKind::wol:
      return std::make_unique<WolDevice>(io, options);
    case BootKind::relay:
      return std::make_unique<RelayDevice>(io, std::move(relay));
    case BootKind::none:
      break;
  }
  return nullptr;
}

}  // namespace understudy::edge
