// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every report of a run, from any journal that can be read: JSON is JSON, no text steers a
// terminal.
#include "harness/classify/explain.h"
#include "harness/fuzz/input.h"
#include "harness/model/json.h"
#include "harness/report/safe_text.h"
#include "harness/report/summary.h"
#include "harness/run/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  static const fuzz::Scratch scratch;
  const auto run = load_run(scratch.write("journal.jsonl", fuzz::text_of(data, size)), true);
  if (!run) return 0;
  const Summary summary = summarize(run->header, run->cells);
  HR_CHECK(parse_json(json_report(summary)));
  for (const std::string& text : {ktap_report(summary), text_table(summary, false),
                                  text_proofs(summary, false), text_measurements(summary)}) {
    HR_CHECK(safe_text(text) == text);
  }
  return 0;
}
