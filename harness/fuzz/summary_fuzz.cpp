// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every report of a run, from any journal that can be read: JSON is JSON, no text steers a
// terminal.
#include "harness/classify/explain.h"
#include "harness/fuzz/input.h"
#include "harness/model/json.h"
#include "harness/report/run.h"
#include "harness/report/safe_text.h"
#include "harness/store/results.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  static const fuzz::Scratch scratch;
  const auto loaded = load_results(scratch.write("journal.jsonl", fuzz::text_of(data, size)), true);
  if (!loaded) return 0;
  const RunResult& run = loaded->run;
  HR_CHECK(parse_json(json_report(run)));
  for (const std::string& text : {ktap_report(run), text_report(run, {})}) {
    HR_CHECK(safe_text(text) == text);
  }
  return 0;
}
