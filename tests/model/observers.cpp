// SPDX-License-Identifier: Apache-2.0
#include "tests/model/observers.hpp"

#include <algorithm>

#include "protocol/line_tag.hpp"

namespace understudy::side {
namespace {
uint8_t red(uint32_t w) {
  return static_cast<uint8_t>(w >> 16);
}
uint8_t blue(uint32_t w) {
  return static_cast<uint8_t>(w >> 8);
}
uint8_t green(uint32_t w) {
  return static_cast<uint8_t>(w);
}
}  // namespace

void clear_tag(std::vector<uint32_t>& words) {
  for (size_t i = 0; i < std::min<size_t>(words.size(), protocol::limits::tag_pixels); ++i)
    words[i] &= 0xFEFEFE;
}

void LineObserver::see(uint64_t clock, const Inputs::Video& pixel) {
  if (!pixel.valid) return;
  if (length_ == 0) model_.line_started(clock, source_, ++id_);
  if (pixel.user) model_.start_of_frame(clock, source_);
  if (++length_ <= raster_.h_active) words_.push_back(pixel.data);
  if (!pixel.last) return;
  model_.line_ended(clock, source_, facts());
  clear_tag(words_);
  lines_.emplace_back(id_, std::move(words_));
  if (lines_.size() > kept) lines_.pop_front();
  words_ = {};
  length_ = 0;
}

model::LineFacts LineObserver::facts() const {
  model::LineFacts f;
  f.id = id_;
  f.length_right = length_ == raster_.h_active;
  if (!f.length_right) return f;
  std::vector<uint8_t> rgb;
  for (const uint32_t w : words_)
    for (const uint8_t c : {red(w), green(w), blue(w)}) rgb.push_back(c);
  f.picture_crc = protocol::picture_crc(rgb);
  if (const auto tag = protocol::read_tag(rgb)) {
    f.tag_right = true;
    f.discard = tag->discard();
    f.frame = tag->frame, f.line = tag->line;
    f.tag_says_crc = tag->picture_crc;
  }
  for (size_t i = 0; i < rgb.size(); ++i)
    f.brightest = std::max(
        f.brightest,
        static_cast<uint8_t>(i < 3 * protocol::limits::tag_pixels ? rgb[i] & 0xFE : rgb[i]));
  return f;
}

const std::vector<uint32_t>* LineObserver::pixels(uint64_t id) const {
  for (const auto& [line, words] : lines_)
    if (line == id) return &words;
  return nullptr;
}

void LinkObserver::see(uint64_t clock, const Inputs::Byte& byte) {
  if (!byte.valid) return;
  const uint32_t errors = decoder_.errors();
  const auto message = decoder_.byte(byte.data);
  if (decoder_.errors() != errors) model_.bad_link_frame(clock, source_);
  if (!message) return;
  if (const auto beat = protocol::decode_heartbeat(*message))
    model_.heartbeat(clock, source_, {beat->sequence, beat->boot_id, beat->state});
  else if (const auto request = protocol::decode_request(*message))
    model_.request(clock, source_, request->id, static_cast<uint8_t>(request->op));
  else
    model_.bad_link_frame(clock, source_);
}

}  // namespace understudy::side
