// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/console_log.h"

#include <algorithm>

#include "harness/base/file.h"

namespace hangrate {

namespace {

struct Phrase {
  const char* text;
  const char* kind;
};
/// The first that fits names the kind.
constexpr Phrase kPhrases[] = {
    {"Kernel panic - not syncing", "panic"},
    {"BUG: KASAN:", "kasan"},
    {"UBSAN:", "ubsan"},
    {"BUG: soft lockup", "soft-lockup"},
    {"hard LOCKUP", "hard-lockup"},
    {"blocked for more than", "hung-task"},
    {"detected stalls on CPUs", "rcu-stall"},
    {"self-detected stall on CPU", "rcu-stall"},
    {"detected expedited stalls", "rcu-stall"},
    {"possible circular locking dependency", "lockdep"},
    {"possible recursive locking", "lockdep"},
    {"inconsistent lock state", "lockdep"},
    {"suspicious RCU usage", "lockdep"},
    {"bad unlock balance", "lockdep"},
    {"kernel BUG at", "oops"},
    {"BUG: unable to handle", "oops"},
    {"BUG: kernel NULL pointer", "oops"},
    {"general protection fault", "oops"},
    {"invalid opcode:", "oops"},
    {"Oops:", "oops"},
    {"BUG: scheduling while atomic", "oops"},
    {"BUG: sleeping function called", "warning"},
    {"WARNING: CPU:", "warning"},
};

/// Without the time stamp the kernel may put first, and without a serial console's carriage return.
std::string_view message_of(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const std::size_t open = line.find('[');
  const std::size_t close = line.find("] ");
  const bool stamped =
      open != line.npos && close != line.npos && open < close && open < 8 &&
      line.substr(open + 1, close - open - 1).find_first_not_of("0123456789. TC") ==
          std::string_view::npos;
  return stamped ? line.substr(close + 2) : line;
}

const char* kind_of_line(std::string_view message) {
  for (const Phrase& phrase : kPhrases) {
    if (message.find(phrase.text) != message.npos) return phrase.kind;
  }
  return nullptr;
}

/// An oops says so in several lines; the panic it leads to is a finding of its own.
bool continues(const ConsoleFinding& last, std::string_view kind) {
  return kind == last.kind || (kind == "oops" && last.kind != "panic" && last.kind != "hung-task");
}

}  // namespace

std::vector<ConsoleFinding> findings_in(std::string_view console) {
  std::vector<ConsoleFinding> findings;
  bool open = false;
  while (!console.empty()) {
    const std::size_t end = std::min(console.find('\n'), console.size());
    const std::string_view line = console.substr(0, end);
    console.remove_prefix(std::min(end + 1, console.size()));
    const std::string_view message = message_of(line);
    if (const char* kind = kind_of_line(message); kind != nullptr) {
      const bool same =
          open && continues(findings.back(), kind) && findings.back().lines.size() < kMostLines;
      if (!same) {
        if (findings.size() == kMostFindings) break;
        findings.push_back({kind, {}});
        open = true;
      }
    }
    if (!open) continue;
    std::vector<std::string>& lines = findings.back().lines;
    const bool closes = message.starts_with("---[ end");
    if (lines.empty() || (!closes && lines.size() < kMostLines)) lines.emplace_back(message);
    open = !closes && lines.size() < kMostLines;
  }
  return findings;
}

}  // namespace hangrate
