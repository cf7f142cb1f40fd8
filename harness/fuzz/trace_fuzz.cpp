// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recorded trace: the same when written and read again, and whatever it says can be explained and
// drawn.
#include "harness/classify/explain.h"
#include "harness/fuzz/input.h"
#include "harness/model/trace_json.h"
#include "harness/report/explanation_text.h"
#include "harness/report/trace_chrome.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  const auto json = parse_json(fuzz::text_of(data, size));
  if (!json) return 0;
  const auto trace = trace_from_json(*json);
  if (!trace) return 0;
  const auto again = trace_from_json(to_json_value(*trace));
  HR_CHECK(again && *again == *trace);
  HR_CHECK(parse_json(trace_chrome(*trace, "fuzz")));
  Observation observation;
  observation.trace = *trace;
  (void)explain(observation, Verdict{.outcome = Outcome::Hang}, Environment{});
  return 0;
}
