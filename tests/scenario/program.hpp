// SPDX-License-Identifier: Apache-2.0
// Runs one of the built programs with its own temporary folder and gives back what it said.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/demo/child.hpp"

namespace understudy::scenario {

namespace fs = std::filesystem;

inline std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A folder that goes with its owner; also the programs' TMPDIR.
class Folder {
 public:
  Folder() {
    std::string path = "/tmp/understudy-test-" + std::string(6, 'X');
    if (!::mkdtemp(path.data())) std::abort();
    path_ = path;
    fs::create_directory(path_ / "tmp");
    ::setenv("TMPDIR", (path_ / "tmp").c_str(), 1);
  }
  Folder(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::permissions(path_, fs::perms::owner_all, ignored);
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  /// What programs left behind in their TMPDIR.
  size_t leftovers() const {
    size_t n = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(path_ / "tmp")) ++n;
    return n;
  }

 private:
  fs::path path_;
};

inline std::string program(const std::string& name) {
  return std::string(UNDERSTUDY_PROGRAMS) + "/" + name;
}

struct Ended {
  int status = -1;
  std::string said;
};

/// `words[0]` is a program's name or a path.
inline demo::Child begin(const Folder& folder, std::vector<std::string> words) {
  if (words[0].find('/') == std::string::npos) words[0] = program(words[0]);
  std::error_code ignored;
  fs::remove(folder / "said", ignored);
  auto child = demo::Child::start({words[0], words, folder / "said"});
  if (!child) throw std::runtime_error(child.error().text);
  return std::move(*child);
}

inline Ended run(const Folder& folder, std::vector<std::string> words) {
  auto child = begin(folder, std::move(words));
  const auto status = child.wait(std::chrono::minutes(4));
  child.kill();
  return {status.value_or(-1), contents(folder / "said")};
}

}  // namespace understudy::scenario
