// SPDX-License-Identifier: Apache-2.0
// HTTP without a network: what a request means, what is answered, and that no path leads out of the
// root folder.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "host/edge/delivery/http_response.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

namespace fs = std::filesystem;
constexpr time_t now = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

HttpRequest good(const std::string& text) {
  const auto parsed = parse_request(text);
  const auto* r = std::get_if<HttpRequest>(&parsed.result);
  if (!r) ADD_FAILURE() << text;
  EXPECT_EQ(parsed.consumed, text.size());
  return r ? *r : HttpRequest{};
}
int refused(const std::string& text) {
  const auto parsed = parse_request(text);
  const auto* bad = std::get_if<BadRequest>(&parsed.result);
  return bad ? bad->status : 0;
}
std::string request(const std::string& line, const std::string& fields = "") {
  return line + "\r\nHost: x\r\n" + fields + "\r\n";
}

TEST(HttpRequest, is_read_as_the_standard_says) {
  auto r = good(request("GET /a%20b/c.mp4?x=1#f HTTP/1.1", "Range: bytes=5-\r\n"));
  EXPECT_EQ(r.path, "a b/c.mp4");
  EXPECT_TRUE(r.keep_alive);
  EXPECT_EQ(r.range->from, 5u);
  EXPECT_FALSE(r.range->to);
  EXPECT_EQ(good(request("GET http://host/film HTTP/1.1")).path, "film");
  EXPECT_FALSE(good(request("GET / HTTP/1.1", "Connection: close\r\n")).keep_alive);
  EXPECT_FALSE(good("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(good("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_EQ(good(request("HEAD / HTTP/1.1")).method, HttpRequest::Method::head);
  EXPECT_EQ(good(request("GET /f HTTP/1.1", "Range: bytes=-7\r\n")).range->last, 7u);
  for (const char* odd : {"bytes=9-5", "bytes=a-b", "lines=1-2", "bytes=1-2,5-6", "bytes=-",
                          "bytes=99999999999999999999-"})
    EXPECT_FALSE(good(request("GET /f HTTP/1.1", std::string("Range: ") + odd + "\r\n")).range)
        << odd;
}

TEST(HttpRequest, that_is_not_for_us_is_refused_with_its_status) {
  EXPECT_EQ(refused(request("POST /f HTTP/1.1", "Content-Length: 3\r\n")), 405);
  EXPECT_EQ(refused(request("NONSENSE /f HTTP/1.1")), 501);
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "Content-Length: 3\r\n")), 413);
  EXPECT_EQ(refused("GET /f HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "Host: y\r\n")), 400) << "two of them";
  EXPECT_EQ(refused(request("GET f HTTP/1.1")), 400);
  EXPECT_EQ(refused(request("GET /%zz HTTP/1.1")), 400);
  EXPECT_EQ(refused(request("GET /a%00b HTTP/1.1")), 400);
  EXPECT_EQ(refused("hello\r\n\r\n"), 400);
  EXPECT_EQ(refused(std::string(9000, 'x')), 431);
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "X: " + std::string(9000, 'x') + "\r\n")), 431);
}

