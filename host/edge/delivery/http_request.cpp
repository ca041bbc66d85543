// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/http_request.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <limits>

#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

namespace http = boost::beast::http;
namespace limits = protocol::limits;

std::string_view view(boost::beast::string_view s) {
  return {s.data(), s.size()};
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The path of a request target (RFC 9112, 3.2: origin or absolute form), query cut off.
std::optional<std::string> decode_path(std::string_view target) {
  if (target.starts_with("http://")) {
    const auto slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.starts_with('/')) return std::nullopt;
  std::string out;
  for (size_t i = 1; i < target.size(); ++i) {
    if (target[i] != '%') {
      out += target[i];
      continue;
    }
    if (i + 2 >= target.size() || hex(target[i + 1]) < 0 || hex(target[i + 2]) < 0)
      return std::nullopt;
    out += static_cast<char>(hex(target[i + 1]) * 16 + hex(target[i + 2]));
    i += 2;
  }
  if (out.find('\0') != std::string::npos || out.size() > limits::object_name_max)
    return std::nullopt;
  return out;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t v = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (wrong != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return v > uint64_t{1} << 62 ? std::nullopt : std::optional(v);
}

/// A range that is not understood is no range; several are answered with the whole (allowed by
/// RFC 9110, 14.2).
std::optional<HttpRequest::Range> parse_range(std::string_view text) {
  if (!text.starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  HttpRequest::Range out;
  const auto first = text.substr(0, dash), second = text.substr(dash + 1);
  if (first.empty()) {
    out.last = number(second);
    return out.last ? std::optional(out) : std::nullopt;
  }
  out.from = number(first);
  if (!out.from) return std::nullopt;
  if (second.empty()) return out;
  out.to = number(second);
  if (!out.to || *out.to < *out.from) return std::nullopt;
  return out;
}

std::variant<HttpRequest, BadRequest, Incomplete> judge(
    const http::request_header<http::fields>& r) {
  HttpRequest out;
  if (r.method() == http::verb::head)
    out.method = HttpRequest::Method::head;
  else if (r.method() != http::verb::get)
    return BadRequest{r.method() == http::verb::unknown ? 501 : 405,
                      "only GET and HEAD are served"};
  if (r.count(http::field::transfer_encoding) ||
      (r.count(http::field::content_length) && r[http::field::content_length] != "0"))
    return BadRequest{413, "a request has no body here"};
  out.old_version = r.version() < 11;
  if (!out.old_version && r.count(http::field::host) != 1)
    return BadRequest{400, "one Host is needed"};
  const auto path = decode_path(view(r.target()));
  if (!path) return BadRequest{400, "the target is not a path"};
  out.path = *path;
  http::token_list connection{r[http::field::connection]};
  out.keep_alive = out.old_version ? connection.exists("keep-alive") : !connection.exists("close");
  out.range = parse_range(view(r[http::field::range]));
  out.if_range = view(r[http::field::if_range]);
  out.if_none_match = view(r[http::field::if_none_match]);
  out.if_modified_since = parse_http_date(view(r[http::field::if_modified_since]));
  return out;
}

/// A line that ends in LF alone: others may see another request in it than we do.
bool has_bare_line_feed(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    if (at == 0 || text[at - 1] != '\r') return true;
  return false;
}

}  // namespace

ParsedRequest parse_request(std::string_view in) {
  size_t skip = 0;  // empty lines before a request (RFC 9112, 2.2)
  while (in.substr(skip).starts_with("\r\n")) skip += 2;
  in.remove_prefix(skip);
  const auto end = in.find("\r\n\r\n");
  const bool whole = end != std::string_view::npos;
  if (has_bare_line_feed(in.substr(0, std::min<size_t>(end, limits::request_head_max))))
    return {BadRequest{400, "lines end in CR LF"}, skip};
  if (!whole && in.size() <= limits::request_head_max) return {Incomplete{}, skip};
  if (!whole || end + 4 > limits::request_head_max)
    return {BadRequest{431, "the header is too long"}, skip};
  http::request_parser<http::empty_body> parser;
  parser.header_limit(limits::request_head_max + 1);
  parser.body_limit(0);
  parser.skip(true);
  boost::beast::error_code e;
  parser.put(boost::asio::buffer(in.data(), end + 4), e);
  const size_t consumed = skip + end + 4;
  if (e == http::error::bad_version) return {BadRequest{505, "HTTP/1.0 or HTTP/1.1"}, consumed};
  if (e || !parser.is_header_done()) return {BadRequest{400, "not a request"}, consumed};
  ParsedRequest out;
  out.consumed = consumed;
  out.result = judge(parser.get().base());
  return out;
}

std::string http_date(time_t time) {
  std::tm t{};
  ::gmtime_r(&time, &t);
  char text[64];
  const size_t n = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &t);
  return {text, n};
}

std::optional<time_t> parse_http_date(std::string_view text) {
  std::tm t{};
  const std::string terminated(text);
  const char* end = ::strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &t);
  if (!end || *end) return std::nullopt;
  return ::timegm(&t);
}

}  // namespace understudy::edge
