// SPDX-License-Identifier: Apache-2.0
#include "tests/campaign/mix_client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>

namespace understudy::network {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

uint16_t port_of(int socket) {
  sockaddr_in6 at{};
  socklen_t size = sizeof at;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
  return ntohs(at.sin6_port);  // stands at the same place in both families
}

std::string range_request(const Part& p, bool close = false) {
  return get("/big", "Range: bytes=" + std::to_string(p.first) + "-" +
                         std::to_string(p.first + p.bytes - 1) + "\r\n" +
                         (close ? "Connection: close\r\n" : ""));
}

/// The header and the bytes of a range; at the client's own pace while the first server serves.
std::string read_range(Client& client, const Part& part, Stagecraft& stagecraft) {
  const auto head = client.take_head();
  if (!head.starts_with("HTTP/1.1 206")) return "the header is '" + head + "'";
  constexpr auto pace = 4ms;
  for (uint64_t at = part.first, end = part.first + part.bytes; at < end;) {
    const bool hurries = part.bytes_each_ms == 0 || stagecraft.is_taken_over();
    const auto wanted =
        std::min<uint64_t>(end - at, hurries ? 1 << 20 : uint64_t{part.bytes_each_ms} * 4);
    const auto got = client.take(wanted);
    const auto right = object_bytes(at, wanted);
    if (got.size() != wanted)
      return "only " + std::to_string(at + got.size() - part.first) + " bytes of " +
             std::to_string(part.bytes) + (client.broken() ? ", then an error" : "");
    if (got != right) return "bytes from " + std::to_string(at) + " on differ";
    at += wanted;
    if (!hurries) std::this_thread::sleep_for(pace);
  }
  return {};
}

std::string ask_small(Client& client) {
  client.send(get("/small"));
  return client.take_object(0, Pair::small_size);
}

std::string read_ranges(Client& client, const Part& part, Stagecraft& stagecraft) {
  for (uint32_t i = 0; i < part.requests; ++i)
    if (auto wrong = read_range(client, part, stagecraft); !wrong.empty())
      return "answer " + std::to_string(i + 1) + " of " + std::to_string(part.requests) + ": " +
             wrong;
  return {};
}

/// Its answer is under way at the strike; the connection is used once more afterwards.
void download(Client& client, const Part& part, Stagecraft& stagecraft, Experience& e) {
  const int small = 16 * 1024;
  if (part.kind == Kind::slow)
    ::setsockopt(client.number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const bool closing = part.kind == Kind::closing;
  std::string requests;
  for (uint32_t i = 0; i < part.requests; ++i) requests += range_request(part, closing);
  client.send(requests);
  if (!client.answered()) {
    e.wrong = "no answer";
    return;
  }
  stagecraft.under_way();
  e.wrong = read_ranges(client, part, stagecraft);
  if (!e.wrong.empty()) return;
  if (closing) {
    if (!client.at_end()) e.wrong = "the connection does not end as it was asked";
    return;
  }
  if (!stagecraft.is_taken_over()) {  // all came before
    stagecraft.wait_taken_over();
    e.asked = wall_now();
  }
  e.wrong = ask_small(client);
}

/// Nothing is under way at the strike.
void ask_afterwards(Client& client, const Part& part, Stagecraft& stagecraft, Experience& e) {
  const auto request = get("/small");
  const size_t before = part.kind == Kind::half ? request.size() / 2 : 0;
  if (part.kind == Kind::small)
    for (int i = 0; i < 2 && e.wrong.empty(); ++i) e.wrong = ask_small(client);
  if (before != 0) client.send(request.substr(0, before));
  stagecraft.under_way();
  stagecraft.wait_taken_over();
  e.asked = wall_now();
  client.send(request.substr(before));
  if (e.wrong.empty()) e.wrong = client.take_object(0, Pair::small_size);
}

/// Asks again and again, whatever happens; every object must come whole.
void ask_always(const Network& network, const Part& part, Stagecraft& stagecraft, Experience& e) {
  std::optional<Client> client;
  const auto one_more = [&] {
    if (part.kind == Kind::connecting || !client) client.emplace(network, part.six);
    e.port = port_of(client->number());
    e.wrong = ask_small(*client);
  };
  one_more();
  stagecraft.under_way();
  while (e.wrong.empty() && !stagecraft.is_taken_over()) {
    std::this_thread::sleep_for(std::chrono::microseconds(part.bytes_each_ms % 2000));
    one_more();
  }
  for (int i = 0; i < 3 && e.wrong.empty(); ++i) one_more();
}

void watch(RtspClient& client, Stagecraft& stagecraft, const std::string& film, Experience& e) {
  e.wrong = client.set_up();
  if (e.wrong.empty() && client.play("npt=0-").status != 200) e.wrong = "PLAY is refused";
  stagecraft.under_way();
  if (!e.wrong.empty()) return;
  client.receive(15s);
  const auto& r = client.received();
  if (!r.goodbye)
    e.wrong = "no goodbye";
  else if (r.missing() != 0)
    e.wrong = std::to_string(r.missing()) + " packets are missing";
  else if (r.other_source != 0 || !r.doubles_equal)
    e.wrong = "packets of another source, or doubled ones that differ";
  else if (r.bytes() != film)
    e.wrong = "the film's bytes differ";
  else if (client.request("TEARDOWN").status != 200)
    e.wrong = "TEARDOWN is refused";
}

}  // namespace

void Stagecraft::under_way() {
  const std::lock_guard lock(mutex_);
  ++under_way_;
  changed_.notify_all();
}
bool Stagecraft::all_under_way(size_t clients, milliseconds most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [&] { return under_way_ >= clients; });
}
void Stagecraft::taken_over() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}
bool Stagecraft::is_taken_over() {
  const std::lock_guard lock(mutex_);
  return over_;
}
void Stagecraft::wait_taken_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return over_; });
}

Experience live_through(const Network& network, const Part& part, Stagecraft& stagecraft,
                        uint16_t rtp_port, const std::string& film) {
  Experience e{.kind = part.kind, .six = part.six};
  try {
    if (part.kind == Kind::interleaved || part.kind == Kind::datagrams) {
      e.datagrams = part.kind == Kind::datagrams;
      RtspClient client(network, e.datagrams ? RtspClient::By::udp : RtspClient::By::connection,
                        "v.ts", part.six, rtp_port);
      e.port = e.datagrams ? rtp_port : port_of(client.connection().number());
      watch(client, stagecraft, film, e);
    } else if (part.kind == Kind::busy || part.kind == Kind::connecting) {
      ask_always(network, part, stagecraft, e);
    } else {
      Client client(network, part.six);
      e.port = port_of(client.number());
      const bool before =
          part.kind == Kind::small || part.kind == Kind::idle || part.kind == Kind::half;
      before ? ask_afterwards(client, part, stagecraft, e) : download(client, part, stagecraft, e);
    }
  } catch (const std::exception& x) {
    e.wrong = x.what();
  }
  if (!e.wrong.empty()) stagecraft.under_way();  // nobody waits for it
  return e;
}

}  // namespace understudy::network
