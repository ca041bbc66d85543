// SPDX-License-Identifier: Apache-2.0
// What a client of the control socket may ask, each request one JSON object (host/README.md).
#include <fmt/format.h>

#include <algorithm>

#include "host/edge/daemon/version.hpp"
#include "host/edge/server/daemon.hpp"
#include "host/edge/server/record_json.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using nlohmann::json;
using protocol::Server;

constexpr const char* requests =
    "status, events, parameters, version, switch, offline, online, mode, clear, set, sync, serve, "
    "firmware";

std::string text(const json& request, const char* key) {
  const auto it = request.find(key);
  return it != request.end() && it->is_string() ? it->get<std::string>() : std::string();
}
bool flag(const json& request, const char* key, bool otherwise) {
  const auto it = request.find(key);
  return it != request.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

/// What is wrong with the type of a key that some request knows; empty: nothing.
std::string wrong_type(const json& request) {
  for (const char* key : {"force", "wait", "follow", "other_is_off"})
    if (const auto it = request.find(key); it != request.end() && !it->is_boolean())
      return fmt::format("\"{}\" is true or false, not {}", key, it->dump().substr(0, 64));
  if (const auto it = request.find("last");
      it != request.end() &&
      (!it->is_number_unsigned() || it->get<uint64_t>() > protocol::limits::records_kept_max))
    return fmt::format("\"last\" is a whole number from 0 to {}, not {}",
                       protocol::limits::records_kept_max, it->dump().substr(0, 64));
  return {};
}

const char* letter(Server s) {
  return s == Server::a ? "a" : "b";
}

json alarms_json(uint16_t alarms) {
  json out = json::array();
  for (size_t i = 0; i < protocol::alarm_bits; ++i)
    if ((alarms >> i) & 1) out.push_back(protocol::alarm_names[i]);
  return out;
}

}  // namespace

void Daemon::take_request(ControlServer::Client client, const json& request) {
  using namespace core;
  const auto what = request["do"].get<std::string>();
  const auto bad = [&](const std::string& why) {
    control_->reply(client, control_error("bad_request", why));
  };
  if (const auto why = wrong_type(request); !why.empty()) return bad(why);
  if (what == "status") return control_->reply(client, status_json());
  if (what == "events") return control_->reply(client, events_json(client, request));
  if (what == "version")
    return control_->reply(client,
                           {{"ok", true},
                            {"version", product_version},
                            {"link_version", protocol::link_version},
                            {"appliance",
                             {{"uri", configuration_.appliance_text},
                              {"heard", server_.status().appliance},  // of our version, then
                              {"trouble", last_trouble_}}}});
  if (what == "parameters") {
    json all = json::object();
    for (const auto& p : server_.status().parameters) all[p.key] = p.value;
    return control_->reply(client, {{"ok", true}, {"parameters", all}});
  }
  if (what == "switch") {
    const auto to = text(request, "to");
    if (to != "a" && to != "b" && to != "other") return bad(R"("to" is "a", "b" or "other")");
    SwitchRequest r{.force = flag(request, "force", false)};
    if (to != "other") r.to = to == "a" ? Server::a : Server::b;
    return order(client, request, r);
  }
  if (what == "offline")
    return order(client, request, OfflineRequest{.force = flag(request, "force", false)});
  if (what == "online") return order(client, request, OnlineRequest{});
  if (what == "clear") return order(client, request, ClearAlarmsRequest{});
  if (what == "sync") return order(client, request, SynchronizeRequest{});
  if (what == "serve") {
    if (!keeper_ || configuration_.appliance.kind != ApplianceUri::Kind::none)
      return control_->reply(client, control_error("refused",
                                                   "an appliance decides here, or no [address] is "
                                                   "configured; see: understudy switch"));
    if (!flag(request, "other_is_off", false))
      return bad(R"("serve" needs "other_is_off": true, the word of a person who has looked)");
    keeper_->operator_says_other_is_off();
    return control_->reply(client, {{"ok", true}, {"text", "asked"}});
  }
  if (what == "mode") {
    for (const auto mode :
         {protocol::Mode::automatic, protocol::Mode::manual, protocol::Mode::lockout})
      if (text(request, "mode") == to_text(mode)) return order(client, request, ModeRequest{mode});
    return bad(R"("mode" is "automatic", "manual" or "lockout")");
  }
  if (what == "firmware") return ask_firmware(client, request);
  if (what == "set") {
    if (!request.contains("key") || !request["key"].is_string() || !request.contains("value") ||
        !request["value"].is_string())
      return bad(R"("set" takes the texts "key" and "value")");
    return order(client, request, SetRequest{text(request, "key"), text(request, "value")});
  }
  bad(fmt::format("\"{}\" is no request; there are: {}", what.substr(0, 64), requests));
}

void Daemon::ask_firmware(ControlServer::Client client, const json& request) {
  if (const auto fault = core::FirmwareExchange::fault_of(text(request, "line")); !fault.empty())
    return control_->reply(client, control_error("bad_request", "\"line\": " + fault));
  if (configuration_.appliance.kind == ApplianceUri::Kind::none)
    return control_->reply(client, control_error("no_firmware", "no appliance is configured here"));
  if (!linked_)
    return control_->reply(
        client,
        control_error("no_firmware", "the appliance's link is down" +
                                         (last_trouble_.empty() ? "" : ": " + last_trouble_)));
  firmware_.ask(text(request, "line"), [this, client](const FirmwareLines::Outcome& outcome) {
    if (!outcome) return control_->reply(client, control_error("no_firmware", outcome.error()));
    control_->reply(
        client,
        {{"ok", true}, {"result", core::to_text(outcome->result)}, {"text", outcome->text}});
  });
}

