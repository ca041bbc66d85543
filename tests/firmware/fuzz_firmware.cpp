// SPDX-License-Identifier: Apache-2.0
// What reaches the firmware from outside: a frame in the link's memory (its own decoder agrees with
// protocol/'s), the words of a line, what the flash holds (values are in range, and can be saved).
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "firmware/config_store.hpp"
#include "firmware/link_console.hpp"

namespace {
using namespace understudy;
using firmware::CommandLine;

void hold(bool so) {
  if (!so) std::abort();
}

void read_frame(std::span<const uint8_t> input) {
  std::array<uint8_t, protocol::limits::link_frame_max> memory{};
  std::copy_n(input.begin(), std::min(input.size(), memory.size()), memory.begin());
  CommandLine line;
  const auto id = firmware::take_line([&](uint32_t i) { return memory[i]; }, line);
  protocol::LinkDecoder decoder;
  std::optional<protocol::FirmwareLine> said;
  for (const uint8_t byte : memory) {
    if (const auto message = decoder.byte(byte)) said = protocol::decode_firmware_line(*message);
    if (byte == 0) break;
  }
  if (!said) return;
  hold(id == said->id && !line.too_long());
  CommandLine typed;
  for (const char c : said->text.view()) typed.put(static_cast<uint8_t>(c));
  typed.put('\r');
  hold(typed.words() == line.words());
  for (size_t i = 0; i < line.words(); ++i) {
    hold(std::strcmp(typed.word(i), line.word(i)) == 0);
    (void)line.number(i);
  }
}

/// The same with a frame that is whole.
void read_line(std::span<const uint8_t> input) {
  if (input.size() < 2 || input.size() > protocol::limits::link_payload_max - 4) return;
  std::array<uint8_t, protocol::limits::link_payload_max> message{};
  std::ranges::copy(input, message.begin());
  message[0] = static_cast<uint8_t>(protocol::FirmwareLine::type);
  read_frame(protocol::frame_message(std::span(message).first(input.size())).bytes());
}

struct Wire {
  std::array<uint8_t, 256>* memory = nullptr;
  protocol::LinkDecoder* decoder = nullptr;
  std::string* text = nullptr;
  bool ready() const { return true; }
  void put(uint8_t at, uint8_t byte) const { (*memory)[at] = byte; }
  void send() const {
    for (size_t i = 0; i < protocol::limits::link_frame_max; ++i) {
      const auto message = decoder->byte((*memory)[i]);
      if ((*memory)[i] != 0) continue;
      const auto piece = message ? protocol::decode_firmware_text(*message) : std::nullopt;
      hold(piece.has_value());
      text->append(piece->text.view().data(), piece->text.size);
      return;
    }
    std::abort();  // no end
  }
};

void answer(std::span<const uint8_t> input) {
  std::array<uint8_t, 256> memory{};
  protocol::LinkDecoder decoder;
  std::string heard, said;
  firmware::LinkVoice<Wire> voice{{}};
  voice.begin({&memory, &decoder, &heard}, input.empty() ? 0 : input[0]);
  for (const uint8_t c : input)
    if (c != 0 && c != '\r') said += static_cast<char>(c), voice.put(static_cast<char>(c));
  voice.end(protocol::FirmwareResult::refused);
  hold(heard == said);
}

class Sectors final : public firmware::Flash {
 public:
  explicit Sectors(std::span<const uint8_t> input) {
    bytes_.fill(0xFF);  // half of the input is one copy, half the other
    const auto first = input.first(input.size() / 2), second = input.subspan(input.size() / 2);
    std::copy_n(first.begin(), std::min<size_t>(first.size(), 256), bytes_.begin());
    std::copy_n(second.begin(), std::min<size_t>(second.size(), 256), bytes_.begin() + 256);
  }
  void read(uint32_t address, std::span<uint8_t> to) override {
    hold(address + to.size() <= bytes_.size());
    std::copy_n(bytes_.begin() + address, to.size(), to.begin());
  }
  void erase(uint32_t address) override { std::fill_n(bytes_.begin() + address, 256, 0xFF); }
  void program(uint32_t address, std::span<const uint8_t> from) override {
    hold(address + from.size() <= bytes_.size());
    for (size_t i = 0; i < from.size(); ++i) bytes_[address + i] &= from[i];
  }
  /// The checksum of a copy that says its own size, put right.
  void seal(uint32_t at) {
    uint32_t size = 0;
    std::memcpy(&size, &bytes_[at + 8], 4);
    if (size < 16 || size > 256) return;
    std::memcpy(&bytes_[at], &firmware::ConfigStore::magic, 4);
    const uint32_t crc = protocol::crc32c(std::span(bytes_).subspan(at, size - 4));
    std::memcpy(&bytes_[at + size - 4], &crc, 4);
  }

 private:
  std::array<uint8_t, 512> bytes_;
};

void start_from(std::span<const uint8_t> input, bool sealed) {
  Sectors flash(input);
  if (sealed) flash.seal(0), flash.seal(256);
  firmware::ConfigStore store(flash, {0, 256});
  firmware::Config config, again;
  (void)store.load(config);
  for (size_t i = 0; i < firmware::config_values.size(); ++i)
    hold(config.get(i) >= firmware::config_values[i].least &&
         config.get(i) <= firmware::config_values[i].most);
  hold(store.save(config));
  hold(firmware::ConfigStore(flash, {0, 256}).load(again) != firmware::ConfigStore::Loaded::none);
  hold(config == again);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span input(data, size);
  read_frame(input);
  read_line(input);
  answer(input);
  start_from(input, false);
  start_from(input, true);
  return 0;
}
