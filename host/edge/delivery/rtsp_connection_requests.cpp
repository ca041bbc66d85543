// SPDX-License-Identifier: Apache-2.0
// Does what core/rtsp decided about a request, and answers it.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "host/core/rtp/packet.hpp"
#include "host/core/rtsp/description.hpp"
#include "host/edge/delivery/rtsp_connection.hpp"

namespace understudy::edge {

namespace limits = protocol::limits;
using rtsp::Act;
using rtsp::State;

namespace {

/// The URL without the control of its track.
std::string base_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto track = std::string("/") + rtsp::track_control;
  if (url.ends_with(track)) url.remove_suffix(track.size());
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url.substr(0, 1024));
}

std::string refusal(int status, const rtsp::Request& request) {
  return rtsp::respond(status, request.sequence);
}

}  // namespace

/// A response after what is on its way. Media that runs is cut at an item's end, and goes on behind
/// the response unless `stops_media`.
void RtspConnection::say(const std::string& text, bool stops_media) {
  auto& output = state_.output;
  const uint64_t sent = socket_.sent().value;
  const auto open = output.open_media(sent);
  const auto flow = open ? flows_.find(id_) : nullptr;
  auto* items = flow ? flow->items(open->run) : nullptr;
  if (!open || !items || !items->seek(open->place)) return output.say(text);
  const auto& item = items->item();
  const uint64_t cut = item.place == open->place ? open->place : item.end();
  if (stops_media) {
    output.stop_at(cut);
    limit_ = std::min(limit_, output.end());
    output.say(text);
    return;
  }
  const uint64_t from_end = output.spans().back().place + output.spans().back().length - cut;
  limit_ = std::min(limit_, output.end() - from_end);
  output.say_at(cut, text);
}

void RtspConnection::handle(const rtsp::Request& request) {
  const auto flow = flows_.find(id_);
  if (state_.session.state == State::playing && flow && flow->datagrams() && !flow->running())
    state_.session.state = State::ready;  // it came to its end
  const auto decision = rtsp::decide(request, state_.session);
  if (decision.status != 200)
    return say(rtsp::respond(decision.status, request.sequence, decision.fields), false);
  switch (decision.act) {
    case Act::nothing: {
      auto fields = decision.fields;
      if (request.has("Session")) fields += session_fields();
      return say(rtsp::respond(200, request.sequence, fields), false);
    }
    case Act::describe:
      return say(describe(request, decision), false);
    case Act::set_up:
      return say(set_up(request, decision), false);
    case Act::play:
      return play(request, decision);
    case Act::pause:
      return pause(request);
    case Act::tear_down:
      return tear_down(request);
  }
}

std::string RtspConnection::session_fields() const {
  return fmt::format("Session: {};timeout={}\r\n", rtsp::session_text(state_.session.identifier),
                     limits::rtsp_timeout_seconds);
}

std::string RtspConnection::describe(const rtsp::Request& request, const rtsp::Decision& decision) {
  const auto found = flows_.find(decision.path);
  if (!found.asset) return refusal(found.unable ? 503 : 404, request);
  if (!found.media) {
    spdlog::warn("{}", found.why);
    return refusal(415, request);
  }
  rtsp::Description d;
  d.identifier = stable_hash(found.asset->path + found.asset->tag);
  const auto& service = socket_.origin().service;
  d.ipv6 = service.family == protocol::checkpoint::Family::ipv6;
  d.service = address_text(service);
  d.name = found.asset->path.substr(0, 256);
  d.duration = found.media->index().duration();
  d.payload_type = found.media->payload_type();
  d.profile_level_id = found.media->description().profile_level_id;
  d.sprop_parameter_sets = found.media->description().sprop_parameter_sets;
  auto text = rtsp::respond(
      200, request.sequence,
      fmt::format("Content-Type: application/sdp\r\nContent-Base: {}/\r\n", base_of(request.url)),
      rtsp::write_description(d));
  return text.size() <= limits::rtsp_response_max ? text : refusal(500, request);
}

std::optional<FlowTarget> RtspConnection::target_of(const rtsp::TransportOffer& offer,
                                                    const std::string& path) const {
  using Offered = rtsp::TransportOffer::Carrier;
  const auto& client = socket_.origin().client;
  if (offer.carrier == Offered::multicast) return flows_.group_for(path, client.family);
  FlowTarget out;
  if (offer.carrier == Offered::interleaved) {
    out.carrier = MediaFlow::Carrier::interleaved;
    const auto channels = offer.channels.value_or(std::pair<uint8_t, uint8_t>{0, 1});
    out.rtp_channel = channels.first, out.rtcp_channel = channels.second;
    out.rtp = out.rtcp = client;
    return out;
  }
  out.carrier = MediaFlow::Carrier::unicast;
  out.rtp = out.rtcp = client;
  out.rtp.endpoint.port = offer.ports->first, out.rtcp.endpoint.port = offer.ports->second;
  return out;
}

std::string RtspConnection::transport_text(const MediaFlow& flow) const {
  const auto& t = flow.target();
  std::string out;
  if (t.carrier == MediaFlow::Carrier::interleaved)
    out = fmt::format("RTP/AVP/TCP;unicast;interleaved={}-{}", t.rtp_channel, t.rtcp_channel);
  else if (t.carrier == MediaFlow::Carrier::multicast)
    out = fmt::format("RTP/AVP;multicast;destination={};port={}-{};ttl={}", address_text(t.rtp),
                      t.rtp.endpoint.port, t.rtcp.endpoint.port, t.hops);
  else
    out = fmt::format("RTP/AVP;unicast;client_port={}-{};server_port={}-{};source={}",
                      t.rtp.endpoint.port, t.rtcp.endpoint.port, flows_.rtp_port(),
                      flows_.rtp_port() + 1, address_text(socket_.origin().service));
  return fmt::format("Transport: {};ssrc={:08X}\r\n", out, flow.source().ssrc);
}

