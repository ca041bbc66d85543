// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/http_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace understudy::edge {
namespace {

std::string_view reason(int status) {
  constexpr std::pair<int, std::string_view> known[] = {
      {200, "OK"},
      {206, "Partial Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {413, "Content Too Large"},
      {416, "Range Not Satisfiable"},
      {431, "Request Header Fields Too Large"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& [number, text] : known)
    if (number == status) return text;
  return "Error";
}

std::string_view content_type(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {".html", "text/html; charset=utf-8"},
      {".txt", "text/plain; charset=utf-8"},
      {".json", "application/json"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
      {".ts", "video/mp2t"},
      {".mkv", "video/x-matroska"},
      {".m3u8", "application/vnd.apple.mpegurl"},
      {".mp3", "audio/mpeg"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
  };
  for (const auto& [ending, type] : known)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

class Head {
 public:
  Head(int status, time_t now)
      : text_(fmt::format("HTTP/1.1 {} {}\r\nServer: understudy\r\nDate: {}\r\n", status,
                          reason(status), http_date(now))) {}
  void field(std::string_view name, std::string_view value) {
    text_ += fmt::format("{}: {}\r\n", name, value);
  }
  std::string end(std::string_view body = {}) && {
    text_ += "\r\n";
    text_ += body;
    return std::move(text_);
  }

 private:
  std::string text_;
};

void connection_field(Head& head, const HttpRequest& r) {
  if (!r.keep_alive)
    head.field("Connection", "close");
  else if (r.old_version)
    head.field("Connection", "keep-alive");
}

struct Span {
  uint64_t first = 0, length = 0;
};
/// Nothing: cannot be satisfied.
std::optional<Span> span_of(const HttpRequest::Range& range, uint64_t size) {
  if (range.last) {
    const uint64_t length = std::min(*range.last, size);
    return length ? std::optional(Span{size - length, length}) : std::nullopt;
  }
  if (*range.from >= size) return std::nullopt;
  const uint64_t end = range.to ? std::min(*range.to + 1, size) : size;
  return Span{*range.from, end - *range.from};
}

/// RFC 9110, 13.1.2: weak comparison, a list or "*".
bool names_tag(std::string_view list, std::string_view tag) {
  return list == "*" || list.find(tag) != std::string_view::npos;
}

bool not_modified(const HttpRequest& r, const Asset& a) {
  if (!r.if_none_match.empty()) return names_tag(r.if_none_match, a.tag);
  return r.if_modified_since && a.changed <= *r.if_modified_since;
}

HttpResponse short_answer(int status, const HttpRequest& r, time_t now, std::string_view body) {
  Head head(status, now);
  head.field("Content-Type", "text/plain; charset=utf-8");
  head.field("Content-Length", fmt::format("{}", body.size()));
  connection_field(head, r);
  HttpResponse out;
  out.answer.head = std::move(head).end(r.method == HttpRequest::Method::get ? body : "");
  out.closes = !r.keep_alive;
  return out;
}

}  // namespace

HttpResponse respond(const HttpRequest& r, AssetRoot& root, time_t now) {
  auto [asset, unable] = root.look_up(r.path);
  if (unable) return short_answer(503, r, now, "The files cannot be read now.\n");
  if (!asset) return short_answer(404, r, now, "There is no such file.\n");
  const bool unchanged = not_modified(r, *asset);
  const bool same = r.if_range.empty() || r.if_range == asset->tag ||
                    parse_http_date(r.if_range) == std::optional(asset->changed);
  const bool ranged = r.range && same && r.method == HttpRequest::Method::get && !unchanged;
  const auto span = ranged ? span_of(*r.range, asset->size) : Span{0, asset->size};
  const int status = unchanged ? 304 : !ranged ? 200 : span ? 206 : 416;
  Head head(status, now);
  if (status == 206)
    head.field("Content-Range", fmt::format("bytes {}-{}/{}", span->first,
                                            span->first + span->length - 1, asset->size));
  if (status == 416) head.field("Content-Range", fmt::format("bytes */{}", asset->size));
  if (!unchanged) {
    head.field("Content-Type", content_type(r.path));
    head.field("Content-Length", fmt::format("{}", span ? span->length : 0));
  }
  head.field("Accept-Ranges", "bytes");
  head.field("ETag", asset->tag);
  head.field("Last-Modified", http_date(asset->changed));
  connection_field(head, r);
  HttpResponse out;
  out.answer.head = std::move(head).end();
  out.closes = !r.keep_alive;
  if (r.method == HttpRequest::Method::get && (status == 200 || status == 206) && span->length) {
    out.answer.path = asset->path, out.answer.tag = asset->tag;
    out.answer.first = span->first, out.answer.length = span->length;
    out.asset = std::move(asset);
  }
  return out;
}

HttpResponse respond(const BadRequest& bad, time_t now) {
  Head head(bad.status, now);
  const auto body = bad.why + "\n";
  head.field("Content-Type", "text/plain; charset=utf-8");
  head.field("Content-Length", fmt::format("{}", body.size()));
  if (bad.status == 405) head.field("Allow", "GET, HEAD");
  head.field("Connection", "close");
  HttpResponse out;
  out.answer.head = std::move(head).end(body);
  out.closes = true;
  return out;
}

}  // namespace understudy::edge
