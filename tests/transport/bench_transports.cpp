// SPDX-License-Identifier: Apache-2.0
// How long a request and its answer take over each transport, and how many messages a second go
// each way. The far ends are models, so this measures the host's side and the model, no real wire:
// a UART at 1 Mbaud alone adds 10 us a byte.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/edge/transport/open_transport.hpp"
#include "tests/transport/far_end.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr auto give_up = std::chrono::seconds(20);

class Bench final : public ports::TransportOwner {
 public:
  explicit Bench(std::unique_ptr<FarEnd> end) : far_(std::move(end)) {
    far_->plug();
    transport_ = edge::open_transport(io_, *edge::parse_appliance_uri(far_->uri()));
    transport_->start(*this);
  }
  void link_up(const ports::LinkFacts&) override { up_ = true; }
  void link_down(const std::string&) override {}
  void link_turn(const ports::LinkTurn& turn) override {
    for (const uint8_t byte : turn.bytes)
      if (const auto message = host_.byte(byte); message && protocol::decode_event(*message))
        ++events_;
  }

  json run(int trips, uint32_t messages) {
    if (!until([&] { return up_; })) return {{"error", "does not come up"}};
    std::vector<double> us;
    for (int i = 0; i < trips; ++i) {
      const auto before = Clock::now();
      const auto asked = asked_ + 1, events = events_ + 1;
      ask();
      if (!until([&] { return asked_ == asked; })) return {{"error", "a request was lost"}};
      say();
      if (!until([&] { return events_ == events; })) return {{"error", "an answer was lost"}};
      us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - before).count());
    }
    std::ranges::sort(us);
    const auto say_with_ticks = [&](uint32_t i) {
      constexpr uint32_t more_than_a_frame = 1000;  // without a tick a host gives its link up
      if (i % more_than_a_frame == 0) tick();
      say();
    };
    const double up = rate(messages, say_with_ticks, events_);
    const double down = rate(messages, [&](uint32_t) { ask(); }, asked_, 32);
    if (up == 0 || down == 0) return {{"error", "messages were lost"}};
    return {{"round_trip_us",
             {{"p50", us[us.size() / 2]}, {"p99", us[us.size() * 99 / 100]}, {"max", us.back()}}},
            {"round_trips", trips},
            {"to_host_per_second", up},
            {"to_appliance_per_second", down}};
  }

 private:
  void ask() { transport_->send(protocol::frame(protocol::Request{.id = 1}).bytes()); }
  void tick() { far_->send(protocol::frame(protocol::Tick{}).bytes()); }
  void say() {
    far_->send(protocol::frame(protocol::Event{.kind = protocol::EventKind::request}).bytes());
  }
  template <class Send>
  double rate(uint32_t n, Send send, const uint64_t& count, uint32_t ahead = 256) {
    const auto before = Clock::now();
    const uint64_t first = count;
    uint32_t sent = 0;
    const bool all = until([&] {
      while (sent < n && first + sent < count + ahead) send(sent++);
      return count >= first + n;
    });
    return all ? n / std::chrono::duration<double>(Clock::now() - before).count() : 0;
  }
  template <class So>
  bool until(So so) {
    const auto end = Clock::now() + give_up;
    int idle = 0;
    while (!so()) {
      const auto now = Clock::now();
      if (now > end) return false;
      if (now >= next_tick_) {
        next_tick_ = now + std::chrono::milliseconds(16);
        tick();
      }
      far_->pump();
      const auto& received = far_->received();
      for (; taken_ < received.size(); ++taken_)
        if (const auto message = appliance_.byte(received[taken_]))
          if (protocol::decode_request(*message)) ++asked_;
      io_.restart();
      if (io_.poll() > 0) idle = 0;
      if (++idle > 50) {  // leaves the processor to the model and the device's thread
        io_.restart();
        io_.run_one_for(std::chrono::microseconds(50));
      }
    }
    return true;
  }

  std::unique_ptr<FarEnd> far_;
  boost::asio::io_context io_;
  std::unique_ptr<ports::Transport> transport_;
  protocol::LinkDecoder host_, appliance_;
  bool up_ = false;
  size_t taken_ = 0;
  uint64_t asked_ = 0, events_ = 0;
  Clock::time_point next_tick_;
};

}  // namespace

int main(int argc, char** argv) {
  if (!std::getenv("UNDERSTUDY_WRAPPED")) {  // umockdev's preload library, as in main.cpp
    ::setenv("UNDERSTUDY_WRAPPED", "1", 1);
    ::setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
    ::execv("/proc/self/exe", argv);
  }
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Round trip and messages a second of each transport, before modelled devices."};
  std::string file;
  int trips = 500;
  uint32_t messages = 3000;
  app.add_option("--json", file, "a file for all figures");
  app.add_option("--trips", trips, "round trips")->check(CLI::Range(100, 1'000'000));
  app.add_option("--messages", messages, "messages each way")->check(CLI::Range(100, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  const std::pair<const char*, std::function<std::unique_ptr<FarEnd>()>> kinds[] = {
      {"sim", make_sim_end},
      {"usb ft2232h (model)", [] { return make_usb_end("ft2232h"); }},
      {"usb ft231x (model)", [] { return make_usb_end("ft231x"); }},
      {"tty (pseudo terminal)", make_tty_end},
      {"pci (file)", make_pci_end}};
  json all = json::object();
  bool good = true;
  fmt::print("{:<22} {:>9} {:>9} {:>9}   {:>10} {:>12}\n", "round trip, us", "p50", "p99", "max",
             "to host/s", "to appliance/s");
  for (const auto& [name, make] : kinds) {
    const json r = all[name] = Bench(make()).run(trips, messages);
    if (r.contains("error")) {
      good = false;
      fmt::print("{:<22} {}\n", name, r["error"].get<std::string>());
      continue;
    }
    const auto& t = r["round_trip_us"];
    fmt::print("{:<22} {:>9.1f} {:>9.1f} {:>9.1f}   {:>10.0f} {:>12.0f}\n", name,
               t["p50"].get<double>(), t["p99"].get<double>(), t["max"].get<double>(),
               r["to_host_per_second"].get<double>(), r["to_appliance_per_second"].get<double>());
  }
  if (!file.empty()) std::ofstream(file) << all.dump(2) << "\n";
  return good ? 0 : 1;
}
