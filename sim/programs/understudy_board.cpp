// SPDX-License-Identifier: Apache-2.0
// understudy-board: a whole board in simulation, for people without one: the gate and beside it the
// soft core with the firmware's image, its flash, and two servers behind its relays. Its links are
// sockets, as those of understudy-appliance, or modelled USB bridges before them. What it calls a
// millisecond is a thousand clocks. While somebody speaks to it it runs as fast as this machine
// can, and no faster than they listen.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <thread>

#include "host/edge/command_line/command_line.hpp"
#include "sim/board/board.hpp"
#include "sim/board/link_socket.hpp"
#include "sim/board/server_machine.hpp"
#include "sim/usb/modelled_bus.hpp"

namespace {

using namespace understudy;
using protocol::Server;

volatile std::sig_atomic_t ending = 0;

struct Options {
  std::string directory, firmware, flash;
  std::vector<std::string> servers;  // that are on from the start
  bool usb = false;
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

constexpr std::chrono::milliseconds patience{200};  // with one who does not read

class Desk {
 public:
  Desk(sim::Board& board, std::array<sim::LinkSocket, 2>& links,
       std::array<sim::ServerMachine, 2> servers)
      : board_(board), links_(links), servers_(servers) {}

  void run() {
    using namespace std::chrono;
    auto due = steady_clock::now();
    while (!ending) {
      const auto now = steady_clock::now();
      if (!full()) taken_ = now;
      const bool waits = full() && now < taken_ + patience;
      if (full() && !waits) give_up();
      if (!waits) board_.run(sim::Board::ms);
      serve();
      const bool busy =
          links_[0].busy(board_.clocks * 1000) || links_[1].busy(board_.clocks * 1000);
      due = busy && !waits ? now : std::max(due, now) + milliseconds(1);
      std::this_thread::sleep_until(due);
    }
  }

 private:
  void serve() {
    for (unsigned s = 0; s < 2; ++s) {
      board_.send(s, links_[s].serve(board_.heard[s], board_.clocks * 1000));
      servers_[s].step(board_.clocks / sim::Board::ms, board_.is_closed(2 * s),
                       board_.is_closed(2 * s + 1));
      board_.lives[s] = servers_[s].lives();
    }
    board_.feed(board_.lives[0], board_.lives[1]);
    tell();
    board_.said.clear();
  }
  bool full() const { return links_[0].full() || links_[1].full(); }
  /// Whoever reads late loses, as on any wire, and is not waited for again before it has read.
  void give_up() {
    for (unsigned s = 0; s < 2; ++s)
      if (links_[s].full()) links_[s].drop(board_.heard[s]);
  }
  void tell() {
    for (unsigned i = 0; i < 4; ++i)
      if (board_.is_closed(i) != closed_[i])
        std::cout << "relay " << sim::Board::relay_names[i]
                  << ((closed_[i] = !closed_[i]) ? " closed" : " open") << std::endl;
    for (unsigned s = 0; s < 2; ++s)
      if (board_.lives[s] != lived_[s])
        std::cout << "server "
                  << "ab"[s] << ((lived_[s] = !lived_[s]) ? " sends heartbeats" : " is silent")
                  << std::endl;
    if (board_.on_air() != on_air_)
      std::cout << "on air "
                << "ab"[on_air_ = board_.on_air()] << std::endl;
  }

  sim::Board& board_;
  std::array<sim::LinkSocket, 2>& links_;
  std::array<sim::ServerMachine, 2> servers_;
  std::chrono::steady_clock::time_point taken_;  // when nobody was late
  std::array<bool, 4> closed_{};
  std::array<bool, 2> lived_{};
  bool on_air_ = false;
};

/// An FT2232H before link A and an FT231X before link B, on a bus that is this program's own.
std::expected<sim::ModelledBus, Error> plug_in(const std::filesystem::path& folder) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  auto bus = sim::ModelledBus::start(program / "understudy-usb-bus", folder, folder / "usb.log");
  if (!bus) return bus;
  for (const std::string& command : {"appliance 1-1 " + (folder / "link-a").string() + " 1",
                                     std::string("plug 1-1 ft2232h BOARD-A"),
                                     "appliance 1-2 " + (folder / "link-b").string() + " 1",
                                     std::string("plug 1-2 ft231x BOARD-B")})
    if (const auto done = bus->tell(command); !done) return std::unexpected(done.error());
  // under a name that can be typed
  std::error_code code;
  std::filesystem::remove(folder / "usb", code);
  std::filesystem::create_directory_symlink(bus->root(), folder / "usb", code);
  if (code) return error("cannot make " + (folder / "usb").string() + ": " + code.message());
  return bus;
}

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
  std::optional<sim::ModelledBus> bus;
  if (options.usb) {
    auto started = plug_in(directory);
    if (!started) return complain(started.error().text);
    bus.emplace(std::move(*started));
    std::cout
        << "understudy-board: usb:serial=BOARD-A, usb:serial=BOARD-B; programs see them with\n"
           "  export LD_PRELOAD=libumockdev-preload.so.0\n  export UMOCKDEV_DIR=$(readlink "
        << (directory / "usb").string() << ")" << std::endl;
  } else {
    std::cout << "understudy-board: sim:unix:" << directory.string() << "/link-a, link-b"
              << std::endl;
  }
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
  app.add_flag("--usb", options.usb,
               "Modelled USB bridges before its links: understudy and the daemon reach it with "
               "their own libusb");
  app.footer("Exit codes:\n  0  ended by SIGTERM or SIGINT\n  1  could not start\n  2  wrong use");
  if (const auto code = parse_command_line(app, "understudy-board", argc, argv)) return *code;
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { ending = 1; });
  return run(options);
}
