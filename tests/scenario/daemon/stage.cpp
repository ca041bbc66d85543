// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <sstream>

#include "host/edge/daemon/control_client.hpp"
#include "host/edge/daemon/key_file.hpp"

namespace understudy::test {

using nlohmann::json;
using protocol::Server;

namespace {

constexpr int patience_ms = 20'000;

uint16_t free_port() {
  const edge::Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  ::bind(socket.number(), reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

const char* letter(Server s) {
  return s == Server::a ? "a" : "b";
}

}  // namespace

Process::Process(std::vector<std::string> words, const std::string& output) {
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  std::vector<char*> arguments;
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(126);
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int Process::wait() {
  if (pid_ <= 0) return -1;
  const edge::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd p{process.number(), POLLIN, 0};
  if (::poll(&p, 1, patience_ms) <= 0) return -1;
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Process::end() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

Stage::Stage() : appliance(directory / ""), ports_{free_port(), free_port()} {
  if (const auto made = edge::make_key_file(directory / "key"); !made)
    throw std::runtime_error(made.error().text);
}

std::string Stage::run_dir(Server s) const {
  return directory / letter(s);
}
std::string Stage::events(Server s) const {
  return contents(directory / (std::string(letter(s)) + ".events"));
}
std::string Stage::log(Server s) const {
  return contents(directory / (std::string(letter(s)) + ".log"));
}

std::string Stage::configuration(Server s, const std::string& more) {
  const auto path = directory / (std::string(letter(s)) + ".toml");
  write_file(path,
             fmt::format(R"([server]
name = "server-{0}"
run_dir = "{1}"
events = "{2}"
[appliance]
uri = "sim:unix:{3}"
[peer]
listen = "127.0.0.1:{4}"
address = "127.0.0.1:{5}"
key_file = "{6}"
{7}
)",
                         letter(s), run_dir(s), directory / (std::string(letter(s)) + ".events"),
                         directory / (std::string("link-") + letter(s)), ports_[size_t(s)],
                         ports_[size_t(other(s))], directory / "key", more));
  return path;
}

void Stage::start(Server s, const std::string& more) {
  daemons[size_t(s)] = Process({UNDERSTUDYD, "--config", configuration(s, more)},
                               directory / (std::string(letter(s)) + ".log"));
  appliance.attach(s);
}

void Stage::start_both(const std::string& more) {
  start(Server::a, more);
  start(Server::b, more);
}

Process Stage::begin_tool(Server s, std::vector<std::string> words, const std::string& output) {
  std::vector<std::string> all{UNDERSTUDY_TOOL, "--json", "--daemon", run_dir(s)};
  all.insert(all.end(), words.begin(), words.end());
  return Process(std::move(all), output);
}

Said Stage::tool(Server s, std::vector<std::string> words) {
  const auto output = directory / fmt::format("tool-{}", outputs_++);
  auto process = begin_tool(s, std::move(words), output);
  Said out;
  out.code = process.wait();
  out.text = contents(output);
  std::istringstream lines(out.text);
  for (std::string line; std::getline(lines, line);)
    if (auto j = json::parse(line, nullptr, false); j.is_object()) out.json = std::move(j);
  return out;
}

json Stage::status(Server s) {
  auto client = edge::ControlClient::open(run_dir(s));
  if (!client) return json::object();
  const auto answer = client->ask({{"do", "status"}}, std::chrono::milliseconds(patience_ms));
  return answer ? *answer : json::object();
}

int Stage::run_until(Server s, const std::string& wanted, int frames) {
  for (int i = 0; i <= frames; ++i) {
    if (state(s) == wanted) return i;
    appliance.run(1);
  }
  return -1;
}

pid_t Stage::run_application(Server s, const std::string& name, Process& wrapper,
                             std::vector<std::string> options) {
  std::vector<std::string> words{"run", "--name", name};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", "/bin/sleep", "1000"});
  wrapper = begin_tool(s, words, directory / (name + ".log"));
  for (int i = 0; i < 2000; ++i) {
    for (const auto& a : status(s).value("applications", json::array()))
      if (a.value("name", "") == name && a.contains("pid")) return a["pid"].get<pid_t>();
    ::poll(nullptr, 0, 5);
  }
  return -1;
}

}  // namespace understudy::test
