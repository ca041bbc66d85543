// SPDX-License-Identifier: Apache-2.0
// Two real daemons with their directories, keys and configurations, a fake appliance, and the
// operator's tool; everything ends with the test.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../../host/edge/temporary_directory.hpp"
#include "fake_appliance.hpp"

namespace understudy::test {

/// A child process with its output in a file; killed and reaped at the end.
class Process {
 public:
  Process() = default;
  Process(std::vector<std::string> words, const std::string& output);
  Process(Process&& from) noexcept : pid_(std::exchange(from.pid_, -1)) {}
  Process& operator=(Process&& from) noexcept {
    end();
    pid_ = std::exchange(from.pid_, -1);
    return *this;
  }
  ~Process() { end(); }
  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// The exit code, 128 + N after signal N, or -1 when it goes on for longer than 20 s.
  int wait();

 private:
  void end();
  pid_t pid_ = -1;
};

struct Said {
  int code = -1;
  std::string text;
  nlohmann::json json;  // of the last line, if it is one
};

class Stage {
 public:
  Stage();
  std::string configuration(protocol::Server s, const std::string& more = "");
  void start(protocol::Server s, const std::string& more = "");
  void start_both(const std::string& more = "");
  /// `understudy --json --daemon RUNDIR WORDS`
  Said tool(protocol::Server s, std::vector<std::string> words);
  /// Starts the tool and does not wait.
  Process begin_tool(protocol::Server s, std::vector<std::string> words, const std::string& output);
  nlohmann::json status(protocol::Server s);
  std::string state(protocol::Server s) { return status(s).value("state", ""); }
  /// Runs frames until that state is there, at most `frames`; how many it took, or -1.
  int run_until(protocol::Server s, const std::string& state, int frames);
  /// Runs `understudy run` of a program that waits for ever; gives the program's own process.
  pid_t run_application(protocol::Server s, const std::string& name, Process& wrapper,
                        std::vector<std::string> options = {});
  std::string run_dir(protocol::Server s) const;
  std::string events(protocol::Server s) const;
  std::string log(protocol::Server s) const;

  TemporaryDirectory directory;
  FakeAppliance appliance;
  Process daemons[2];

 private:
  uint16_t ports_[2];
  int outputs_ = 0;
};

}  // namespace understudy::test
