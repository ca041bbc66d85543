// SPDX-License-Identifier: Apache-2.0
#include "host/edge/server/load_gauge.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <numeric>

namespace understudy::edge {
namespace {

using core::Figure;
using namespace std::chrono_literals;

constexpr auto between_looks = 100ms;
constexpr size_t looks_a_second = 10;

std::optional<int64_t> whole(std::string_view text) {
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<int64_t> parse_run_queue(std::string_view text) {
  for (int word = 0; word < 3; ++word) {
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    text.remove_prefix(space + 1);
  }
  const auto slash = text.find('/');
  const auto running =
      slash == std::string_view::npos ? std::nullopt : whole(text.substr(0, slash));
  if (!running || *running > 10'000'000) return std::nullopt;
  return *running * 100;
}

std::optional<int64_t> parse_cpu_pressure(std::string_view text) {
  constexpr std::string_view begin = "some avg10=";
  if (!text.starts_with(begin)) return std::nullopt;
  text.remove_prefix(begin.size());
  text = text.substr(0, text.find(' '));
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || text.size() != dot + 3) return std::nullopt;
  const auto percent = whole(text.substr(0, dot)), hundredths = whole(text.substr(dot + 1));
  if (!percent || !hundredths || *percent > 100) return std::nullopt;
  return *percent * 100 + *hundredths;
}

Result<std::unique_ptr<LoadGauge>> LoadGauge::open(boost::asio::io_context& io,
                                                   const OverburdeningConfiguration& configuration,
                                                   Told told) {
  std::unique_ptr<LoadGauge> out(new LoadGauge(io, configuration, std::move(told)));
  for (const auto f : {Figure::run_queue, Figure::cpu_pressure})
    if (const auto value = out->read(f); !value) return std::unexpected(value.error());
  out->look();
  return out;
}

Result<std::optional<int64_t>> LoadGauge::read(Figure f) const {
  if (configuration_.options.thresholds[static_cast<size_t>(f)] == 0) return std::nullopt;
  const bool queue = f == Figure::run_queue;
  const auto& path = queue ? configuration_.run_queue_file : configuration_.cpu_pressure_file;
  const auto* key = queue ? "run_queue_file" : "cpu_pressure_file";
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line))
    return failure(
        fmt::format("overburdening.{}: {} cannot be read: name a file that holds what "
                    "{} does, or leave the figure out",
                    key, path, queue ? "/proc/loadavg" : "/proc/pressure/cpu"));
  const auto value = queue ? parse_run_queue(line) : parse_cpu_pressure(line);
  if (!value)
    return failure(fmt::format("overburdening.{}: {} holds \"{}\", not a line as {} has it", key,
                               path, line.substr(0, 80),
                               queue ? "/proc/loadavg" : "/proc/pressure/cpu"));
  return value;
}

void LoadGauge::look() {
  std::string trouble;
  const auto take = [&](Figure f, const auto& tell) {
    const auto value = read(f);
    if (!value)
      trouble = value.error().text;
    else if (*value)
      tell(**value);
  };
  take(Figure::run_queue, [this](int64_t value) {
    run_queue_.push_back(value);
    if (run_queue_.size() > looks_a_second) run_queue_.pop_front();
    told_(Figure::run_queue, std::accumulate(run_queue_.begin(), run_queue_.end(), int64_t{0}) /
                                 static_cast<int64_t>(run_queue_.size()));
  });
  take(Figure::cpu_pressure, [this](int64_t value) { told_(Figure::cpu_pressure, value); });
  if (!trouble.empty() && trouble != trouble_) spdlog::warn("{}", trouble);
  trouble_ = trouble;
  timer_.expires_after(between_looks);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look();
  });
}

}  // namespace understudy::edge