std::string RtspConnection::set_up(const rtsp::Request& request, const rtsp::Decision& decision) {
  const auto found = flows_.find(decision.path);
  if (!found.asset) return refusal(found.unable ? 503 : 404, request);
  if (!found.media) return refusal(415, request);
  state_.output.acknowledged(socket_.acknowledged().value);
  if (state_.output.first_run()) return refusal(503, request);  // the old media is still on its way
  std::shared_ptr<MediaFlow> flow;
  auto identity = identify_(socket_.origin(), state_.sessions);
  for (const auto& offer : decision.offers) {
    const auto target = target_of(offer, found.asset->path);
    if (!target) continue;
    if (target->carrier == MediaFlow::Carrier::multicast)
      flow = flows_.join(id_, found.asset->path);
    if (!flow) flow = flows_.add(id_, found, identity, *target);
    break;
  }
  if (!flow) return refusal(461, request);
  ++state_.sessions;
  state_.session = {identity.session, State::ready, found.asset->path};
  return rtsp::respond(200, request.sequence, session_fields() + transport_text(*flow));
}

std::string RtspConnection::play_fields(const rtsp::Request& request, uint32_t number,
                                        uint32_t unit) const {
  const auto flow = flows_.find(id_);
  const auto& run = flow->run(number);
  auto& items = *flow->items(number);
  const auto& index = flow->media().index();
  const auto range =
      rtsp::write_range(index.present(unit) - index.present(0), index.decode(run.end_unit));
  return fmt::format("{}Range: {}\r\nRTP-Info: url={}/{};seq={};rtptime={}\r\n", session_fields(),
                     range, base_of(request.url), rtsp::track_control, items.sequence(unit),
                     items.timestamp(unit));
}

void RtspConnection::play(const rtsp::Request& request, const rtsp::Decision& decision) {
  const auto flow = flows_.find(id_);
  if (!flow) return say(refusal(454, request), false);
  const auto& range = decision.range;
  const auto& index = flow->media().index();
  const bool others = flow->shared() && (flow->members.size() > 1 || flow->running());
  if (flow->running() && (others || !range.from)) {
    // Goes on as it is; who joins a group learns where it stands.
    const uint32_t unit = std::min(flow->unit_at(flow->datagrams() ? flow->position() : 0),
                                   flow->run(flow->last_run()).end_unit - 1);
    state_.session.state = State::playing;
    return say(rtsp::respond(200, request.sequence,
                             flow->datagrams() ? play_fields(request, flow->last_run(), unit)
                                               : session_fields()),
               false);
  }
  if (flow->too_many_runs()) return say(refusal(453, request), false);
  uint64_t place = flow->position();
  if (!flow->datagrams()) {
    // Where the last run was, or is now, cut.
    const auto open = state_.output.open_media(socket_.sent().value);
    auto* items = open ? flow->items(open->run) : nullptr;
    if (items && items->seek(open->place)) {
      const auto& item = items->item();
      place = item.place == open->place ? open->place : item.end();
      state_.output.stop_at(place);
      limit_ = std::min(limit_, state_.output.end());
    }
  }
  const auto units = static_cast<uint32_t>(index.size());
  uint32_t first = 0;
  if (range.from)
    first = static_cast<uint32_t>(index.key_before(index.at(*range.from)));
  else if (flow->has_run())
    first = flow->unit_at(place);
  if (first >= units || (range.from && *range.from > index.duration())) {
    if (range.from || units == 0) return say(refusal(457, request), false);
    first = 0;  // it had come to its end: from the beginning
  }
  uint32_t end = units;
  if (range.to) end = std::clamp(static_cast<uint32_t>(index.at(*range.to)), first + 1, units);
  const uint32_t number = flow->begin(place, first, end, shared_clock());
  state_.session.state = State::playing;
  state_.output.say(rtsp::respond(200, request.sequence, play_fields(request, number, first)));
  if (flow->datagrams())
    start_flow_ = true;
  else
    state_.output.begin_run(number, flow->items(number)->end());
}

void RtspConnection::pause(const rtsp::Request& request) {
  const auto flow = flows_.find(id_);
  if (flow && flow->shared() && flow->members.size() > 1) return say(refusal(455, request), false);
  state_.session.state = State::ready;
  if (flow && !flow->datagrams())
    if (const auto open = state_.output.open_media(socket_.sent().value))
      if (auto* items = flow->items(open->run); items && items->seek(open->place))
        flow->stop_at(items->item().place == open->place ? open->place : items->item().end());
  say(rtsp::respond(200, request.sequence, session_fields()), true);
  if (flow) flow->stop();
}

void RtspConnection::tear_down(const rtsp::Request& request) {
  say(rtsp::respond(200, request.sequence), true);
  end_session();
}

/// The flow is kept while bytes of it are still to be sent.
void RtspConnection::end_session() {
  const auto flow = flows_.find(id_);
  state_.session = {};
  start_flow_ = false;
  if (!flow) return;
  if (flow->datagrams()) return flows_.drop(id_);
  const auto open = state_.output.open_media(socket_.sent().value);
  auto* items = open ? flow->items(open->run) : nullptr;
  if (items && items->seek(open->place)) {
    const uint64_t cut = items->item().place == open->place ? open->place : items->item().end();
    state_.output.stop_at(cut);
    flow->stop_at(cut);
    limit_ = std::min(limit_, state_.output.end());
  }
  flow->stop();
}

}  // namespace understudy::edge
