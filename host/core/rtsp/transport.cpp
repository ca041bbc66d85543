// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/transport.hpp"

#include <charconv>

#include "host/core/rtsp/request.hpp"

namespace understudy::rtsp {
namespace {

constexpr size_t offers_max = 8;
using Carrier = TransportOffer::Carrier;

/// Up to `mark`, which is taken too; all when it is not there.
std::string_view take_until(std::string_view& in, char mark) {
  const size_t end = std::min(in.find(mark), in.size());
  const auto out = trimmed(in.substr(0, end));
  in.remove_prefix(std::min(end + 1, in.size()));
  return out;
}

/// "6970-6971" or "6970": then the next one is the second.
std::optional<std::pair<uint32_t, uint32_t>> read_pair(std::string_view text, uint32_t most) {
  const auto first = take_until(text, '-');
  const auto read = [&](std::string_view s) -> std::optional<uint32_t> {
    uint32_t v = 0;
    const auto [end, wrong] = std::from_chars(s.data(), s.data() + s.size(), v);
    if (s.empty() || wrong != std::errc() || end != s.data() + s.size() || v > most)
      return std::nullopt;
    return v;
  };
  const auto a = read(first);
  if (!a) return std::nullopt;
  const auto b = text.empty() ? std::optional(*a + 1) : read(text);
  if (!b || *b > most || *a == *b) return std::nullopt;
  return std::pair{*a, *b};
}

struct Words {
  bool tcp = false, multicast = false, unicast = false, bad = false;
};

void read_parameter(std::string_view parameter, Words& words, TransportOffer& out) {
  auto value = parameter;
  const auto name = take_until(value, '=');
  if (equal_ignoring_case(name, "multicast")) words.multicast = true;
  if (equal_ignoring_case(name, "unicast")) words.unicast = true;
  if (equal_ignoring_case(name, "destination")) out.destination = value;
  if (equal_ignoring_case(name, "mode")) {
    if (value.starts_with('"') && value.ends_with('"') && value.size() >= 2)
      value = value.substr(1, value.size() - 2);
    if (!equal_ignoring_case(value, "PLAY")) words.bad = true;
  }
  if (equal_ignoring_case(name, "client_port")) {
    const auto p = read_pair(value, 0xffff);
    if (!p || p->first == 0)
      words.bad = true;
    else
      out.ports = {static_cast<uint16_t>(p->first), static_cast<uint16_t>(p->second)};
  }
  if (equal_ignoring_case(name, "interleaved")) {
    const auto p = read_pair(value, 0xff);
    if (!p)
      words.bad = true;
    else
      out.channels = {static_cast<uint8_t>(p->first), static_cast<uint8_t>(p->second)};
  }
}

}  // namespace

std::vector<TransportOffer> read_transports(std::string_view field) {
  std::vector<TransportOffer> out;
  while (!field.empty() && out.size() < offers_max) {
    auto rest = take_until(field, ',');
    const auto profile = take_until(rest, ';');
    Words words;
    TransportOffer offer;
    if (equal_ignoring_case(profile, "RTP/AVP/TCP"))
      words.tcp = true;
    else if (!equal_ignoring_case(profile, "RTP/AVP") &&
             !equal_ignoring_case(profile, "RTP/AVP/UDP"))
      continue;
    while (!rest.empty()) read_parameter(take_until(rest, ';'), words, offer);
    if (words.bad || (words.multicast && (words.unicast || words.tcp))) continue;
    // Multicast is what RFC 2326 takes when nothing is said; a client that names its ports does
    // not.
    const bool multicast = words.multicast || (!words.unicast && !words.tcp && !offer.ports);
    offer.carrier = words.tcp   ? Carrier::interleaved
                    : multicast ? Carrier::multicast
                                : Carrier::unicast;
    if (offer.carrier == Carrier::unicast && !offer.ports) continue;
    out.push_back(offer);
  }
  return out;
}

}  // namespace understudy::rtsp
