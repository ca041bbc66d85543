// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/session.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "host/core/rtsp/description.hpp"

namespace understudy::rtsp {
namespace {

constexpr std::string_view methods =
    "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";

struct Reason {
  int status;
  std::string_view text;
};
constexpr Reason reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Time-out"},
    {413, "Request Entity Too Large"},
    {415, "Unsupported Media Type"},
    {451, "Parameter Not Understood"},
    {453, "Not Enough Bandwidth"},
    {454, "Session Not Found"},
    {455, "Method Not Valid in This State"},
    {457, "Invalid Range"},
    {461, "Unsupported Transport"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "RTSP Version Not Supported"},
    {551, "Option Not Supported"},
};
std::string_view reason_of(int status) {
  for (const auto& r : reasons)
    if (r.status == status) return r.text;
  return "Error";
}

Decision refuse(int status, std::string fields = {}) {
  return {.status = status, .fields = std::move(fields)};
}

std::optional<uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

/// Percent signs decoded (RFC 3986, 2.1); empty when one is broken.
std::string decoded(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i];
      continue;
    }
    const auto high = i + 2 < s.size() ? hex_digit(s[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(s[i + 2]) : std::nullopt;
    if (!low) return {};
    out += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return out;
}

bool names(const Session& session, const Request& request) {
  const auto field = request.field("Session");
  return session.identifier != 0 &&
         trimmed(field.substr(0, field.find(';'))) == session_text(session.identifier);
}

Decision describe(const Request& r) {
  const auto accept = r.field("Accept");
  if (!accept.empty() && accept.find("application/sdp") == accept.npos &&
      accept.find("*/*") == accept.npos && accept.find("application/*") == accept.npos)
    return refuse(406);
  return {.act = Act::describe, .path = path_of(r.url)};
}

Decision set_up(const Request& r, const Session& s) {
  if (r.has("Session") && !names(s, r)) return refuse(454);
  if (s.state == State::playing || (s.identifier != 0 && !r.has("Session"))) return refuse(455);
  Decision d{.act = Act::set_up, .path = path_of(r.url)};
  d.offers = read_transports(r.field("Transport"));
  if (d.offers.empty()) return refuse(461);
  for (auto& o : d.offers) o.destination = {};  // where it goes is the client's own address
  return d;
}

Decision play(const Request& r, const Session& s) {
  if (!names(s, r)) return refuse(454);
  const auto range = read_range(r.field("Range"));
  if (!range) return refuse(457);
  return {.act = Act::play, .range = *range};
}

Decision parameters(const Request& r, const Session& s) {
  if (r.has("Session") && !names(s, r)) return refuse(454);
  return refuse(trimmed(r.body).empty() ? 200 : 451);
}

}  // namespace

std::string session_text(uint64_t identifier) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(identifier));
  return text;
}

std::string path_of(std::string_view url) {
  if (const size_t scheme = url.find("://"); scheme != url.npos) {
    url.remove_prefix(scheme + 3);
    const size_t slash = url.find('/');
    if (slash == url.npos) return {};
    url.remove_prefix(slash);
  }
  if (!url.starts_with('/')) return {};
  url = url.substr(0, url.find_first_of("?#"));
  auto path = decoded(url.substr(1));
  if (const std::string track = std::string("/") + track_control; path.ends_with(track))
    path.resize(path.size() - track.size());
  while (path.ends_with('/')) path.pop_back();
  return path;
}

Decision decide(const Request& r, const Session& s) {
  if (r.has("Require"))
    return refuse(551, "Unsupported: " + std::string(r.field("Require").substr(0, 200)) + "\r\n");
  if (r.method == "OPTIONS") return refuse(200, "Public: " + std::string(methods) + "\r\n");
  if (r.method == "DESCRIBE") return describe(r);
  if (r.method == "SETUP") return set_up(r, s);
  if (r.method == "PLAY") return play(r, s);
  if (r.method == "GET_PARAMETER" || r.method == "SET_PARAMETER") return parameters(r, s);
  if (r.method == "PAUSE" || r.method == "TEARDOWN") {
    if (!names(s, r)) return refuse(454);
    if (r.method == "TEARDOWN") return {.act = Act::tear_down};
    return {.act = s.state == State::playing ? Act::pause : Act::nothing};
  }
  const bool known = r.method == "ANNOUNCE" || r.method == "RECORD" || r.method == "REDIRECT";
  return refuse(known ? 405 : 501, "Allow: " + std::string(methods) + "\r\n");
}

std::string respond(int status, uint32_t sequence, std::string_view fields, std::string_view body) {
  std::string out = "RTSP/1.0 " + std::to_string(status) + " ";
  out += reason_of(status);
  out += "\r\nCSeq: " + std::to_string(sequence) + "\r\n";
  out += fields;
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n";
  return out += body;
}

}  // namespace understudy::rtsp
