// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/request.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace understudy::rtsp {

namespace limits = protocol::limits;

namespace {

constexpr size_t interleaved_header = 4;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token(std::string_view s) {
  constexpr std::string_view separators = "()<>@,;:\\\"/[]?={}";
  return !s.empty() && std::ranges::all_of(s, [&](char c) {
    return c > ' ' && c < 0x7f && !separators.contains(c);
  });
}
bool is_text(std::string_view s) {
  return std::ranges::all_of(s,
                             [](char c) { return c == '\t' || (c >= ' ' && c != 0x7f) || c < 0; });
}
bool is_url(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<uint32_t> number(std::string_view s) {
  uint32_t v = 0;
  const auto [end, wrong] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (wrong != std::errc() || end != s.data() + s.size() || s.empty()) return std::nullopt;
  return v;
}

/// The next line without its end; nothing when it is not whole.
std::optional<std::string_view> take_line(std::string_view& in) {
  const size_t end = in.find('\n');
  if (end == in.npos) return std::nullopt;
  auto line = in.substr(0, end);
  in.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Head {
  Request request;
  size_t body = 0;
  int status = 200;  // otherwise: what is wrong
};

void read_request_line(std::string_view line, Head& head) {
  const size_t a = line.find(' '), b = line.rfind(' ');
  if (a == line.npos || a == b) return void(head.status = 400);
  const auto method = line.substr(0, a), url = line.substr(a + 1, b - a - 1);
  const auto version = line.substr(b + 1);
  if (!is_token(method) || !is_url(url) || !version.starts_with("RTSP/"))
    return void(head.status = 400);
  if (version != "RTSP/1.0") head.status = 505;
  head.request.method = method;
  head.request.url = url;
}

void read_field(std::string_view line, Head& head) {
  const size_t colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon)) || !is_text(line.substr(colon + 1)) ||
      head.request.fields.size() >= limits::rtsp_fields_max)
    return void(head.status = 400);
  head.request.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

/// A whole head, blank line not included.
Head read_head(std::string_view text) {
  Head head;
  const auto first = take_line(text);
  read_request_line(first.value_or(""), head);
  while (head.status != 400 && !text.empty()) read_field(take_line(text).value_or(""), head);
  if (head.status == 400) return head;
  const auto sequence = number(head.request.field("CSeq"));
  if (sequence)
    head.request.sequence = *sequence;
  else if (head.status == 200)
    head.status = 400;
  if (head.request.has("Content-Length")) {
    const auto length = number(head.request.field("Content-Length"));
    if (!length)
      head.status = 400;
    else if (*length > limits::rtsp_body_max)
      head.status = 413;
    else
      head.body = *length;
  }
  if (head.request.has("Transfer-Encoding")) head.status = 400;
  return head;
}

/// Where the blank line ends, and where the head before it does; nothing when it is not there.
std::optional<std::pair<size_t, size_t>> find_head_end(std::string_view in) {
  for (size_t at = 0;;) {
    const size_t end = in.find('\n', at);
    if (end == in.npos) return std::nullopt;
    if (end == at || (end == at + 1 && in[at] == '\r')) return std::pair{at, end + 1};
    at = end + 1;
  }
}

}  // namespace

bool equal_ignoring_case(std::string_view x, std::string_view y) {
  return std::ranges::equal(x, y, [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string_view Request::field(std::string_view name) const {
  for (const auto& [n, value] : fields)
    if (equal_ignoring_case(n, name)) return value;
  return {};
}
bool Request::has(std::string_view name) const {
  return std::ranges::any_of(fields, [&](auto& f) { return equal_ignoring_case(f.first, name); });
}

void Input::take(std::span<const uint8_t> bytes) {
  const auto passed = std::min<size_t>(skip_, bytes.size());
  skip_ -= static_cast<uint32_t>(passed);
  bytes = bytes.subspan(passed);
  unread_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool Input::restore(std::string_view unread, uint32_t skip) {
  if (unread.size() > limits::rtsp_unread_max || skip > 0xffff) return false;
  unread_ = unread;
  skip_ = skip;
  return true;
}

Input::Piece Input::next_interleaved() {
  if (unread_.size() < interleaved_header) return Incomplete{};
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(unread_[i]); };
  const size_t size = size_t{byte(2)} << 8 | byte(3);
  const size_t whole = interleaved_header + size;
  if (size > limits::rtcp_received_max) {
    const size_t here = std::min(whole, unread_.size());
    unread_.erase(0, here);
    skip_ = static_cast<uint32_t>(whole - here);
    return skip_ ? Piece(Incomplete{}) : next();
  }
  if (unread_.size() < whole) return Incomplete{};
  Interleaved out{byte(1), {}};
  out.bytes.assign(unread_.begin() + interleaved_header,
                   unread_.begin() + static_cast<std::ptrdiff_t>(whole));
  unread_.erase(0, whole);
  return out;
}

Input::Piece Input::next() {
  const size_t begin = std::min(unread_.find_first_not_of("\r\n"), unread_.size());
  unread_.erase(0, begin);
  if (unread_.empty()) return Incomplete{};
  if (unread_.front() == '$') return next_interleaved();
  const std::string_view all = unread_;
  const auto end = find_head_end(all);
  if (!end && all.size() < limits::rtsp_head_max) return Incomplete{};
  if (!end || end->second > limits::rtsp_head_max) return Unreadable{413, 0};
  auto head = read_head(all.substr(0, end->first));
  if (head.status != 200) return Unreadable{head.status, head.request.sequence};
  if (all.size() < end->second + head.body) return Incomplete{};
  head.request.body = all.substr(end->second, head.body);
  unread_.erase(0, end->second + head.body);
  return std::move(head.request);
}

}  // namespace understudy::rtsp
