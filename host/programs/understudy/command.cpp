// SPDX-License-Identifier: Apache-2.0
#include "host/programs/understudy/command.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "host/edge/command_line/print.hpp"

namespace understudy::tool {

using edge::ControlClient;
using nlohmann::json;

std::string json_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

int report(const Context& context, const ControlClient::Failure& failure) {
  const int code = failure.trouble == ControlClient::Trouble::unreachable ? unreachable
                   : failure.trouble == ControlClient::Trouble::timed_out ? timed_out
                                                                          : failed;
  if (context.json)
    print("{}\n", json_line(json{{"ok", false}, {"code", code}, {"error", failure.text}}));
  else
    complain("understudy: {}\n", failure.text);
  return code;
}

int report_refusal(const Context& context, const json& answer) {
  const auto code = answer.value("code", "refused");
  if (context.json)
    print("{}\n", json_line(answer));
  else
    complain("understudy: {}\n", answer.value("error", "refused, without a reason"));
  if (code == "bad_request") return usage;
  if (code == "timeout") return timed_out;
  if (code == "not_protected") return not_protected;
  if (code == "no_firmware") return no_firmware;
  return refused;
}

std::expected<json, int> ask_at(const Context& context, const std::string& daemon,
                                const json& request) {
  auto client = ControlClient::open(daemon);
  if (!client) return std::unexpected(report(context, client.error()));
  auto answer = client->ask(request, context.timeout());
  if (!answer) return std::unexpected(report(context, answer.error()));
  if (!answer->value("ok", false)) return std::unexpected(report_refusal(context, *answer));
  return *answer;
}

std::expected<json, int> ask(const Context& context, const json& request) {
  return ask_at(context, context.daemon, request);
}

int ask_and_print(const Context& context, const json& request,
                  const std::function<std::string(const json&)>& text) {
  const auto answer = ask(context, request);
  if (!answer) return answer.error();
  print("{}\n", context.json ? json_line(*answer) : text(*answer));
  return ok;
}

std::string event_line(const json& r) {
  return fmt::format("{:>14.6f} {} frame {:<8} term {:<4} {:<20} {}",
                     static_cast<double>(r.value("time", int64_t{0})) / 1e9,
                     r.value("clock", "") == "virtual" ? "v" : "m", r.value("frame", int64_t{-1}),
                     r.value("term", uint64_t{0}), r.value("kind", ""), r.value("text", ""));
}

bool is_protected(const json& s) {
  return s.value("protected", false);
}

}  // namespace understudy::tool
