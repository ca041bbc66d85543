// SPDX-License-Identifier: Apache-2.0
// Reads the tree and holds it to its own rules: who may include whom, a licence line in each file,
// core without clock, thread, file or socket, one module a gateware file, no vendor primitive
// outside boards/, bounded file length. Runs in the source directory.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {
namespace fs = std::filesystem;

struct File {
  std::string path;  // relative, with '/'
  std::string text;
};

bool starts(const std::string& s, const std::string& with) {
  return s.rfind(with, 0) == 0;
}

std::vector<File> files(const std::set<std::string>& endings) {
  std::vector<File> out;
  for (auto it = fs::recursive_directory_iterator("."); it != fs::recursive_directory_iterator();
       ++it) {
    const auto path = it->path().lexically_normal().generic_string();
    if (it->is_directory() && (path == "build" || path == ".git" || path == "report")) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file() || !endings.contains(it->path().extension().string())) continue;
    std::ifstream in(it->path());
    std::stringstream text;
    text << in.rdbuf();
    out.push_back({path, text.str()});
  }
  std::sort(out.begin(), out.end(), [](auto& x, auto& y) { return x.path < y.path; });
  return out;
}

std::vector<std::string> includes(const std::string& text) {
  static const std::regex line(R"(^\s*#\s*include\s*([<"][^>"]+[>"]))", std::regex::multiline);
  std::vector<std::string> out;
  for (std::sregex_iterator i(text.begin(), text.end(), line), end; i != end; ++i)
    out.push_back((*i)[1]);
  return out;
}

/// One row of the table "who may include whom" of the README.
struct Row {
  std::string folder;
  std::vector<std::string> ours;  // quoted includes must start with one of these
  std::regex system;              // <...> includes must match
};

const std::string freestanding =
    "array|bit|compare|concepts|cstddef|cstdint|cstring|limits|optional|span|string_view|type_"
    "traits|utility";
const std::string pure =
    "algorithm|array|bit|bitset|charconv|chrono|cmath|compare|concepts|cstddef|cstdint|cstring|"
    "deque|expected|format|functional|initializer_list|iterator|limits|map|memory|numeric|optional|"
    "queue|ratio|"
    "set|unordered_map|source_location|span|sstream|string|string_view|tuple|type_traits|utility|"
    "variant|vector|"
    "cstdlib|cstdio|iomanip|ostream";

std::vector<Row> rows() {
  const std::regex anything(".*");
  return {
      {"protocol/", {"protocol/"}, std::regex(freestanding)},
      {"firmware/", {"protocol/", "firmware/"}, std::regex(freestanding)},
      {"host/core/", {"protocol/", "host/core/"}, std::regex(pure)},
      {"host/ports/", {"protocol/", "host/core/", "host/ports/"}, std::regex(pure)},
      {"host/edge/", {"protocol/", "host/core/", "host/ports/", "host/edge/"}, anything},
      {"sim/model/", {"protocol/", "sim/model/"}, anything},
      {"sim/appliance/",
       {"protocol/", "host/core/", "host/ports/", "sim/appliance/", "rtl/drive.hpp", "V"},
       anything},
  };
}

TEST(Style, nobody_includes_what_the_table_forbids) {
  for (const auto& file : files({".cpp", ".hpp"}))
    for (const auto& row : rows()) {
      if (!starts(file.path, row.folder)) continue;
      for (const auto& include : includes(file.text)) {
        const auto name = include.substr(1, include.size() - 2);
        const bool allowed = include[0] == '<'
                                 ? std::regex_match(name, row.system)
                                 : std::any_of(row.ours.begin(), row.ours.end(),
                                               [&](auto& o) { return starts(name, o); });
        EXPECT_TRUE(allowed) << file.path << " includes " << include;
      }
    }
}

TEST(Style, sibling_folders_of_core_do_not_know_each_other) {
  static const std::regex in_core("host/core/([^/]+)/.*");
  for (const auto& file : files({".cpp", ".hpp"})) {
    std::smatch mine;
    if (!std::regex_match(file.path, mine, in_core) || mine[1] == "daemon")
      continue;  // daemon ties them together
    for (const auto& include : includes(file.text)) {
      const auto name = include.substr(1, include.size() - 2);
      std::smatch theirs;
      if (std::regex_match(name, theirs, in_core)) {
        EXPECT_EQ(theirs[1], mine[1]) << file.path << " includes " << include;
      }
    }
  }
}

