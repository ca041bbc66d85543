// SPDX-License-Identifier: Apache-2.0
// rtl/understudy_pkg.sv against protocol/: reads the text of both, because what must be found is a
// number that only one side has. A name of protocol/ becomes PREFIX_NAME in the package; what
// the gateware has no use for (hosts' limits) is left out by the section it stands in.
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "protocol/events.hpp"
#include "protocol/line_tag.hpp"
#include "protocol/link.hpp"
#include "protocol/mailbox.hpp"
#include "protocol/registers.hpp"
#include "protocol/soc.hpp"

namespace understudy::protocol {
namespace {

using Numbers = std::map<std::string, uint64_t>;

/// A file without its comments.
std::string text_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream s;
  for (std::string line; std::getline(file, line);) s << line.substr(0, line.find("//")) << '\n';
  return s.str();
}

uint64_t number(std::string s, int base) {
  std::erase(s, '_');
  std::erase(s, '\'');
  uint64_t v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v, base);
  EXPECT_TRUE(error == std::errc{} && end == s.data() + s.size()) << "not a number: " << s;
  return v;
}

/// 12, 0x1F, 1u << 3, 1 + 4 + 4, 8 * bytes (with `bytes` known).
uint64_t cpp_value(std::string s, const Numbers& known) {
  std::erase(s, ' ');
  for (const auto& [op, fold] :
       std::initializer_list<std::pair<std::string, uint64_t (*)(uint64_t, uint64_t)>>{
           {"+", [](uint64_t a, uint64_t b) { return a + b; }},
           {"<<", [](uint64_t a, uint64_t b) { return a << b; }},
           {"*", [](uint64_t a, uint64_t b) { return a * b; }}})
    if (const auto at = s.find(op); at != s.npos)
      return fold(cpp_value(s.substr(0, at), known), cpp_value(s.substr(at + op.size()), known));
  if (const auto it = known.find(s); it != known.end()) return it->second;
  if (s.ends_with("u")) s.pop_back();
  return s.starts_with("0x") ? number(s.substr(2), 16) : number(s, 10);
}

std::string upper(std::string s) {
  for (char& c : s) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return s;
}

Numbers matches(const std::string& text, const std::string& pattern, const std::string& prefix) {
  Numbers found, known;
  const std::regex re(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), re), end; it != end; ++it) {
    const uint64_t value = cpp_value((*it)[2], known);
    known[(*it)[1]] = value;
    EXPECT_TRUE(found.emplace(prefix + upper((*it)[1]), value).second) << (*it)[1];
  }
  return found;
}

/// The numbers of `enum class name`, or of `struct name`'s static constants.
std::string body_of(const std::string& text, const std::string& head) {
  const auto at = text.find(head);
  EXPECT_NE(at, text.npos) << head;
  const auto open = text.find('{', at), close = text.find("};", at);
  return text.substr(open, close - open);
}

Numbers enumeration(const std::string& text, const std::string& name, const std::string& prefix) {
  return matches(body_of(text, "enum class " + name + " "), R"((\w+)\s*=\s*([^,\n}]+),?)", prefix);
}

const char* const constant = R"((?:inline|static) constexpr \w+ (\w+)\s*=\s*([^;{]+);)";

Numbers package() {
  Numbers found;
  const std::string text = text_of("rtl/understudy_pkg.sv");
  const std::regex re(R"(localparam (?:int|logic(?: \[\d+:0\])?) (\w+) = (?:\d+'([dh]))?(\w+);)");
  for (std::sregex_iterator it(text.begin(), text.end(), re), end; it != end; ++it)
    EXPECT_TRUE(found.emplace((*it)[1], number((*it)[3], (*it)[2] == "h" ? 16 : 10)).second)
        << (*it)[1];
  size_t lines = 0;
  for (size_t at = 0; (at = text.find("\n  localparam ", at)) != text.npos; ++at)
    lines += text.find(" GATE_CRC32C_TABLE", at) > text.find('\n', at + 1);
  EXPECT_EQ(found.size(), lines) << "a localparam that this test cannot read";
  return found;
}

