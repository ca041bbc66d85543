// SPDX-License-Identifier: Apache-2.0
#include "sim/appliance/recording.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "protocol/limits.hpp"

namespace understudy::sim {

void Recording::start(const RecordingRequest& request, const Raster& raster) {
  *this = Recording{};
  active_ = true, request_ = request, raster_ = raster;
  first_ = request.line - std::min(request.line, request.before);
  end_ =
      std::min({raster.v_active, request.line + request.after + 1, first_ + recording_lines_max});
  for (uint32_t line = first_; line < end_; ++line)
    for (auto& kept : lines)
      kept.push_back({line, 0, 0, std::vector<uint8_t>(raster.line_bytes())});
  wave_begin_ = raster.source_clock(request.frame, first_);
  wave_end_ = raster.output_clock(request.frame, end_ + 1);
}

void Recording::input(int server, const Place& at, const uint8_t* rgb, uint32_t count,
                      Clock clock) {
  if (!wants_line(at.frame, at.line)) return;
  RecordedLine& line = lines[server][at.line - first_];
  if (at.pixel == 0) line.clock = clock, line.pixels = 0;
  count = std::min(count, raster_.h_active - at.pixel);
  std::copy(rgb, rgb + size_t{count} * 3, line.rgb.begin() + size_t{at.pixel} * 3);
  line.pixels += count;
}

void Recording::output(uint32_t frame, const uint8_t* rgb, Clock first_line) {
  if (!active_ || frame != request_.frame) return;
  for (RecordedLine& line : lines[2]) {
    const uint8_t* from = rgb + line.line * raster_.line_bytes();
    line.rgb.assign(from, from + raster_.line_bytes());
    line.pixels = raster_.h_active;
    line.clock = first_line + Clock{line.line} * raster_.h_total;
  }
}

std::string cannot_make(const std::string& path) {
  const bool was_there = ::access(path.c_str(), F_OK) == 0;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return errno == ENOSPC ? "" : path + ": " + std::strerror(errno);
  ::close(fd);
  if (!was_there) ::unlink(path.c_str());
  return "";
}

std::string no_room_for_wave(const std::string& wave, uint64_t bytes) {
  namespace fs = std::filesystem;
  const fs::path parent = fs::path(wave).parent_path();
  for (const fs::path& folder : {parent.empty() ? fs::path(".") : parent, fs::path("/tmp")}) {
    std::error_code code;
    const auto space = fs::space(folder, code);
    if (code) return folder.string() + ": " + code.message();
    if (space.available < bytes)
      return folder.string() + ": " + std::to_string(space.available >> 20) +
             " MB are free there, and a waveform is begun with " + std::to_string(bytes >> 20) +
             " MB or more only";
  }
  return "";
}

bool write_gtkw(const std::string& wave, const std::string& path, Clock begin,
                const Raster& raster) {
  std::ofstream out(path);
  const auto bus = [&](const char* name, int high) {
    out << "TOP.gate." << name;
    if (high) out << '[' << high << ":0]";
    out << '\n';
  };
  const auto group = [&](const char* title) { out << "@200\n-" << title << "\n@22\n"; };
  out << "[dumpfile] \"" << wave << "\"\n[timestart] "
      << uint64_t(double(begin) * 1e12 / double(raster.clocks_per_second()))
      << "\n[size] 1600 900\n";
  group("place");
  bus("clk", 0), bus("obs_frame", 31), bus("obs_v", 15), bus("obs_h", 15), bus("obs_clock", 47);
  for (const char* server : {"a", "b"}) {
    const std::string video = std::string("video_") + server + "_";
    group(server[0] == 'a' ? "video A" : "video B");
    bus((video + "tvalid").c_str(), 0), bus((video + "tuser").c_str(), 0);
    bus((video + "tlast").c_str(), 0), bus((video + "tdata").c_str(), 23);
  }
  group("line merge");
  bus("obs_line_select", 0), bus("obs_select_line", 15), bus("obs_good", 1), bus("obs_choice", 1);
  bus("obs_crc_a", 31), bus("obs_crc_b", 31);
  group("arbiter");
  bus("obs_boundary", 0), bus("obs_on_air", 0), bus("obs_term", 31), bus("obs_alive", 1),
      bus("obs_beat", 1);
  group("video out");
  bus("video_out_tvalid", 0), bus("video_out_tuser", 0), bus("video_out_tlast", 0);
  bus("video_out_tdata", 23);
  return bool(out.flush());
}

}  // namespace understudy::sim
