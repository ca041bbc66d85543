// SPDX-License-Identifier: Apache-2.0
#include "sim/network/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/demo/drawing.hpp"
#include "sim/demo/report_style.hpp"
#include "sim/network/client_timeline.hpp"
#include "sim/network/sequence_diagram.hpp"

namespace understudy::network {
namespace {

using demo::escaped;

constexpr std::string_view more_style =
    ".lifeline{stroke:var(--rule);stroke-width:2}.arrow{stroke:var(--ink);stroke-width:1.2}"
    ".tip{fill:var(--ink)}.clients td{vertical-align:top}.clients code{font-size:11px}";

std::string section(std::string_view title, std::string_view words, const std::string& inside) {
  return fmt::format("<section><h2>{}</h2><p class=\"lead\">{}</p>{}</section>", title, words,
                     inside);
}

std::string headline(const Outcome& o) {
  const auto noticed = std::ranges::count_if(o.clients, [](auto& c) { return !c.right(); });
  if (noticed) return fmt::format("{} of {} clients noticed.", noticed, o.clients.size());
  return o.expect_change ? fmt::format("{} clients, and none of them noticed that {} took over.",
                                       o.clients.size(), o.second_name)
                         : fmt::format("{} clients were served.", o.clients.size());
}

std::string verdict(const Outcome& o) {
  const auto wrong = o.complaints();
  if (wrong.empty()) return "<span class=\"pill good\">as it should be</span>";
  std::string out = "<span class=\"pill bad\">not as it should be</span><ul class=\"complaints\">";
  for (const auto& c : wrong) out += "<li>" + escaped(c) + "</li>";
  return out + "</ul>";
}

std::string silence(const std::optional<Stream::Silence>& s) {
  return s ? fmt::format("{:.1f} ms", s->milliseconds()) : "none";
}

std::string clients(const Outcome& o) {
  std::string rows;
  for (const auto& c : o.clients)
    rows += fmt::format(
        "<tr><td><b>{}</b><br><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td>"
        "<td class=\"{}\">{}<br><code>{}</code></td></tr>",
        escaped(c.name), escaped(c.command), escaped(got_words(c)), silence(c.stream.over_change),
        silence(c.stream.longest_else), c.hash_got == c.hash_wanted ? "ok" : "no",
        c.hash_got == c.hash_wanted ? "equal" : "not equal", c.hash_got.substr(0, 32));
  return "<div class=\"scroll\"><table class=\"facts clients\"><tr><th>client</th><th>got</th>"
         "<th>silent at the change</th><th>longest silence else</th><th>SHA-256</th></tr>" +
         rows + "</table></div>";
}

std::string glossary() {
  struct Word {
    std::string_view word, means;
  };
  constexpr std::array<Word, 8> words{{
      {"service address", "the one address that clients know; one server at a time has it"},
      {"on air", "the appliance lets this server's picture out, and so it has the service address"},
      {"term", "counts the changes of the server on air"},
      {"SYN, ACK", "TCP: a connection begins; what has come is acknowledged"},
      {"RST", "TCP: a connection ends at once. A client that sees one has noticed"},
      {"probe",
       "one old byte, so that the client answers with what it has: there the second "
       "server goes on"},
      {"RTP number",
       "each packet of a stream has one; a receiver finds by it what is missing, and "
       "throws away what came twice"},
      {"lease",
       "how long a server may speak for the service address without a new word from the "
       "appliance; its kernel ends it. The second waits for as long"},
  }};
  std::string rows;
  for (const auto& w : words)
    rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>", w.word, w.means);
  return "<table class=\"facts\">" + rows + "</table>";
}

std::string facts_table(const Outcome& o) {
  std::string rows;
  const auto row = [&rows](std::string_view name, const std::string& value) {
    rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>", name, escaped(value));
  };
  row("on air", fmt::format("{} in term {}, then {} in term {}", o.before.server, o.before.term,
                            o.after.server, o.after.term));
  row("connections, resets", fmt::format("{}, {}", o.voices.connections, o.voices.resets));
  row("the first server spoke after the second",
      fmt::format("{} times", o.voices.first_after_second));
  row("held back by the fence of the one on air", fmt::format("{} packets", o.held_back));
  if (!o.delivery_says.empty()) row("takeover", o.delivery_says);
  return "<table class=\"facts\">" + rows + "</table>";
}

}  // namespace

std::string report_html(const Outcome& o) {
  std::string page = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Understudy on a network: {}</title><style>{}{}</style>"
      "</head><body><main><header><p class=\"name\">Understudy <span>on a network; fault: {}</span>"
      "</p><h1>{}</h1><p class=\"what\">{}.</p>{}</header>",
      o.fault, demo::report_style, more_style, o.fault, escaped(headline(o)),
      escaped(o.fault_words), verdict(o));
  page += section("What the clients got",
                  "Times are the kernel's, of packets at the client's network card. A video stream "
                  "is silent between its pictures too.",
                  clients(o));
  page += section("Around the fault",
                  "New bytes for each client; the higher, the more. Each row has its own scale. "
                  "<i class=\"key a\"></i>from A <i class=\"key b\"></i>from B "
                  "<i class=\"key bad\"></i>silence at the change",
                  "<div class=\"drawing\">" + client_timeline(o) + "</div>");
  page += section("How the download changed hands",
                  "Packets of its connection, and who says where the service address is. Not to "
                  "scale: one row a packet.",
                  "<div class=\"drawing\">" + sequence_diagram(o) + "</div>");
  page += section("Numbers", "", facts_table(o));
  page += section("Words", "", glossary());
  page += section("Again", "", "<pre>" + escaped(o.command) + "</pre>");
  return page + "</main></body></html>\n";
}

}  // namespace understudy::network
