// SPDX-License-Identifier: Apache-2.0
// Any bytes on an HTTP connection: what is read is the same in any pieces, is within its limits,
// never leads out of the root folder, and its answer fits into a record.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "host/edge/delivery/http_response.hpp"
#include "protocol/limits.hpp"

namespace {

using namespace understudy;
using namespace understudy::edge;
namespace fs = std::filesystem;
namespace limits = protocol::limits;

/// A root with a file, a folder, a link inside and links out; a secret beside it.
struct Root {
  Root() : folder(fs::temp_directory_path() / ("understudy-fuzz-" + std::to_string(::getpid()))) {
    fs::create_directories(folder / "root" / "d");
    std::ofstream(folder / "secret") << "secret";
    std::ofstream(folder / "root" / "f") << std::string(1000, 'f');
    fs::create_symlink("../secret", folder / "root" / "o");
    fs::create_symlink("/", folder / "root" / "r");
    fs::create_symlink("f", folder / "root" / "i");
    root = std::make_unique<AssetRoot>(std::move(*AssetRoot::open(folder / "root")));
  }
  ~Root() { fs::remove_all(folder); }
  fs::path folder;
  std::unique_ptr<AssetRoot> root;
};

void must(bool so) {
  if (!so) std::abort();
}

void check(const HttpRequest& request, AssetRoot& root) {
  must(request.path.size() <= limits::object_name_max);
  must(request.path.find('\0') == std::string::npos);
  const auto response = respond(request, root, 784111777);
  const auto& a = response.answer;
  must(!a.head.empty() && a.head.size() <= limits::response_head_max);
  if (!a.path.empty()) must(a.length > 0 && a.first + a.length <= 1000);
  must(response.closes == !request.keep_alive);
  core::HttpAnswers answers;
  for (size_t i = 0; i < limits::responses_max; ++i) answers.add(a);
  answers.unanswered = std::string(limits::request_bytes_max, 'x');
  std::vector<uint8_t> record(limits::checkpoint_record_max - 1024);
  must(answers.encode(record) > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Root root;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  for (;;) {
    const auto parsed = parse_request(all);
    must(parsed.consumed <= all.size());
    if (std::holds_alternative<Incomplete>(parsed.result)) {
      must(all.size() - parsed.consumed <= limits::request_head_max);
      return 0;
    }
    if (const auto* bad = std::get_if<BadRequest>(&parsed.result)) {
      must(respond(*bad, 0).closes);
      return 0;
    }
    // The same from its own bytes alone, and not whole with one fewer.
    must(parsed.consumed > 0);
    const auto own = all.substr(0, parsed.consumed);
    const auto again = parse_request(own);
    must(again.consumed == own.size() && std::holds_alternative<HttpRequest>(again.result));
    must(std::holds_alternative<Incomplete>(parse_request(own.substr(0, own.size() - 1)).result));
    check(std::get<HttpRequest>(parsed.result), *root.root);
    all.remove_prefix(parsed.consumed);
  }
}