TEST(Style, core_reads_no_clock_and_starts_nothing) {
  static const std::regex forbidden(
      R"((::now\(\)|std::thread|std::jthread|std::mutex|std::random_device|\bgetenv\(|\bsocket\(|\bopen\(|\bfopen\(|\brand\())");
  for (const auto& file : files({".cpp", ".hpp"})) {
    if (!starts(file.path, "host/core/") && !starts(file.path, "protocol/")) continue;
    std::smatch found;
    if (std::regex_search(file.text, found, forbidden))
      ADD_FAILURE() << file.path << " has " << found[0];
  }
}

/// It throws when the disk is full: command_line/print.hpp.
TEST(Style, programs_do_not_end_by_what_they_cannot_say) {
  for (const auto& file : files({".cpp", ".hpp"}))
    if ((starts(file.path, "host/") || starts(file.path, "sim/")) &&
        file.text.find("fmt::print(") != std::string::npos)
      ADD_FAILURE() << file.path << ": fmt::print; print or complain are there for it";
}

TEST(Style, each_file_names_its_licence_on_its_first_lines) {
  for (const auto& file :
       files({".cpp", ".hpp", ".sv", ".py", ".js", ".cmake", ".vlt", ".toml", ".sh"}))
    EXPECT_NE(file.text.substr(0, 200).find("SPDX-License-Identifier: Apache-2.0"),
              std::string::npos)
        << file.path;
}

TEST(Style, a_file_is_one_noun_and_not_long) {
  for (const auto& file : files({".cpp", ".hpp", ".sv", ".py"}))
    EXPECT_LE(std::count(file.text.begin(), file.text.end(), '\n'), 500)
        << file.path << " is too long to be one noun";
}

TEST(Style, no_half_done_marks) {
  const std::string marks[] = {std::string("TO") + "DO", std::string("FIX") + "ME",
                               std::string("XX") + "X"};
  for (const auto& file : files({".cpp", ".hpp", ".sv", ".py", ".md"}))
    for (const auto& mark : marks)
      EXPECT_EQ(file.text.find(mark), std::string::npos) << file.path << ": " << mark;
}

TEST(Style, a_gateware_file_is_one_module_named_as_the_file) {
  static const std::regex unit(R"(^\s*(module|package)\s+(\w+))", std::regex::multiline);
  for (const auto& file : files({".sv"})) {
    if (!starts(file.path, "rtl/")) continue;
    std::vector<std::string> names;
    for (std::sregex_iterator i(file.text.begin(), file.text.end(), unit), end; i != end; ++i)
      names.push_back((*i)[2]);
    const auto stem = fs::path(file.path).stem().string();
    EXPECT_EQ(names, std::vector<std::string>{stem}) << file.path;
  }
}

TEST(Style, no_vendor_primitive_outside_of_boards) {
  static const std::regex vendor(
      R"(\b(SB_[A-Z0-9_]+|EHXPLL\w*|TRELLIS_\w+|DP16KD|BUFG|MMCM\w*|RAMB\d+\w*|IBUF|OBUF|ODDR\w*|altpll)\b)");
  for (const auto& file : files({".sv"})) {
    std::smatch found;
    if (!starts(file.path, "boards/") && std::regex_search(file.text, found, vendor))
      ADD_FAILURE() << file.path << " uses " << found[0];
  }
}

TEST(Style, each_top_folder_says_what_lives_in_it) {
  for (const char* folder : {"protocol", "rtl", "host", "sim", "tests", "boards", "firmware"})
    EXPECT_TRUE(fs::exists(fs::path(folder) / "README.md")) << folder;
}

TEST(Style, each_test_that_the_readme_names_exists) {
  std::set<std::string> known;
  static const std::regex test(R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  for (const auto& file : files({".cpp"}))
    for (std::sregex_iterator i(file.text.begin(), file.text.end(), test), end; i != end; ++i)
      known.insert((*i)[1].str() + "." + (*i)[2].str());
  static const std::regex named(R"(`([A-Z]\w+\.\w+)`)");
  for (const auto& file : files({".md"})) {
    if (file.path != "README.md") continue;
    for (std::sregex_iterator i(file.text.begin(), file.text.end(), named), end; i != end; ++i)
      EXPECT_TRUE(known.contains((*i)[1])) << "README.md names " << (*i)[1];
  }
}

}  // namespace
