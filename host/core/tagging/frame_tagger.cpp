// SPDX-License-Identifier: Apache-2.0
#include "host/core/tagging/frame_tagger.hpp"

#include <array>
#include <cstring>

#include "protocol/line_tag.hpp"

namespace understudy::tagging {
namespace {

constexpr size_t tag_bytes = 3 * protocol::limits::tag_pixels;
static_assert(tag_bytes % 8 == 0);
[[maybe_unused]] constexpr uint64_t without_tag_bits = 0xFEFEFEFEFEFEFEFEu;

#if defined(__x86_64__)
uint64_t eight(const uint8_t* at) {
  uint64_t v;
  std::memcpy(&v, at, 8);
  return v;
}

__attribute__((target("sse4.2"))) uint32_t crc_by_instruction(std::span<const uint8_t> rgb) {
  uint64_t crc = 0xFFFFFFFFu;
  const uint8_t* at = rgb.data();
  const uint8_t* const end = at + rgb.size();
  for (const uint8_t* const tag_end = at + tag_bytes; at != tag_end; at += 8)
    crc = __builtin_ia32_crc32di(crc, eight(at) & without_tag_bits);
  for (; end - at >= 8; at += 8) crc = __builtin_ia32_crc32di(crc, eight(at));
  auto rest = static_cast<uint32_t>(crc);
  for (; at != end; ++at) rest = __builtin_ia32_crc32qi(rest, *at);
  return rest ^ 0xFFFFFFFFu;
}

bool has_instruction() {
  return __builtin_cpu_supports("sse4.2");
}
#else
uint32_t crc_by_instruction(std::span<const uint8_t> rgb) {
  return protocol::picture_crc(rgb);
}
bool has_instruction() {
  return false;
}
#endif

}  // namespace

uint32_t picture_crc(std::span<const uint8_t> rgb) {
  static const bool fast = has_instruction();
  return fast ? crc_by_instruction(rgb) : protocol::picture_crc(rgb);
}

void tag_frame(std::span<uint8_t> frame, size_t line_bytes, uint32_t number, uint8_t flags) {
  for (size_t y = 0; (y + 1) * line_bytes <= frame.size(); ++y) {
    const auto line = frame.subspan(y * line_bytes, line_bytes);
    protocol::write_tag(line, {flags, number, static_cast<uint16_t>(y), picture_crc(line), 0});
  }
}

}  // namespace understudy::tagging
