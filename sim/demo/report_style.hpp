// SPDX-License-Identifier: Apache-2.0
// The report's style sheet. Light or dark as the reader's system says; prints in black on white.
#pragma once

#include <string_view>

namespace understudy::demo {

inline constexpr std::string_view report_style = R"css(
:root{--page:#f6f5f1;--card:#fff;--ink:#1c1d22;--soft:#6a6c75;--rule:#dddbd3;--a:#2f6fde;--b:#e0861a;
--bad:#d3314a;--good:#1d8a55;--slate:#8a8d98;--fault:#d3314a;--known:#a86b00;--first:#1d8a55;--switch:#7a3fd0;--differ:#7a3fd0}
@media (prefers-color-scheme:dark){:root{--page:#131418;--card:#1c1e24;--ink:#eceae4;--soft:#9b9da7;
--rule:#33363f;--a:#6fa3ff;--b:#ffb054;--bad:#ff6b81;--good:#52d08f;--slate:#757988;--fault:#ff6b81;
--known:#ffca5c;--first:#52d08f;--switch:#c09bff;--differ:#c09bff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",
"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 24px 80px}
header{margin-bottom:36px}
.name{margin:0 0 10px;font-weight:600;letter-spacing:.02em}.name span{color:var(--soft);font-weight:400;
margin-left:10px}
h1{font-size:clamp(28px,4.2vw,46px);line-height:1.15;letter-spacing:-.02em;margin:0 0 14px;max-width:24em;
text-wrap:balance}
.what{font-size:19px;color:var(--soft);margin:0 0 16px}
.pill{display:inline-block;padding:3px 14px;border-radius:99px;font-weight:600;font-size:14px;color:var(--card)}
.pill.good{background:var(--good)}.pill.bad{background:var(--bad)}
.complaints{color:var(--bad)}
section{background:var(--card);border:1px solid var(--rule);border-radius:14px;padding:22px 24px 24px;
margin:0 0 22px}
h2{margin:0;font-size:20px;letter-spacing:-.01em}.lead{margin:2px 0 16px;color:var(--soft);font-size:15px}
h3{font-size:14px;font-weight:600;margin:0 0 5px}h3.sub{color:var(--soft);font-weight:400;margin-bottom:12px}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(290px,1fr));gap:18px 16px}
figure{margin:0}.shot{position:relative;padding-left:11px;border-radius:6px;overflow:hidden;outline:1px solid var(--rule)}
.struck .shot{outline:3px solid var(--fault)}
.shot img{display:block;width:100%;height:auto}
figcaption{font-size:13px;color:var(--soft);margin-top:5px;line-height:1.4}figcaption b{color:var(--ink)}
.ok{color:var(--good)}.no{color:var(--bad);font-weight:600}
.key,.band h3 i{display:inline-block;width:11px;height:11px;border-radius:3px;margin:0 4px 0 0}
.key.a,i.a{background:var(--a)}.key.b,i.b{background:var(--b)}i.out{background:var(--ink)}.key.bad{background:var(--bad)}.key.differ{background:var(--differ)}.key.slate{background:var(--slate)}
.key{margin-left:8px}
.band{margin-bottom:14px;overflow-x:auto}.with-numbers{display:flex;gap:8px;align-items:stretch;max-width:100%}
.numbers{display:flex;flex-direction:column;justify-content:space-around;font:10px/1 ui-monospace,monospace;
color:var(--soft);flex:none;width:26px;text-align:right}.numbers .hit{color:var(--fault);font-weight:700}
.pixels{image-rendering:pixelated;display:block;min-width:0;max-width:100%;flex:1;width:100%;border-radius:3px}
.band.close .pixels{height:auto}.band.whole .pixels{height:91px}
.drawing{overflow-x:auto}svg{display:block;width:100%;min-width:760px;height:auto}
.strip svg.origin{position:absolute;left:0;top:0;min-width:0;width:7px;height:100%}
svg text{font:11px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink)}svg .label{fill:var(--soft);font-size:12px}
rect.a{fill:var(--a)}rect.b{fill:var(--b)}rect.bad{fill:var(--bad)}rect.differ{fill:var(--differ)}rect.slate{fill:var(--slate)}
rect.state{fill:none;stroke:var(--rule)}rect.state.bad{fill:var(--bad);fill-opacity:.18;stroke:var(--bad)}
svg .state-words{font-size:10px;fill:var(--soft)}svg .on-bar{fill:var(--card);font-size:11px;font-weight:600}
.beat{stroke-width:1.6}.beat.a{stroke:var(--a)}.beat.b{stroke:var(--b)}
.ruler{stroke:var(--soft)}svg .ruler-words{fill:var(--soft);font-size:10px}
.mark{stroke-width:1.6;stroke-dasharray:4 2}.mark.fault{stroke:var(--fault)}.mark.known{stroke:var(--known)}
.mark.first{stroke:var(--first)}.mark.switch{stroke:var(--switch)}svg .words{font-weight:600}
svg .words.fault{fill:var(--fault)}svg .words.known{fill:var(--known)}svg .words.first{fill:var(--first)}
svg .words.switch{fill:var(--switch)}
table{border-collapse:collapse;font-size:14px}th{text-align:left;font-weight:400;color:var(--soft);
vertical-align:top}td,th{padding:5px 18px 5px 0;border-bottom:1px solid var(--rule)}
.facts{width:100%}.facts th{width:34%}.facts td{font-variant-numeric:tabular-nums}
details{margin-top:16px}summary{cursor:pointer;color:var(--soft);margin-bottom:10px}
.scroll{overflow-x:auto}.events{font-size:12px}.events td{white-space:nowrap}
code,pre{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
pre{margin:0;padding:12px 14px;background:var(--page);border-radius:8px;white-space:pre-wrap;
overflow-wrap:anywhere}
@media print{:root{--page:#fff;--card:#fff;--ink:#000}section{break-inside:avoid}}
)css";

}  // namespace understudy::demo