void Daemon::order(ControlServer::Client client, const json& request,
                   decltype(core::ControlRequest::what) what) {
  const uint64_t id = next_request_++;
  const bool wait = flag(request, "wait", true);
  requests_.emplace(id, Waiting{client, wait});
  if (!wait) control_->reply(client, {{"ok", true}, {"request", id}, {"text", "asked"}});
  feed(core::ControlRequest{{id}, std::move(what)});
}

void Daemon::answer(const core::Reply& reply) {
  const auto it = requests_.find(reply.id.value);
  if (it == requests_.end()) return;
  const auto waiting = it->second;
  requests_.erase(it);
  if (!waiting.wait) return;
  nlohmann::ordered_json fields;
  add_fields(fields, reply.fields);
  json out = fields.is_null() ? json::object() : json(fields);
  const bool done = reply.code == core::ReplyCode::done;
  out["ok"] = done;
  if (!done) out["code"] = core::to_text(reply.code);
  out[done ? "text" : "error"] = reply.text;
  control_->reply(waiting.client, out);
}

json Daemon::events_json(ControlServer::Client client, const json& request) {
  uint64_t last = 20;
  if (const auto it = request.find("last"); it != request.end()) last = it->get<uint64_t>();
  json records = json::array();
  for (const auto& line : journal_.last(last)) records.push_back(json::parse(line));
  if (flag(request, "follow", false)) control_->follow(client);
  return {{"ok", true}, {"records", records}};
}

json Daemon::status_json() const {
  const auto s = server_.status();
  json applications = json::array();
  const auto connected = applications_->registered();
  for (const auto& a : s.applications) {
    json one{{"name", a.name},
             {"well", a.well},
             {"state", a.well ? "well" : a.down},
             {"deadline_ms", a.deadline_ms},
             {"applied", a.applied},
             {"discard", a.discard}};
    for (const auto& [id, facts] : connected)
      if (facts.name == a.name) one["pid"] = facts.pid, one["silent"] = facts.silent;
    applications.push_back(std::move(one));
  }
  json peer{{"configured", configuration_.peer.has_value()}, {"alive", s.peer.has_value()}};
  if (s.peer)
    peer.update({{"name", s.peer->name},
                 {"state", to_text(s.peer->state)},
                 {"reason", s.peer->reason},
                 {"applications", s.peer->applications},
                 {"applications_down", s.peer->applications_down},
                 {"log_committed", s.peer->log_committed}});
  if (s.peer && s.peer->load) peer["load"] = *s.peer->load, peer["burdened"] = s.peer->burdened;
  if (peer_)
    peer.update({{"received", peer_->received()},
                 {"sent", peer_->sent()},
                 {"refused", s.peer_refused},
                 {"dropped", peer_->dropped()},
                 {"waits_lost", peer_waits_lost_}});
  json out{{"ok", true},
           {"name", s.name},
           {"state", to_text(s.state)},
           {"reason", s.reason},
           {"offline_asked", s.offline_asked},
           {"time", now().time_since_epoch().count()},
           {"clock", time_is_virtual() ? "virtual" : "monotonic"},
           {"frame", s.frame == 0xFFFFFFFF ? int64_t{-1} : int64_t{s.frame}},
           {"term", s.term},
           {"mode", to_text(s.mode)},
           {"alarms", alarms_json(s.alarms)},
           {"equal_frames", s.equal_frames},
           {"protected", s.is_protected},
           {"initiator", to_text(s.initiator)},
           {"synchronized_peer", s.synchronized_peer},
           {"state_a", to_text(s.state_a)},
           {"state_b", to_text(s.state_b)}};
  out["port"] = s.port ? json(letter(*s.port)) : json("port not known");
  out["on_air"] = s.on_air ? json(letter(*s.on_air)) : json("not known");
  out["log"] = {{"base", s.log_base}, {"last", s.log_last}, {"committed", s.log_committed}};
  out["appliance"] = {{"uri", configuration_.appliance_text},
                      {"up", transport_->up()},
                      {"heard", s.appliance},
                      {"garbage", s.link_garbage}};
  out["peer"] = std::move(peer);
  out["applications"] = std::move(applications);
  out["counters"] = {{"beats_sent", s.beats_sent},
                     {"events_ignored", s.events_ignored},
                     {"changes_restamped", s.changes_restamped},
                     {"changes_late", s.changes_late},
                     {"gate_restarts", s.gate_restarts},
                     {"control_refused", control_->refused()},
                     {"applications_refused", applications_->refused()}};
  const auto& file = journal_.file();
  out["events"] = {{"file", file ? file->path() : ""}, {"lost", file ? file->lost() : 0}};
  if (s.burden.looks)
    out["burden"] = {{"load", s.burden.load ? json(*s.burden.load) : json(nullptr)},
                     {"burdened", s.burden.burdened},
                     {"overload", s.burden.overload},
                     {"kept_because", s.burden.kept_because},
                     {"handed_over", s.burden.handed_over},
                     {"last", s.burden.last}};
  out["version"] = product_version;
  if (keeper_) out["address"] = keeper_->status();
  return out;
}

}  // namespace understudy::edge
