// SPDX-License-Identifier: Apache-2.0
// understudy-board: a whole board in simulation, for people without one: the gate and beside it the
// soft core with the firmware's image, its flash, and two servers behind its relays. Its links are
// sockets, as those of understudy-appliance. It runs freely, as fast as this machine can while
// somebody is attached: what it calls a millisecond is a thousand clocks.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "host/edge/command_line/command_line.hpp"
#include "sim/board/board.hpp"
#include "sim/board/link_socket.hpp"
#include "sim/board/server_machine.hpp"

namespace {

using namespace understudy;
using protocol::Server;

volatile std::sig_atomic_t ending = 0;

struct Options {
  std::string directory, firmware, flash;
  std::vector<std::string> servers;  // that are on from the start
};

std::vector<uint8_t> content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The firmware that was built beside this program.
std::string usual_firmware() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "firmware/firmware.bin").string();
}

class Desk {
 public:
  Desk(sim::Board& board, std::array<sim::LinkSocket, 2>& links,
       std::array<sim::ServerMachine, 2> servers)
      : board_(board), links_(links), servers_(servers) {}

  void run() {
    using namespace std::chrono;
    auto due = steady_clock::now();
    while (!ending) {
      board_.run(sim::Board::ms);
      bool attached = false;
      for (unsigned s = 0; s < 2; ++s) {
        const auto said = links_[s].serve(board_.heard[s], board_.clocks * 1000);
        board_.send(s, said);
        attached = attached || links_[s].attached();
        servers_[s].step(board_.clocks / sim::Board::ms, board_.is_closed(2 * s),
                         board_.is_closed(2 * s + 1));
        board_.lives[s] = servers_[s].lives();
      }
      board_.feed(board_.lives[0], board_.lives[1]);
      tell();
      board_.said.clear();
      due = attached ? steady_clock::now() : due + milliseconds(1);
      std::this_thread::sleep_until(due);
    }
  }

 private:
  void tell() {
    for (unsigned i = 0; i < 4; ++i)
      if (board_.is_closed(i) != closed_[i])
        std::cout << "relay " << sim::Board::relay_names[i]
                  << ((closed_[i] = !closed_[i]) ? " closed" : " open") << std::endl;
    for (unsigned s = 0; s < 2; ++s)
      if (board_.lives[s] != lived_[s])
        std::cout << "server " << "ab"[s]
                  << ((lived_[s] = !lived_[s]) ? " sends heartbeats" : " is silent") << std::endl;
    if (board_.on_air() != on_air_)
      std::cout << "on air " << "ab"[on_air_ = board_.on_air()] << std::endl;
  }

  sim::Board& board_;
  std::array<sim::LinkSocket, 2>& links_;
  std::array<sim::ServerMachine, 2> servers_;
  std::array<bool, 4> closed_{};
  std::array<bool, 2> lived_{};
  bool on_air_ = false;
};

int complain(const std::string& what) {
  std::cerr << "understudy-board: " << what << '\n';
  return 1;
}

int run(const Options& options) {
  const auto directory = std::filesystem::absolute(options.directory);
  auto folder = edge::RunDirectory::open(directory.string());
  if (!folder) return complain(folder.error().text);
  const auto firmware = content(options.firmware);
  if (firmware.empty())
    return complain("no firmware in " + options.firmware + "; ./dev build firmware makes it");
  sim::Board board(firmware);
  if (!options.flash.empty())
    if (auto kept = content(options.flash); kept.size() == board.flash.content.size()) {
      std::copy(firmware.begin(), firmware.end(), kept.begin() + sim::Board::image);
      board.flash.content = std::move(kept);
    }
  auto a = edge::UnixListener::open(folder->path("link-a"), SOCK_SEQPACKET, 4);
  auto b = edge::UnixListener::open(folder->path("link-b"), SOCK_SEQPACKET, 4);
  if (!a || !b) return complain((a ? b : a).error().text);
  std::array<sim::LinkSocket, 2> links = {sim::LinkSocket(std::move(*a), Server::a),
                                          sim::LinkSocket(std::move(*b), Server::b)};
  const auto on = [&](const char* name) {
    return std::ranges::find(options.servers, name) != options.servers.end();
  };
  std::cout << "understudy-board: sim:unix:" << directory.string() << "/link-a, link-b"
            << std::endl;
  Desk(board, links, {sim::ServerMachine(on("a")), sim::ServerMachine(on("b"))}).run();
  if (options.flash.empty()) return 0;
  std::ofstream out(options.flash, std::ios::binary);
  out.write(reinterpret_cast<const char*>(board.flash.content.data()),
            static_cast<std::streamsize>(board.flash.content.size()));
  return out.flush() ? 0 : complain("cannot write " + options.flash);
}

}  // namespace

int main(int argc, char** argv) {
  Options options{.firmware = usual_firmware()};
  CLI::App app{
      "A whole board in simulation: the gate, the soft core with its firmware, two servers behind "
      "its relays.\nIts links are sockets: understudy find lists them."};
  app.add_option("--dir", options.directory, "Folder for the sockets; made when missing")
      ->required();
  app.add_option("--firmware", options.firmware, "The firmware's image, unless the one built here");
  app.add_option("--flash", options.flash,
                 "File that keeps the flash from one run to the next: the configuration");
  app.add_option("--on", options.servers, "A server that is on from the start: a, b")
      ->check(CLI::IsMember({"a", "b"}));
  app.footer("Exit codes:\n  0  ended by SIGTERM or SIGINT\n  1  could not start\n  2  wrong use");
  if (const auto code = parse_command_line(app, "understudy-board", argc, argv)) return *code;
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { ending = 1; });
  return run(options);
}
