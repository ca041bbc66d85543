// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.x request out of received bytes. Boost.Beast reads the header; what it means for a
// server of files (RFC 9110, 9112) is decided here. Requests have no body.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace understudy::edge {

struct HttpRequest {
  enum class Method : uint8_t { get, head };
  /// One range of bytes as asked (RFC 9110, 14.1.2): from..to, from.. or the last `last`.
  struct Range {
    std::optional<uint64_t> from, to, last;
  };
  Method method = Method::get;
  std::string path;  // below the root, decoded, without a leading slash
  bool keep_alive = true;
  bool old_version = false;  // HTTP/1.0
  std::optional<Range> range;
  std::string if_range, if_none_match;
  std::optional<time_t> if_modified_since;
};

/// A request that is answered with an error; the connection ends after it.
struct BadRequest {
  int status = 400;
  std::string why;
};

struct Incomplete {};  // more bytes are needed

struct ParsedRequest {
  std::variant<HttpRequest, BadRequest, Incomplete> result;
  size_t consumed = 0;  // bytes; also those of empty lines before a request
};

/// `in` is at most request_bytes_max bytes.
ParsedRequest parse_request(std::string_view in);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(time_t time);
std::optional<time_t> parse_http_date(std::string_view text);

}  // namespace understudy::edge
