// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guest's console: what is found has lines and none of them holds a line's end; what any report
// shows of it stays as it is when it is made safe once more.
#include "harness/console/console_log.h"
#include "harness/fuzz/input.h"
#include "harness/report/safe_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  const std::string text = fuzz::text_of(data, size);
  for (const ConsoleFinding& finding : findings_in(text)) {
    HR_CHECK(!finding.lines.empty());
    for (const std::string& line : finding.lines) HR_CHECK(line.find('\n') == line.npos);
  }
  const std::string safe = safe_text(text);
  HR_CHECK(safe_text(safe) == safe);
  return 0;
}
