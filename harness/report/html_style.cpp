// SPDX-License-Identifier: GPL-2.0-or-later
//
// Light and dark by the reader's preference; text on its ground has a contrast of 4.5 and more in
// both, which scripts/html-check measures.
#include "harness/report/html.h"

namespace hangrate::html {

const char* const kStyle = R"css(:root {
  --ground: #ffffff; --raised: #f6f8fa; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de;
  --link: #0550ae; --focus: #bf3989; --grid: #d8dee4;
  --good: #d8f5de; --good-text: #0f4a22; --good-mark: #1a7f37;
  --hit: #d7e8ff; --hit-text: #0a3069; --hit-mark: #0969da;
  --bad: #ffdcd7; --bad-text: #82071e; --bad-mark: #cf222e;
  --weak: #fff3c4; --weak-text: #573e00; --weak-mark: #8a6100;
  --unknown: #ece4fb; --unknown-text: #43257a; --unknown-mark: #7a4bc4;
  --skip: #e9ecef; --skip-text: #48505a; --skip-mark: #6e7781;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --raised: #161b22; --text: #e6edf3; --quiet: #9aa4af; --line: #363d46;
    --link: #79b8ff; --focus: #ff9bce; --grid: #2b323b;
    --good: #12351e; --good-text: #b9f0c7; --good-mark: #3fb950;
    --hit: #10305c; --hit-text: #cfe4ff; --hit-mark: #58a6ff;
    --bad: #5a1620; --bad-text: #ffdbd7; --bad-mark: #ff7b72;
    --weak: #453506; --weak-text: #ffe9a6; --weak-mark: #d4a72c;
    --unknown: #352454; --unknown-text: #e7dbff; --unknown-mark: #b392f0;
    --skip: #2a3037; --skip-text: #c6ced6; --skip-mark: #8b949e;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem clamp(0.8rem, 3vw, 2.5rem) 3rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6, p, ul, ol, dl { margin: 0 0 0.6rem; }
h1 { font-size: 1.7rem; line-height: 1.25; }
h2 { font-size: 1.35rem; margin-top: 2.4rem; padding-bottom: 0.3rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.15rem; }
h4 { font-size: 1rem; margin-top: 1.2rem; }
h5 { font-size: 1rem; }
h6 { font-size: 0.85rem; margin: 0.8rem 0 0.2rem; color: var(--quiet); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.87em; }
pre { margin: 0 0 0.6rem; padding: 0.6rem 0.8rem; background: var(--raised); border: 1px solid var(--line);
  border-radius: 6px; overflow-x: auto; overflow-wrap: normal; }
.name { display: block; margin-bottom: 0.2rem; color: var(--quiet); font-size: 1rem; font-weight: 600; }
.quiet { color: var(--quiet); }
#headline { font-size: 1.1rem; }
.worst { font-weight: 600; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; padding: 0.4rem 0.8rem; background: var(--ground); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
nav { display: flex; flex-wrap: wrap; gap: 0.4rem 1.2rem; margin-top: 1.2rem; padding: 0.5rem 0.8rem;
  background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.badge { display: inline-block; padding: 0 0.5em; border-radius: 1em; border: 1px solid currentColor;
  font-size: 0.82rem; font-weight: 600; line-height: 1.55; white-space: nowrap; }
h1 .badge { font-size: inherit; padding: 0.1em 0.7em; }
h3 .badge, h5 .badge { margin-left: 0.3em; }
.v-good { --back: var(--good); --fore: var(--good-text); --mark: var(--good-mark); }
.v-hit { --back: var(--hit); --fore: var(--hit-text); --mark: var(--hit-mark); }
.v-bad { --back: var(--bad); --fore: var(--bad-text); --mark: var(--bad-mark); }
.v-weak { --back: var(--weak); --fore: var(--weak-text); --mark: var(--weak-mark); }
.v-unknown { --back: var(--unknown); --fore: var(--unknown-text); --mark: var(--unknown-mark); }
.v-skip { --back: var(--skip); --fore: var(--skip-text); --mark: var(--skip-mark); }
.badge, td[class^="v-"], td[class^="v-"] a { background: var(--back); color: var(--fore); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0.35rem 1.4rem; }
.facts dt { color: var(--quiet); font-size: 0.82rem; line-height: 1.3; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.facts .wide { grid-column: 1 / -1; }
.attention { padding: 0; list-style: none; }
.attention li { padding: 0.35rem 0; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; margin-bottom: 1.2rem; position: relative; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.4rem; color: var(--quiet); font-size: 0.9rem; }
th, td { padding: 0.3rem 0.7rem; text-align: left; vertical-align: middle; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
thead th { font-size: 0.85rem; vertical-align: bottom; }
tbody th { font-weight: 500; }
.num { text-align: right; white-space: nowrap; }
.heat { border-collapse: separate; border-spacing: 2px; min-width: 100%; }
.heat th, .heat td { border: 0; }
.heat tbody th { min-width: 13rem; max-width: 17rem; overflow-wrap: anywhere; }
.heat thead .first { border-left: 3px solid var(--line); }
.heat td { padding: 0; border-radius: 5px; min-width: 7.6rem; }
.heat td a { display: flex; flex-direction: column; gap: 0.05rem; padding: 0.4rem 0.6rem; min-height: 4.7rem;
  justify-content: center; border-radius: 5px; text-decoration: none; }
.heat td a:hover { text-decoration: underline; }
.heat td[colspan] a { min-height: 0; display: block; overflow-wrap: anywhere; }
.heat .rate { font-size: 1.05rem; font-weight: 650; white-space: nowrap; }
.heat .count { font-size: 0.82rem; }
.heat .badge { border: 0; padding: 0; border-radius: 0; white-space: normal; line-height: 1.3; background: none; }
.heat .none { background: repeating-linear-gradient(135deg, transparent 0 6px, var(--grid) 6px 7px); }
.forest { min-width: 68rem; width: 100%; table-layout: fixed; }
.forest .at-plot { width: 24rem; } .forest .at-rate { width: 7rem; } .forest .at-interval { width: 9.5rem; }
.forest .at-count { width: 7.5rem; } .forest .at-verdict { width: 12rem; }
.forest caption { color: var(--text); font-weight: 600; font-size: 1rem; padding-top: 0.6rem; }
.forest td, .forest th { padding-top: 0; padding-bottom: 0; }
.forest tbody th { overflow-wrap: anywhere; line-height: 1.3; padding-top: 0.2rem; padding-bottom: 0.2rem; }
.plot { display: block; width: 100%; height: auto; }
.plot text { font-size: 11px; text-anchor: middle; fill: var(--quiet); }
.plot .grid { stroke: var(--grid); }
.plot .zero { stroke: var(--quiet); }
.plot .break { stroke: var(--quiet); fill: none; }
.plot .interval { stroke: var(--mark); stroke-width: 2; }
.plot .bound { stroke: var(--mark); stroke-width: 2; stroke-dasharray: 3 3; }
.plot .point, .plot .arrow { fill: var(--mark); }
.plot .open { fill: var(--ground); stroke: var(--mark); stroke-width: 2; }
.waits text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; text-anchor: middle; fill: var(--text); }
.waits .detail { font-size: 11px; fill: var(--quiet); }
.waits rect { fill: none; stroke: var(--quiet); }
.waits .task { stroke: var(--mark); stroke-width: 2; }
.waits path { fill: none; stroke: var(--quiet); stroke-width: 1.5; }
.waits .releases { stroke-dasharray: 4 4; }
.waits .ready { stroke: var(--mark); stroke-width: 2.5; }
.waits .head { fill: var(--quiet); stroke: none; }
.kernel { margin: 1.2rem 0; padding: 1rem 1.2rem; border: 1px solid var(--line); border-radius: 8px; }
.alert { padding: 0.5rem 0.8rem; border-left: 4px solid var(--unknown-mark); background: var(--raised); }
article { margin: 0.8rem 0; padding: 0.7rem 1rem 0.4rem; border: 1px solid var(--line);
  border-left: 5px solid var(--mark); border-radius: 6px; }
:target { outline: 3px solid var(--focus); outline-offset: 2px; }
details { margin: 0.5rem 0; }
summary { cursor: pointer; font-weight: 600; }
.who { margin: 0.3rem 0 0.2rem; }
footer { margin-top: 2.5rem; color: var(--quiet); font-size: 0.9rem; }
@media (max-width: 40rem) {
  h1 { font-size: 1.35rem; }
  .facts { grid-template-columns: 1fr 1fr; }
  .kernel { padding: 0.7rem; }
  .heat thead tr:first-child th:first-child, .heat tbody th { position: sticky; left: 0; z-index: 1;
    background: var(--ground); min-width: 7rem; max-width: 8.5rem; font-size: 0.85rem; }
  .forest { min-width: 64rem; }
  .forest thead th:first-child, .forest tbody th { position: sticky; left: 0; z-index: 1;
    background: var(--ground); width: 8.5rem; font-size: 0.85rem; }
  .heat td { min-width: 6.6rem; }
}
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  html { font-size: 11.5px; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; }
  .heat { min-width: 0; } .heat td { min-width: 0; } .heat td a { min-height: 0; padding: 0.2rem 0.3rem; }
  .forest { min-width: 0; }
  .heat, .badge, article, td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; text-decoration: none; }
  summary { list-style: none; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  tr, article > p, pre, .facts div { break-inside: avoid; }
  h2, h3, h4, h5, h6, summary, caption { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
}
)css";

}  // namespace hangrate::html
