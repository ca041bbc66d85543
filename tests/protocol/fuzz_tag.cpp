// SPDX-License-Identifier: Apache-2.0
// Any line: reading a tag does not crash, and a tag that is found can be written back unchanged.
#include <cstdlib>
#include <vector>

#include "protocol/line_tag.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace understudy::protocol;
  if (size < 3 * limits::tag_pixels) return 0;
  std::vector<uint8_t> line(data, data + size);
  if (const auto tag = read_tag(line)) {
    write_tag(line, *tag);
    if (!std::equal(line.begin(), line.end(), data)) std::abort();
  }
  tag_line(line, 1, 2, 3);
  const auto tag = read_tag(line);
  if (!tag || tag->picture_crc != picture_crc(line)) std::abort();
  return 0;
}
