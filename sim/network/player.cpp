// SPDX-License-Identifier: Apache-2.0
#include "sim/network/player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "sim/network/hash.hpp"

namespace understudy::network {
namespace {

constexpr auto ffmpeg = "/usr/bin/ffmpeg";

const char* word(Player::By by) {
  return by == Player::By::connection ? "tcp" : "udp";
}
std::string kept(Player::By by, const char* ending) {
  return fmt::format("ffmpeg-{}.{}", word(by), ending);
}

/// The last field of each picture's line of ffmpeg's `framemd5`.
std::vector<std::string> sums_in(const std::string& file) {
  std::vector<std::string> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (const auto at = line.rfind(", "); !line.starts_with('#') && at != std::string::npos)
      out.push_back(line.substr(at + 2));
  return out;
}

std::string text_of(const std::vector<std::string>& sums) {
  return fmt::format("{}\n", fmt::join(sums, "\n"));
}

/// Which picture is the first that is not right.
std::string difference(const std::vector<std::string>& got,
                       const std::vector<std::string>& wanted) {
  const auto [g, w] = std::ranges::mismatch(got, wanted);
  if (g == got.end() && w == wanted.end()) return {};
  return fmt::format("picture {} is {}", w - wanted.begin(),
                     g == got.end() ? "missing" : "another");
}

}  // namespace

Player::Player(const Stage& stage, By by, size_t heard, std::chrono::seconds patience)
    : by_(by),
      clip_(stage.clip()),
      sums_(stage.folder() / kept(by, "md5")),
      log_(stage.folder() / kept(by, "log")),
      url_(fmt::format("rtsp://{}/clip.mp4", stage.service().in_url())),
      ffmpeg_(stage.start_at_client(
          {ffmpeg, "-nostdin", "-v", "error", "-y", "-rtsp_transport", word(by), "-i", url_,
           "-fps_mode", "passthrough", "-f", "framemd5", sums_},
          kept(by, "log"))),
      until_(std::chrono::steady_clock::now() + patience),
      begin_(heard) {}

bool Player::over() {
  if (std::chrono::steady_clock::now() > until_) ffmpeg_.kill();
  return ffmpeg_.wait(std::chrono::milliseconds(0)).has_value();
}

void Player::collect(std::span<const Heard> heard) {
  if (flow_) return;
  const auto since = heard.subspan(begin_);
  if (by_ == By::datagrams) {
    flow_ = first_rtp(since, false);
  } else if (const auto connection = first_connection(since, rtsp_port)) {
    // Beyond the answers to its questions, which are a few hundred bytes.
    constexpr uint64_t answers = 8192;
    if (stream_of(since, *connection).bytes > answers) flow_ = connection;
  }
}

ClientOutcome Player::outcome(std::span<const Heard> heard, WallTime counted) const {
  ClientOutcome o{.name = by_ == By::connection ? "ffmpeg-tcp" : "ffmpeg-udp",
                  .command = fmt::format("ffmpeg -rtsp_transport {} -i {}", word(by_), url_),
                  .unit = "pictures"};
  o.exit = ffmpeg_.status().value_or(-1);
  std::ifstream in(log_);
  std::getline(in, o.says);
  const auto from_file = sums_ + ".wanted";
  std::string said;
  if (shell(fmt::format("{} -nostdin -v error -y -i '{}' -fps_mode passthrough -f framemd5 '{}'",
                        ffmpeg, clip_, from_file),
            &said) != 0)
    throw std::runtime_error("ffmpeg cannot decode its own clip: " + said);
  const auto wanted = sums_in(from_file), got = sums_in(sums_);
  o.wanted = wanted.size(), o.got = got.size();
  if (o.says.empty()) o.says = difference(got, wanted);
  o.hashed = "the MD5 of every picture";
  o.hash_wanted = hash_of_text(text_of(wanted)), o.hash_got = hash_of_text(text_of(got));
  o.flow = flow_;
  if (flow_) o.stream = stream_of(heard, *flow_, counted);
  return o;
}

}  // namespace understudy::network
