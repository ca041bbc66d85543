// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <utility>

namespace understudy::demo {
namespace {

/// In the new process, up to exec. Only async-signal-safe calls.
[[noreturn]] void become(const Child::Start& start, char* const* arguments, int error_pipe,
                         pid_t parent) {
  const auto fail = [&] {
    const int code = errno;
    [[maybe_unused]] const auto n = ::write(error_pipe, &code, sizeof code);
    ::_exit(127);
  };
  ::setpgid(0, 0);  // an interrupt at the terminal is the demo's business
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (start.network >= 0 && ::setns(start.network, CLONE_NEWNET) != 0) fail();
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open(start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (in < 0 || out < 0) fail();
  if (::dup2(start.input >= 0 ? start.input : in, 0) < 0 ||
      ::dup2(start.output >= 0 ? start.output : out, 1) < 0 || ::dup2(out, 2) < 0)
    fail();
  ::execv(arguments[0], arguments);
  fail();
  ::_exit(127);
}

}  // namespace

std::expected<Child, Error> Child::start(const Start& start) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return error(start.name + ": " + std::strerror(errno));
  std::vector<char*> arguments;
  arguments.reserve(start.arguments.size() + 1);
  for (const auto& a : start.arguments) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid(), pid = ::fork();
  if (pid == 0) become(start, arguments.data(), pipe[1], parent);
  ::close(pipe[1]);
  int code = pid < 0 ? errno : 0;
  if (pid > 0 && ::read(pipe[0], &code, sizeof code) != sizeof code) code = 0;
  ::close(pipe[0]);
  if (code != 0) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return error("cannot start " + start.name + " (" + start.arguments[0] +
                 "): " + std::strerror(code));
  }
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  return Child(start.name, start.log, pid, pidfd);
}

Child::Child(Child&& from) noexcept
    : name_(std::move(from.name_)),
      log_(std::move(from.log_)),
      pid_(std::exchange(from.pid_, -1)),
      pidfd_(std::exchange(from.pidfd_, -1)),
      status_(from.status_) {}

Child& Child::operator=(Child&& from) noexcept {
  if (this == &from) return *this;
  kill();
  name_ = std::move(from.name_), log_ = std::move(from.log_);
  pid_ = std::exchange(from.pid_, -1), pidfd_ = std::exchange(from.pidfd_, -1);
  status_ = from.status_;
  return *this;
}

void Child::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (pidfd_ >= 0) ::close(pidfd_);
  pid_ = -1, pidfd_ = -1;
}

void Child::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void Child::hang() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGSTOP);
  int status = 0;
  while (::waitpid(pid_, &status, WUNTRACED | WNOWAIT) < 0 && errno == EINTR) {
  }
}

void Child::interrupt() {
  if (pid_ > 0) ::kill(pid_, SIGINT);
}

std::optional<int> Child::wait(std::chrono::milliseconds patience) {
  if (pid_ <= 0) return status_;
  pollfd p{pidfd_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(patience.count())) > 0) reap();
  return status_;
}

void Child::finish(std::chrono::milliseconds patience) {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::kill(pid_, SIGCONT);  // one that hangs cannot take a SIGTERM
  if (!wait(patience)) kill();
}

std::string Child::last_words(size_t lines) const {
  std::ifstream in(log_);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const auto& line : last) text += "    " + line + "\n";
  return text;
}

}  // namespace understudy::demo
