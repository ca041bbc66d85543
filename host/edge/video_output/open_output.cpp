// SPDX-License-Identifier: Apache-2.0
#include "host/edge/video_output/open_output.hpp"

#include <filesystem>
#include <string>
#include <thread>

#include "host/edge/video_output/simulated_output.hpp"

namespace understudy::video_output {
namespace {

constexpr std::string_view simulated = "sim:unix:";
constexpr std::chrono::milliseconds pause{20};

}  // namespace

std::expected<std::unique_ptr<ports::VideoOutput>, Error> open(std::string_view uri,
                                                               std::chrono::milliseconds patience) {
  if (!uri.starts_with(simulated) || uri.size() == simulated.size())
    return error("video output '" + std::string(uri) + "': known are sim:unix:PATH");
  const std::filesystem::path path(uri.substr(simulated.size()));
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto socket = PacketSocket::connect(path);
    if (socket) {
      auto output = SimulatedOutput::open(std::move(*socket), patience);
      if (!output) return error("video output " + path.string() + ": " + output.error().text);
      return std::unique_ptr<ports::VideoOutput>(new SimulatedOutput(std::move(*output)));
    }
    if (std::chrono::steady_clock::now() >= end)
      return error("video output " + socket.error().text);
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace understudy::video_output