Numbers expected() {
  Numbers all;
  const auto add = [&](const Numbers& some, size_t least) {
    EXPECT_GE(some.size(), least);
    for (const auto& [name, value] : some) EXPECT_TRUE(all.emplace(name, value).second) << name;
  };
  const std::string limits = text_of("protocol/limits.hpp");
  add(matches(limits.substr(0, limits.find("video_slots")), constant, "LIMIT_"), 10);
  add(matches(body_of(text_of("protocol/line_tag.hpp"), "struct LineTag"), constant, "TAG_"), 4);
  const std::string states = text_of("protocol/states.hpp");
  add(enumeration(states, "Server", "SERVER_"), 2);
  add(enumeration(states, "ServerState", "STATE_"), 10);
  add(enumeration(states, "Mode", "MODE_"), 3);
  add(enumeration(states, "Reason", "REASON_"), 8);
  add(enumeration(states, "Alarm", "ALARM_"), 14);
  add(matches(states, constant, ""), 2);
  const std::string events = text_of("protocol/events.hpp");
  add(enumeration(events, "EventKind", "EVENT_"), 22);
  add(enumeration(events, "RequestOp", "OP_"), 7);
  add(enumeration(events, "RequestResult", "RESULT_"), 5);
  add(matches(events, constant, ""), 1);
  const std::string link = text_of("protocol/link.hpp");
  add(enumeration(link, "LinkType", "LINK_"), 6);
  all["LINK_VERSION"] = link_version;
  all["HEARTBEAT_BYTES"] = Heartbeat::bytes;
  all["REQUEST_BYTES"] = Request::bytes;
  all["TICK_BYTES"] = Tick::bytes;
  all["EVENT_BYTES"] = Event::bytes;
  add(matches(text_of("protocol/registers.hpp"), constant, "REG_"), 50);
  const std::string soc = text_of("protocol/soc.hpp");
  add(matches(soc, constant, "SOC_"), 24);
  add(enumeration(soc, "Relay", "SOC_RELAY_"), 4);
  add(enumeration(soc, "Start", "SOC_START_"), 3);
  const std::string mailbox = text_of("protocol/mailbox.hpp");
  add(matches(mailbox.substr(0, mailbox.find("struct PciId")), constant, "MAILBOX_"), 6);
  add(matches(body_of(mailbox, "enum Offset "), R"((\w+)\s*=\s*([^,\n}]+),?)", "MAILBOX_"), 15);
  return all;
}

TEST(Package, gateware_and_headers_have_the_same_numbers) {
  const Numbers gateware = package(), headers = expected();
  for (const auto& [name, value] : headers) {
    const auto it = gateware.find(name);
    if (it == gateware.end())
      ADD_FAILURE() << name << " is in protocol/ and not in rtl/understudy_pkg.sv";
    else
      EXPECT_EQ(it->second, value) << name;
  }
  for (const auto& [name, value] : gateware)
    if (!name.starts_with("GATE_")) {
      EXPECT_TRUE(headers.contains(name)) << name << " = " << value << " is not in protocol/";
    }
}

TEST(Package, the_reader_of_the_headers_reads_what_the_compiler_reads) {
  const Numbers headers = expected();
  for (uint8_t i = 0; i <= event_kind_last; ++i)
    EXPECT_EQ(headers.at("EVENT_" + upper(to_text(EventKind(i)))), i);
  for (uint8_t i = 0; i <= server_state_last; ++i)
    EXPECT_EQ(headers.at("STATE_" + upper(to_text(ServerState(i)))), i);
  EXPECT_EQ(headers.at("ALARM_LINK_B"), static_cast<uint64_t>(Alarm::link_b));
  EXPECT_EQ(headers.at("REG_EVENT_POP"), registers::event_pop);
  EXPECT_EQ(headers.at("REG_RESET_FLAP"), registers::reset_flap);
  EXPECT_EQ(headers.at("TAG_BITS"), LineTag::bits);
  EXPECT_EQ(headers.at("SOC_REGISTER_BYTES"), soc::register_bytes);
  EXPECT_EQ(headers.at("SOC_RELAYS_CUT"), soc::relays_cut);
  EXPECT_EQ(headers.at("MAILBOX_AT_BEAT_SEQUENCE"), size_t(mailbox::at_beat_sequence));
  EXPECT_EQ(headers.at("MAILBOX_BAR_BYTES"), mailbox::bar_bytes);
}

}  // namespace
}  // namespace understudy::protocol
