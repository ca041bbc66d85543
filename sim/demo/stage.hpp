// SPDX-License-Identifier: Apache-2.0
// Everything that one run needs to be there: a temporary folder, the virtual appliance, and for
// each server a daemon, a playout and one more critical application, all started, wired and
// registered. When it goes all of it goes.
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "sim/demo/appliance_client.hpp"
#include "sim/demo/child.hpp"
#include "sim/demo/failure.hpp"
#include "sim/demo/networks.hpp"
#include "sim/demo/run.hpp"
#include "sim/usb/modelled_bus.hpp"

namespace understudy::demo {

class TemporaryFolder {
 public:
  static std::expected<TemporaryFolder, Error> make();
  TemporaryFolder(TemporaryFolder&& from) noexcept : path_(std::exchange(from.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// The processes of one server.
struct ServerProcesses {
  std::string folder;                        // the daemon's run directory
  std::string events;                        // its event file
  std::vector<Child> daemon, playout, feed;  // one each, once started
  int feed_program = -1;                     // process that `understudy run` started
};

class Stage {
 public:
  /// `interrupt`: a descriptor that becomes readable when all should end.
  static Result<std::unique_ptr<Stage>> open(const Settings& settings, int interrupt);
  ~Stage();

  ApplianceClient& appliance() { return *client_; }
  ServerProcesses& server(protocol::Server s) { return servers_[size_t(s)]; }
  const TemporaryFolder& folder() const { return folder_; }

  /// After a process was killed or stopped on purpose.
  void expect_changes();
  /// The server's link to the appliance is pulled at this moment; put back, by USB.
  Result<void> pull_link(protocol::Server s);
  Result<void> plug_link(protocol::Server s);
  /// SIGKILL to the small critical application; returns when the kernel says that it is dead.
  Result<void> kill_feed(protocol::Server s);
  /// Runs the operator's tool against a server's daemon and waits for it.
  Result<std::string> tool(protocol::Server s, std::vector<std::string> words);
  /// What a server's daemon wrote so far.
  std::string events_of(protocol::Server s) const;

 private:
  Stage(const Settings& settings, int interrupt, TemporaryFolder folder, Networks networks)
      : settings_(settings),
        interrupt_(interrupt),
        folder_(std::move(folder)),
        networks_(std::move(networks)) {}
  Result<void> begin();
  Result<void> start_appliance();
  Result<void> start_bus(protocol::Server s);
  Result<std::string> tell_bus(protocol::Server s, const std::string& command);
  Result<void> start_server(protocol::Server s);
  /// Until the daemon has its link, as far as that can be before virtual time goes on.
  Result<void> wait_for_link(protocol::Server s);
  Result<void> start_playout(protocol::Server s);
  Result<void> start_feed(protocol::Server s);
  Result<void> wait_for_socket(const std::string& path, Child& owner);
  Result<void> await_neighbours(std::initializer_list<const char*> doors);
  /// Until the daemon's status is as wanted; `what`: what is missing, in words.
  Result<void> wait_for_status(protocol::Server s, const std::string& what,
                               const std::function<bool(const Json&)>& wanted);
  Result<void> pause(Child& owner, const std::string& what, int& tries);
  bool by_usb() const { return settings_.transport == LinkBy::usb; }
  std::string program(const std::string& name) const { return settings_.programs + "/" + name; }

  const Settings& settings_;
  const int interrupt_;
  TemporaryFolder folder_;
  Networks networks_;
  std::vector<Child> appliance_;
  std::vector<sim::ModelledBus> buses_;  // one a server, by USB
  std::array<ServerProcesses, 2> servers_;
  std::vector<ApplianceClient> client_storage_;
  ApplianceClient* client_ = nullptr;
};

}  // namespace understudy::demo