/// What one reader takes for one request and another for two (request smuggling).
TEST(HttpRequest, that_others_may_read_in_another_way_is_refused) {
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "Transfer-Encoding: chunked\r\n")), 413);
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "Transfer-Encoding: \tx\r\n")), 413);
  EXPECT_EQ(
      refused(request("GET /f HTTP/1.1", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")),
      400);
  for (const char* length : {"+0", "-0", "00", "0x0", "0, 0", "0 0", "", "18446744073709551616"})
    EXPECT_GE(
        refused(request("GET /f HTTP/1.1", std::string("Content-Length: ") + length + "\r\n")), 400)
        << length;
  EXPECT_GE(refused(request("GET /f HTTP/1.1", "Content-Length: 0\r\nContent-Length: 5\r\n")), 400);
  for (const char* odd :
       {"GET /f HTTP/1.1\nHost: x\n\n", "GET /f HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
        "\n\nGET /f HTTP/1.1\r\nHost: x\r\n\r\n"})
    EXPECT_EQ(refused(odd), 400) << odd;
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "A: b\rC: d\r\n")), 400) << "a CR alone";
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", "Content-Length : 5\r\n")), 400);
  EXPECT_EQ(refused(request("GET /f HTTP/1.1", std::string("A: b\0c\r\n", 8))), 400);
  EXPECT_EQ(refused(std::string("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 33)), 400);
  EXPECT_EQ(refused("GET /f HTTP/1.1 \r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refused(request("GET  /f HTTP/1.1")), 400);
  EXPECT_EQ(refused("GET /f\r\n\r\n"), 400) << "HTTP/0.9";
}

TEST(HttpRequest, at_the_edges_of_its_limits) {
  const auto of_size = [](size_t size) {
    const std::string begin = "GET /f HTTP/1.1\r\nHost: x\r\nX: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(good(of_size(protocol::limits::request_head_max)).path, "f");
  EXPECT_EQ(refused(of_size(protocol::limits::request_head_max + 1)), 431);
  std::string many;
  for (int i = 0; i < 1500; ++i) many += "a:\r\n";
  EXPECT_EQ(good(request("GET /f HTTP/1.1", many)).path, "f") << "1500 fields in 6000 bytes";
  const std::string name(protocol::limits::object_name_max, 'n');
  EXPECT_EQ(good(request("GET /" + name + " HTTP/1.1")).path, name);
  EXPECT_EQ(refused(request("GET /" + name + "n HTTP/1.1")), 400);
  std::string bomb = "Range: bytes=0-0";
  for (int i = 1; i < 1000; ++i) bomb += "," + std::to_string(i) + "-";
  EXPECT_FALSE(good(request("GET /f HTTP/1.1", bomb + "\r\n")).range) << "answered with the whole";
}

TEST(HttpRequest, comes_in_any_pieces_and_several_at_once) {
  const auto one = request("GET /1 HTTP/1.1"), two = request("GET /2 HTTP/1.1");
  for (size_t n = 0; n < one.size(); ++n)
    EXPECT_TRUE(std::holds_alternative<Incomplete>(parse_request(one.substr(0, n)).result)) << n;
  const auto both = parse_request("\r\n" + one + two);
  EXPECT_EQ(std::get<HttpRequest>(both.result).path, "1");
  EXPECT_EQ(both.consumed, one.size() + 2);
}

TEST(HttpRequest, random_bytes_are_a_request_or_refused) {
  std::mt19937 random(3);
  const std::string sample =
      request("GET /film HTTP/1.1", "Range: bytes=0-9\r\nIf-Range: \"a\"\r\n");
  for (int i = 0; i < 20'000; ++i) {
    auto text = sample;
    for (int k = 0; k < 4; ++k) text[random() % text.size()] = static_cast<char>(random());
    const auto parsed = parse_request(text);
    EXPECT_LE(parsed.consumed, text.size());
  }
}

class Responses : public testing::Test {
 protected:
  Responses() {
    folder_ = "/tmp/understudy-root-" + std::to_string(::getpid());
    fs::create_directories(folder_ / "root" / "deep");
    std::ofstream(folder_ / "secret") << "secret";
    std::ofstream(folder_ / "root" / "film") << std::string(1000, 'f');
    std::ofstream(folder_ / "root" / "deep" / "film") << "x";
    fs::create_symlink("../secret", folder_ / "root" / "out");
    fs::create_symlink("film", folder_ / "root" / "in");
    const timespec times[2] = {{now - 100, 0}, {now - 100, 0}};
    ::utimensat(AT_FDCWD, (folder_ / "root" / "film").c_str(), times, 0);
    root_ = std::make_unique<AssetRoot>(std::move(*AssetRoot::open(folder_ / "root")));
  }
  ~Responses() override { fs::remove_all(folder_); }
  HttpResponse get(const std::string& fields, const std::string& line = "GET /film HTTP/1.1") {
    return respond(good(request(line, fields)), *root_, now);
  }
  static int status(const HttpResponse& r) { return std::stoi(r.answer.head.substr(9, 3)); }
  static bool has(const HttpResponse& r, const std::string& text) {
    return r.answer.head.find(text + "\r\n") != std::string::npos;
  }
  fs::path folder_;
  std::unique_ptr<AssetRoot> root_;
};

TEST_F(Responses, no_path_leads_out_of_the_root) {
  for (const char* path : {"../secret", "deep/../../secret", "out", "/etc/passwd", "deep/../out",
                           "", ".", "deep", "nothing"})
    EXPECT_FALSE(root_->find(path)) << path;
  EXPECT_TRUE(root_->find("film"));
  EXPECT_TRUE(root_->find("in"));
  EXPECT_TRUE(root_->find("deep/film"));
  EXPECT_EQ(status(get("", "GET /%2e%2e/secret HTTP/1.1")), 404);
  EXPECT_FALSE(root_->find(std::string("film\0x", 6)));
}

TEST_F(Responses, what_is_no_file_is_not_even_opened) {
  const auto fifo = folder_ / "root" / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", folder_ / "root" / "zero");
  fs::create_symlink("/proc/self/fd/0", folder_ / "root" / "magic");
  fs::create_symlink("loop", folder_ / "root" / "loop");
  const int writer = ::open(fifo.c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(writer, 0);
  for (const char* path : {"fifo", "zero", "magic", "loop", "film/", "film/.."})
    EXPECT_FALSE(root_->find(path)) << path;
  ::close(writer);
}

TEST_F(Responses, a_root_that_is_gone_is_503_until_it_is_there_again) {
  EXPECT_EQ(status(get("")), 200);
  fs::rename(folder_ / "root", folder_ / "away");
  const auto until = [&](int wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (status(get("")) != wanted && std::chrono::steady_clock::now() < end) ::usleep(10'000);
    return status(get(""));
  };
  EXPECT_EQ(until(503), 503);
  fs::create_directory(folder_ / "root");
  EXPECT_EQ(until(404), 404) << "another folder, and empty";
  std::ofstream(folder_ / "root" / "film") << "new";
  EXPECT_EQ(get("").answer.length, 3u);
}

TEST_F(Responses, the_whole_file) {
  const auto r = get("");
  EXPECT_EQ(status(r), 200);
  EXPECT_TRUE(has(r, "Content-Length: 1000"));
  EXPECT_TRUE(has(r, "Accept-Ranges: bytes"));
  EXPECT_TRUE(has(r, "Date: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(has(r, "Last-Modified: Sun, 06 Nov 1994 08:47:57 GMT"));
  EXPECT_TRUE(has(r, "ETag: " + r.answer.tag));
  EXPECT_EQ(r.answer.length, 1000u);
  EXPECT_FALSE(r.closes);
  const auto head = get("", "HEAD /film HTTP/1.1");
  EXPECT_EQ(head.answer.head, r.answer.head);
  EXPECT_EQ(head.answer.length, 0u);
}

TEST_F(Responses, a_range_and_what_cannot_be_satisfied) {
  const auto part = [&](const char* range) {
    return get(std::string("Range: bytes=") + range + "\r\n");
  };
  auto r = part("10-19");
  EXPECT_EQ(status(r), 206);
  EXPECT_TRUE(has(r, "Content-Range: bytes 10-19/1000"));
  EXPECT_EQ(r.answer.first, 10u);
  EXPECT_EQ(r.answer.length, 10u);
  EXPECT_EQ(part("990-5000").answer.length, 10u);
  EXPECT_EQ(part("-5").answer.first, 995u);
  EXPECT_EQ(part("-5000").answer.length, 1000u);
  EXPECT_EQ(part("999-").answer.length, 1u);
  r = part("1000-");
  EXPECT_EQ(status(r), 416);
  EXPECT_TRUE(has(r, "Content-Range: bytes */1000"));
  EXPECT_TRUE(has(r, "Content-Length: 0"));
  EXPECT_EQ(status(part("-0")), 416);
}

TEST_F(Responses, conditions) {
  const auto tag = get("").answer.tag;
  const std::string range = "Range: bytes=0-1\r\n";
  EXPECT_EQ(status(get(range + "If-Range: " + tag + "\r\n")), 206);
  EXPECT_EQ(status(get(range + "If-Range: \"other\"\r\n")), 200);
  EXPECT_EQ(status(get(range + "If-Range: Sun, 06 Nov 1994 08:47:57 GMT\r\n")), 206);
  EXPECT_EQ(status(get(range + "If-Range: Sun, 06 Nov 1994 08:47:58 GMT\r\n")), 200);
  const auto same = get("If-None-Match: \"x\", " + tag + "\r\n");
  EXPECT_EQ(status(same), 304);
  EXPECT_EQ(same.answer.length, 0u);
  EXPECT_FALSE(has(same, "Content-Length: 1000"));
  EXPECT_EQ(status(get("If-None-Match: \"x\"\r\n")), 200);
  EXPECT_EQ(status(get("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")), 304);
  EXPECT_EQ(status(get("If-Modified-Since: Sun, 06 Nov 1994 08:40:00 GMT\r\n")), 200);
}

TEST_F(Responses, a_bad_request_ends_the_connection) {
  const auto r = respond(BadRequest{405, "why"}, now);
  EXPECT_TRUE(r.closes);
  EXPECT_TRUE(has(r, "Allow: GET, HEAD"));
  EXPECT_TRUE(has(r, "Connection: close"));
}

}  // namespace
}  // namespace understudy::edge
