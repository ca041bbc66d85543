// SPDX-License-Identifier: Apache-2.0
#include "sim/network/download.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/network/hash.hpp"

namespace understudy::network {

namespace fs = std::filesystem;

Download::Download(const Stage& stage, uint32_t rate_mib, uint32_t seconds_most)
    : object_(stage.object()),
      file_(stage.folder() / "download"),
      log_(stage.folder() / "curl.log"),
      url_(fmt::format("http://{}/object", stage.service().in_url())),
      curl_(stage.start_at_client(
          {"/usr/bin/curl", "-sS", "-g", "--max-time", std::to_string(seconds_most), "--limit-rate",
           stage.paced() ? "0" : fmt::format("{}M", rate_mib), "-o", file_, "-w",
           "\n%{http_code} %{num_connects}\n", url_},
          "curl.log")) {}

void Download::collect(std::span<const Heard> heard) {
  if (!flow_ && (flow_ = first_connection(heard.subspan(seen_), http_port))) news_.emplace(*flow_);
  if (news_)
    for (const auto& h : heard.subspan(seen_)) bytes_ += news_->take(h);
  seen_ = heard.size();
}

ClientOutcome Download::outcome(std::span<const Heard> heard, WallTime counted) const {
  ClientOutcome o{.name = "curl", .command = "curl " + url_, .unit = "bytes"};
  o.exit = curl_.status().value_or(-1);
  int code = 0, connections = 0;
  std::ifstream in(log_);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    if (!(words >> code >> connections)) o.says += line;
  }
  if (o.exit == 0 && code != 200) o.says += fmt::format("HTTP status {}", code);
  if (o.exit == 0 && connections != 1) o.says += fmt::format("{} connections", connections);
  std::error_code none;
  o.wanted = fs::file_size(object_, none);
  o.got = fs::exists(file_, none) ? fs::file_size(file_, none) : 0;
  o.hashed = "the file";
  o.hash_wanted = hash_of_file(object_), o.hash_got = hash_of_file(file_);
  o.flow = flow_;
  if (flow_) o.stream = stream_of(heard, *flow_, counted);
  return o;
}

}  // namespace understudy::network
