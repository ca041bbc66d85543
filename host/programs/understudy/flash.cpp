// SPDX-License-Identifier: Apache-2.0
// `understudy flash`: a bitstream, or the soft core's firmware, into a board's flash by the
// programmer that the board is known to work with. Writing the firmware through the appliance's
// own link was refused: it runs from that flash, so a cut in the middle would leave none.
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/appliance.hpp"

namespace understudy::tool {
namespace {

struct BoardFlash {
  const char* board;
  std::array<const char*, 4> bitstream;  // words before the file's name
  std::array<const char*, 6> firmware;   // the same; none: no soft core on it
  std::string_view sync;                 // what a bitstream of its family has near its begin
  size_t least, most;                    // bytes of one
};
/// As boards/NAME/board.sh has them; a test compares.
constexpr std::array<BoardFlash, 3> boards = {{
    {"hx8k", {"iceprog"}, {}, "\x7E\xAA\x99\x7E", 130'000, 140'000},
    {"icebreaker", {"iceprog"}, {}, "\x7E\xAA\x99\x7E", 100'000, 110'000},
    {"ulx3s",
     {"openFPGALoader", "-b", "ulx3s", "-f"},
     {"openFPGALoader", "-b", "ulx3s", "-f", "-o", "0x400000"},
     "\xFF\xFF\xBD\xB3",
     100'000,
     0x400000},
}};
constexpr size_t sync_within = 4096;        // comments stand before it
constexpr size_t firmware_max = 64 * 1024;  // firmware.ld

struct Wish {
  std::string board, file;
  bool firmware = false, dry = false;
};

template <size_t N>
std::vector<std::string> words_of(const std::array<const char*, N>& words) {
  std::vector<std::string> out;
  for (const char* word : words)
    if (word) out.emplace_back(word);
  return out;
}

/// A wrong file in the flash is a dead board. Empty, or why it is no such image.
std::string fault_of(const Wish& wish, const BoardFlash& board) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(wish.file, code))
    return fmt::format("no file {}; ./dev board {} builds it", wish.file, wish.board);
  std::ifstream file(wish.file, std::ios::binary);
  std::string head(sync_within, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(file.gcount()));
  if (head.empty()) return fmt::format("{} is empty or cannot be read", wish.file);
  const auto bytes = std::filesystem::file_size(wish.file, code);
  if (wish.firmware) {
    const bool other = std::ranges::any_of(
        boards, [&](const BoardFlash& b) { return head.find(b.sync) != head.npos; });
    if (!other && bytes <= firmware_max && bytes % 4 == 0 && (head[0] & 3) == 3) return "";
    return fmt::format("{} is no image of the firmware", wish.file);
  }
  if (head.find(board.sync) == head.npos)
    return fmt::format("{} is no bitstream for {}", wish.file, wish.board);
  if (bytes >= board.least && bytes <= board.most) return "";
  return fmt::format("{} has {} bytes: it is cut short, or for another board than {}", wish.file,
                     bytes, wish.board);
}

/// Runs it with our standard output as its error output; its exit status, -1 when it is not there.
int run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);  // our output is for programs
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return 128 + WTERMSIG(status);
}

int flash(const Context& context, const Wish& wish) {
  const auto board = std::ranges::find(boards, wish.board, &BoardFlash::board);
  auto words = wish.firmware ? words_of(board->firmware) : words_of(board->bitstream);
  if (words.empty())
    return fail(context, refused,
                fmt::format("{} has no soft core, so no firmware goes there (boards/README.md)",
                            wish.board));
  if (const auto fault = fault_of(wish, *board); !fault.empty()) return fail(context, usage, fault);
  words.push_back(wish.file);
  const auto command = fmt::format("{}", fmt::join(words, " "));
  if (!wish.dry) {
    if (!context.json) complain("{}\n", command);
    const int status = run(words);
    if (status == -1 || status == 127)
      return fail(context, failed,
                  fmt::format("{0} is not installed: apt install {1}", words[0],
                              words[0] == "iceprog" ? "fpga-icestorm" : "openfpgaloader"));
    if (status != 0)
      return fail(context, unreachable,
                  fmt::format("{} ended with {}. Is the board plugged in, and may you open it "
                              "(boards/udev/70-understudy.rules)?",
                              words[0], status));
  }
  if (context.json)
    print("{}\n",
          json_line(nlohmann::json{{"ok", true}, {"command", command}, {"run", !wish.dry}}));
  else
    print("{}\n", wish.dry ? command : "written; a board takes it up at its next power on");
  return ok;
}

}  // namespace

void add_flash(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "flash",
      "writes a bitstream, or the soft core's firmware, into a board's flash with openFPGALoader "
      "or iceprog");
  auto wish = std::make_shared<Wish>();
  std::vector<std::string> names;
  for (const auto& b : boards) names.emplace_back(b.board);
  command->add_option("board", wish->board, "which board")->required()->check(CLI::IsMember(names));
  command
      ->add_option("file", wish->file, "what ./dev board built: NAME.bin, NAME.bit, firmware.bin")
      ->required();
  command->add_flag("--firmware", wish->firmware, "the file is the firmware's image");
  command->add_flag("--dry-run", wish->dry, "only say the command");
  command->callback(
      [&context, wish] { context.run = [&context, wish] { return flash(context, *wish); }; });
}

}  // namespace understudy::tool
