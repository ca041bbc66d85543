// SPDX-License-Identifier: Apache-2.0
#include "tests/delivery/good_client.hpp"

#include <algorithm>
#include <stdexcept>

namespace understudy::network {

using namespace std::chrono_literals;

GoodClient::GoodClient(const Network& network, uint64_t size) : network_(network), size_(size) {
  Client client(network);
  client.send(get("/big", "Range: bytes=0-" + std::to_string(size - 1) + "\r\n"));
  if (!client.take_head().starts_with("HTTP/1.1 206")) throw std::runtime_error("no download");
  download_ = std::thread([this, c = std::move(client)]() mutable { download(std::move(c)); });
  visits_thread_ = std::thread([this] { visit(); });
}

GoodClient::~GoodClient() {
  if (download_.joinable()) finish();
}

/// Eight MiB a second, then as fast as it comes.
void GoodClient::download(Client client) {
  for (uint64_t at = 0; at < size_ && wrong_.empty(); at += step) {
    const auto asked = std::chrono::steady_clock::now();
    const auto block = client.take(step);
    silence_ =
        std::max<std::chrono::duration<double>>(silence_, std::chrono::steady_clock::now() - asked);
    if (block != object_bytes(at, step))
      wrong_ = "the download is wrong or stops in the 128 KiB from " + std::to_string(at) + ": " +
               std::to_string(block.size()) + " bytes came";
    bytes_ += block.size();
    if (!hurry_) std::this_thread::sleep_for(16ms);
  }
}

void GoodClient::visit() {
  const auto small = object_bytes(0, Pair::small_size);
  while (!away_) {
    try {
      Client client(network_);
      client.send(get("/small", "Connection: close\r\n"));
      // One that is struck unheld is lost (default mode), and does not keep the next one waiting.
      const auto all = client.take(2 * Pair::small_size, 3s);
      if (all.starts_with("HTTP/1.1 200") && all.ends_with("\r\n\r\n" + small)) ++visits_;
    } catch (const std::runtime_error&) {  // nobody is there just now
    }
    std::this_thread::sleep_for(50ms);
  }
}

bool GoodClient::goes_on() const {
  const uint64_t before = bytes_, visited = visits_;
  return eventually([&] { return (bytes_ > before || bytes_ == size_) && visits_ > visited; });
}

bool GoodClient::bytes_go_on() const {
  const uint64_t before = bytes_;
  return eventually([&] { return bytes_ > before || bytes_ == size_; });
}

std::string GoodClient::finish() {
  hurry_ = away_ = true;
  download_.join();
  visits_thread_.join();
  return wrong_;
}

}  // namespace understudy::network
