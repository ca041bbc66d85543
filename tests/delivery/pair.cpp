// SPDX-License-Identifier: Apache-2.0
#include "tests/delivery/pair.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "host/edge/repair/address.hpp"

namespace understudy::network {

namespace fs = std::filesystem;
using edge::Descriptor;

namespace {

uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Hears TCP segments with RST, before any filter.
Descriptor reset_listener(uint16_t protocol) {
  const bool four = protocol == ETH_P_IP;
  std::vector<sock_filter> code;
  code.push_back({BPF_LD | BPF_B | BPF_ABS, 0, 0, four ? 9u : 6u});
  code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 4, IPPROTO_TCP});
  if (four)
    code.push_back({BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0});
  else
    code.push_back({BPF_LDX | BPF_W | BPF_IMM, 0, 0, 40});
  code.push_back({BPF_LD | BPF_B | BPF_IND, 0, 0, 13});
  code.push_back({BPF_JMP | BPF_JSET | BPF_K, 0, 1, 4});
  code.push_back({BPF_RET | BPF_K, 0, 0, 128});
  code.push_back({BPF_RET | BPF_K, 0, 0, 0});
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  Descriptor socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_ll all{};
  all.sll_family = AF_PACKET, all.sll_protocol = htons(protocol);
  if (!socket ||
      ::setsockopt(socket.number(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0)
    throw std::runtime_error("no packet socket at the client");
  return socket;
}

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

void make_object(const fs::path& path, uint64_t size) {
  std::vector<uint64_t> block(1 << 16);
  std::ofstream out(path, std::ios::binary);
  for (uint64_t at = 0; at < size;) {
    for (size_t i = 0; i < block.size(); ++i) block[i] = scramble(at / 8 + i);
    const uint64_t n = std::min<uint64_t>(size - at, block.size() * 8);
    out.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(n));
    at += n;
  }
}

uint8_t object_byte(uint64_t at) {
  return static_cast<uint8_t>(scramble(at / 8) >> (at % 8 * 8));
}
std::string object_bytes(uint64_t from, uint64_t size) {
  std::string out(size, '\0');
  for (uint64_t i = 0; i < size; ++i) out[i] = static_cast<char>(object_byte(from + i));
  return out;
}
std::string get(const std::string& path, const std::string& fields) {
  return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

Client::Client(const Network& network, bool six, uint16_t port, uint16_t own) {
  const auto to = edge::to_kernel(*edge::parse_socket_address(
      (six ? "[" + std::string(service_six) + "]" : service_four) + ":" + std::to_string(port)));
  network.in(Place::client, [&] {
    socket_ = Descriptor(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  });
  if (own) {
    const int on = 1;
    ::setsockopt(number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto from = edge::to_kernel(
        *edge::parse_socket_address((six ? "[::]:" : "0.0.0.0:") + std::to_string(own)));
    if (::bind(number(), from.get(), from.size) != 0)
      throw std::runtime_error(std::string("client: bind: ") + std::strerror(errno));
  }
  const timeval patience{5, 0};
  ::setsockopt(number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(number(), to.get(), to.size) == 0) return;
  if (errno == EINTR) {  // another thread's child has ended; the kernel goes on connecting
    pollfd p{number(), POLLOUT, 0};
    socklen_t size = sizeof errno;
    while (::poll(&p, 1, 5000) < 0 && errno == EINTR) {
    }
    if (!(p.revents & POLLOUT))
      errno = ETIMEDOUT;
    else if (::getsockopt(number(), SOL_SOCKET, SO_ERROR, &errno, &size) == 0 && errno == 0)
      return;
  }
  throw std::runtime_error(std::string("client: connect: ") + std::strerror(errno));
}

void Client::send(std::string_view text) const {
  if (::send(number(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error(std::string("client: send: ") + std::strerror(errno));
}

void Client::half_close() const {
  ::shutdown(number(), SHUT_WR);
}

std::string Client::take(size_t bytes, std::chrono::milliseconds most) {
  std::string out = ahead_.substr(0, bytes);
  ahead_.erase(0, out.size());
  const auto end = std::chrono::steady_clock::now() + most;
  std::vector<char> buffer(1 << 16);
  while (out.size() < bytes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd p{number(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&p, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t n =
        ::recv(number(), buffer.data(), std::min(buffer.size(), bytes - out.size()), 0);
    if (n < 0) broken_ = true;
    if (n <= 0) break;
    out.append(buffer.data(), static_cast<size_t>(n));
  }
  return out;
}

bool Client::answered() {
  if (ahead_.empty()) ahead_ = take(1);
  return !ahead_.empty();
}

std::string Client::take_head() {
  std::string out;
  while (!out.ends_with("\r\n\r\n")) {
    const auto next = take(1);
    if (next.empty()) break;
    out += next;
  }
  return out;
}

std::string Client::take_object(uint64_t first, uint64_t length) {
  const auto head = take_head();
  if (!head.starts_with("HTTP/1.1 20")) return "the header is '" + head + "'";
  const auto body = take(length);
  if (body.size() != length)
    return "only " + std::to_string(body.size()) + " bytes of " + std::to_string(length);
  const auto wanted = object_bytes(first, length);
  const auto [x, y] = std::mismatch(body.begin(), body.end(), wanted.begin());
  return x == body.end() ? "" : "byte " + std::to_string(x - body.begin()) + " differs";
}

bool Client::at_end() {
  char byte = 0;
  pollfd p{number(), POLLIN, 0};
  return ::poll(&p, 1, 5000) == 1 && ::recv(number(), &byte, 1, 0) == 0;
}

Pair::Pair(std::vector<std::string> more, const std::string& root) : more_(std::move(more)) {
  std::string name = "/tmp/understudy-pair-" + std::string(6, 'X');
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  folder_ = name;
  if (root.empty()) {
    fs::create_directory(folder_ / "root");
    make_object(folder_ / "root" / "big", big_size);
    make_object(folder_ / "root" / "small", small_size);
  } else {
    fs::create_directory_symlink(root, folder_ / "root");
  }
  std::ofstream(folder_ / "key") << std::string(64, '7');
  fs::permissions(folder_ / "key", fs::perms::owner_read | fs::perms::owner_write);
  network_.in(Place::client, [&] {
    resets_four_ = reset_listener(ETH_P_IP);
    resets_six_ = reset_listener(ETH_P_IPV6);
  });
  start(Place::server_a);
  start(Place::server_b);
  network_.give_address(Place::server_a);
  ask(Place::server_a, "serve 1");
  if (!eventually([&] { return is(Place::server_a, "second_holds"); }))
    throw std::runtime_error("the pair did not come up:\n" + log(Place::server_a) +
                             log(Place::server_b));
}

Pair::~Pair() {
  for (auto* c : {&a_, &b_})
    if (*c) (*c)->kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Pair::start(Place server, const std::vector<std::string>& more) {
  const bool first = server == Place::server_a;
  const std::string mine = first ? "10.9.0.1:7801" : "10.9.0.2:7801",
                    theirs = first ? "10.9.0.2:7801" : "10.9.0.1:7801";
  auto& process = first ? a_ : b_;
  fs::remove(path(first ? "a.sock" : "b.sock"));
  std::vector<std::string> words{std::string(UNDERSTUDY_PROGRAMS) + "/delivery",
                                 "--name",
                                 first ? "alpha" : "beta",
                                 "--root",
                                 path("root"),
                                 "--listen",
                                 std::string(service_four) + ":80",
                                 "--listen",
                                 "[" + std::string(service_six) + "]:80",
                                 "--checkpoint-listen",
                                 mine,
                                 "--checkpoint-peer",
                                 theirs,
                                 "--key",
                                 path("key"),
                                 "--control",
                                 path(first ? "a.sock" : "b.sock")};
  words.insert(words.end(), more.begin(), more.end());
  process = network_.start(server, words, path(first ? "a.log" : "b.log"));
  if (!eventually([&] { return fs::exists(path(first ? "a.sock" : "b.sock")); }))
    throw std::runtime_error("a delivery did not start:\n" + log(server));
}

Descriptor Pair::say(Place server, const std::string& line) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const auto name = path(server == Place::server_a ? "a.sock" : "b.sock");
  std::memcpy(to.sun_path, name.c_str(), name.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // A name of an earlier process, or one that is bound and not listened at yet, refuses for a
  // moment.
  if (!eventually([&] {
        return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
      }))
    throw std::runtime_error("control socket: " + std::string(std::strerror(errno)) + "\n" +
                             log(server));
  const auto text = line + "\n";
  [[maybe_unused]] const auto n = ::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL);
  return socket;
}

void Pair::tell(Place server, const std::string& line) {
  told_ = say(server, line);
}

std::string Pair::ask(Place server, const std::string& line) const {
  const auto socket = say(server, line);
  std::string out;
  std::array<char, 1024> buffer;
  while (!out.ends_with('\n')) {
    const ssize_t n = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    out.append(buffer.data(), static_cast<size_t>(n));
  }
  return out;
}

uint64_t Pair::number(Place server, const std::string& key) const {
  const auto all = ask(server, "status");
  const auto at = all.find("\"" + key + "\":");
  return at == std::string::npos ? ~uint64_t{0} : std::stoull(all.substr(at + key.size() + 3));
}
bool Pair::is(Place server, const std::string& key) const {
  return ask(server, "status").find("\"" + key + "\":true") != std::string::npos;
}
bool Pair::held(uint64_t connections) const {
  return eventually([&] { return number(Place::server_b, "held") == connections; });
}

void Pair::take_over() {
  network_.cable(Place::server_a, false);
  a_->kill();
  network_.give_address(Place::server_b);
  ask(Place::server_b, "serve 2");
}

void Pair::hand_over() {
  ask(Place::server_a, "stop");
  network_.take_address(Place::server_a);
  network_.give_address(Place::server_b);
  ask(Place::server_b, "serve 2");
}

size_t Pair::resets() {
  std::array<char, 256> packet;
  for (const auto* d : {&resets_four_, &resets_six_})
    while (::recv(d->number(), packet.data(), packet.size(), MSG_DONTWAIT) > 0) ++resets_;
  return resets_;
}

uint64_t Pair::memory(Place server) const {
  const auto& process = server == Place::server_a ? a_ : b_;
  std::ifstream in("/proc/" + std::to_string(process->process()) + "/statm");
  uint64_t all = 0, here = 0;
  in >> all >> here;
  return here * 4096;
}

std::string Pair::log(Place server) const {
  return contents(path(server == Place::server_a ? "a.log" : "b.log"));
}

}  // namespace understudy::network
