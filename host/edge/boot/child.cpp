// SPDX-License-Identifier: Apache-2.0
#include "host/edge/boot/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>

extern char** environ;

namespace understudy::edge {
namespace {
constexpr size_t said_max = 4096;
}

Result<std::unique_ptr<Child>> Child::start(boost::asio::io_context& io,
                                            std::vector<std::string> words,
                                            std::chrono::milliseconds most, Ended ended) {
  auto child = std::unique_ptr<Child>(new Child(io, std::move(ended)));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_failure("pipe");
  child->output_ = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, theirs.number(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, theirs.number(), STDERR_FILENO);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // all of it can be killed
  std::vector<char*> arguments;
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  const int wrong =
      ::posix_spawnp(&child->pid_, arguments[0], &files, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (wrong != 0) {
    child->pid_ = -1;
    errno = wrong;
    return system_failure(fmt::format("cannot start {}", words[0]));
  }
  auto* self = child.get();
  child->process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child->pid_, 0)));
  child->process_watch_ = Watch(io, child->process_.number(), [self] { self->gone(); });
  child->output_watch_ = Watch(io, child->output_.number(), [self] { self->hear(); });
  child->timer_.expires_after(most);
  child->timer_.async_wait([self](const boost::system::error_code& error) {
    if (error) return;
    self->late_ = true;
    self->kill();
  });
  return child;
}

Child::~Child() {
  if (pid_ <= 0) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

void Child::kill() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

void Child::hear() {
  std::array<char, 1024> buffer;
  const ssize_t n = ::read(output_.number(), buffer.data(), buffer.size());
  if (n == 0) return output_watch_.stop();
  if (n < 0) return;
  said_.append(buffer.data(), std::min(static_cast<size_t>(n), said_max - said_.size()));
}

void Child::gone() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
  pid_ = -1;
  for (size_t before = said_max + 1; before != said_.size();) {
    before = said_.size();
    if (output_watch_) hear();
  }
  output_watch_.stop();
  process_watch_.stop();
  timer_.cancel();
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  auto ended = std::move(ended_);
  ended({code, late_, std::move(said_)});  // may destroy this
}

}  // namespace understudy::edge
