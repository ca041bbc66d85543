// SPDX-License-Identifier: Apache-2.0
#include "host/core/render/parameters.hpp"

#include <charconv>

#include "protocol/limits.hpp"

namespace understudy::render {
namespace {

constexpr char32_t replacement = 0xFFFD;

std::expected<std::string, Error> text(std::string_view key, std::string_view value) {
  if (value.size() > protocol::limits::parameter_bytes_max)
    return error(std::string(key) + ": longer than " +
                 std::to_string(protocol::limits::parameter_bytes_max) + " bytes");
  for (auto rest = value; !rest.empty();) {
    const auto before = rest;
    const char32_t c = take_character(rest);
    const bool written = before.starts_with("\xEF\xBF\xBD");  // U+FFFD itself
    if (c == replacement && !written) return error(std::string(key) + ": is not UTF-8");
    if (c < 0x20 || c == 0x7F) return error(std::string(key) + ": has a control character");
  }
  return std::string(value);
}

std::expected<uint32_t, Error> number(std::string_view key, std::string_view value, uint32_t most,
                                      uint32_t otherwise) {
  if (value.empty()) return otherwise;
  uint32_t n = 0;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (code != std::errc{} || end != value.data() + value.size() || n > most)
    return error(std::string(key) + ": is a number from 0 to " + std::to_string(most));
  return n;
}

template <class Value>
std::expected<void, Error> assign(Value& to, std::expected<Value, Error> from) {
  if (!from) return std::unexpected(from.error());
  to = std::move(*from);
  return {};
}

}  // namespace

char32_t take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t size = lead < 0x80       ? 1
                      : lead >> 5 == 6  ? 2
                      : lead >> 4 == 14 ? 3
                      : lead >> 3 == 30 ? 4
                                        : 0;
  char32_t c = size == 1 ? lead : lead & (0x7Fu >> size);
  bool good = size != 0 && size <= text.size();
  for (size_t i = 1; good && i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    good = next >> 6 == 2;
    c = c << 6 | (next & 0x3F);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  good = good && c >= least[size] && c < 0x110000 && !(c >= 0xD800 && c < 0xE000);
  text.remove_prefix(good ? size : 1);
  return good ? c : replacement;
}

std::expected<void, Error> set(Parameters& p, std::string_view key, std::string_view value) {
  if (key == "caption") return assign(p.caption, text(key, value));
  if (key == "ticker") return assign(p.ticker, text(key, value));
  if (key == "ticker_speed")
    return assign(p.ticker_speed, number(key, value, ticker_speed_max, Parameters{}.ticker_speed));
  if (key == "gain") return assign(p.gain, number(key, value, gain_max, gain_neutral));
  return error("no parameter is named '" + std::string(key) +
               "'; there are caption, ticker, ticker_speed, gain");
}

}  // namespace understudy::render
