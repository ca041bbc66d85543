// SPDX-License-Identifier: Apache-2.0
#include "host/programs/understudy/appliance.hpp"
#include "host/edge/command_line/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <thread>

namespace understudy::tool {
namespace {

using core::FirmwareAnswer;
using edge::FirmwareClient;
using nlohmann::json;
using protocol::FirmwareResult;
using namespace std::chrono_literals;

constexpr auto look_every = 200ms;

int exit_code(FirmwareClient::Trouble trouble) {
  switch (trouble) {
    case FirmwareClient::Trouble::link:
      return unreachable;
    case FirmwareClient::Trouble::no_answer:
      return no_firmware;
    case FirmwareClient::Trouble::bad_line:
      break;
  }
  return usage;
}

}  // namespace

std::shared_ptr<std::string> add_appliance_choice(CLI::App& command) {
  auto uri = std::make_shared<std::string>();
  command
      .add_option("--appliance", *uri,
                  "straight to this appliance (`understudy find` lists them) instead of through "
                  "the daemon; where no daemon has it")
      ->envname("UNDERSTUDY_APPLIANCE");
  return uri;
}

int fail(const Context& context, int code, const std::string& text) {
  if (context.json)
    print("{}\n", json_line(json{{"ok", false}, {"code", code}, {"error", text}}));
  else
    complain("understudy: {}\n", text);
  return code;
}

std::expected<Appliance, int> Appliance::open(const Context& context, const std::string& uri) {
  if (uri.empty()) {
    if (edge::ControlClient::open(context.daemon)) return Appliance(context, nullptr);
    return std::unexpected(
        fail(context, unreachable,
             fmt::format("no daemon answers at {}. Where none runs, say which appliance: "
                         "--appliance URI (understudy find lists them)",
                         context.daemon)));
  }
  const auto parsed = edge::parse_appliance_uri(uri);
  if (!parsed) return std::unexpected(fail(context, usage, parsed.error().text));
  auto client = FirmwareClient::open(*parsed, context.timeout());
  if (!client)
    return std::unexpected(
        fail(context, exit_code(client.error().trouble), uri + ": " + client.error().text));
  return Appliance(context, std::move(*client));
}

std::expected<FirmwareAnswer, int> Appliance::say(const std::string& line) {
  if (direct_) {
    auto answer = direct_->say(line);
    if (answer) return *answer;
    return std::unexpected(fail(*context_, exit_code(answer.error().trouble), answer.error().text));
  }
  // the daemon itself waits for the firmware: longer than for its own answers
  auto patient = *context_;
  patient.timeout_seconds = std::max(patient.timeout_seconds, 10.0);
  const auto answer = ask(patient, {{"do", "firmware"}, {"line", line}});
  if (!answer) return std::unexpected(answer.error());
  FirmwareAnswer out{answer->value("text", ""), FirmwareResult::failed};
  for (const auto result : {FirmwareResult::done, FirmwareResult::refused, FirmwareResult::wrong})
    if (answer->value("result", "") == core::to_text(result)) out.result = result;
  return out;
}

std::expected<std::string, int> Appliance::done(const std::string& line) {
  const auto answer = say(line);
  if (!answer) return std::unexpected(answer.error());
  if (answer->result == FirmwareResult::done) return answer->text;
  auto why = answer->text;
  while (why.ends_with('\n')) why.pop_back();
  return std::unexpected(fail(*context_,
                              answer->result == FirmwareResult::refused ? refused
                              : answer->result == FirmwareResult::wrong ? usage
                                                                        : bad,
                              fmt::format("\"{}\": the appliance says: {}", line, why)));
}

std::expected<Appliance::Progress, int> Appliance::progress(const std::string& what) {
  const auto text = done("progress");
  if (!text) return std::unexpected(text.error());
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, skipped;
    Progress out;
    words >> name;
    if (name != what) continue;
    if (what != "selftest") words >> skipped;  // the server
    if (what == "press") words >> skipped;     // the button
    words >> out.state;
    std::getline(words >> std::ws, out.why);
    return out;
  }
  return std::unexpected(
      fail(*context_, failed, "the firmware's progress has no line about " + what));
}

std::expected<Appliance::Progress, int> Appliance::wait(const std::string& what) {
  std::string told;
  while (true) {
    auto now = progress(what);
    if (!now) return now;
    if (now->why != told && !context_->json) print("{}\n", now->why), std::fflush(stdout);
    told = now->why;
    if (now->state != "busy") return now;
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace understudy::tool
