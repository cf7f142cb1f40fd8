// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/known_bug_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace hangrate {

namespace {

std::string range_text(const AffectedRange& range) {
  std::string text = range.from.empty() && range.to.empty() ? "all"
                     : range.from.empty()                   ? "before v" + range.to
                     : range.to.empty()                     ? "v" + range.from + " and later"
                                        : "v" + range.from + " to before v" + range.to;
  if (range.unknown) text += ", where it is not known";
  return range.note.empty() ? text : text + " (" + range.note + ")";
}

std::string ranges_text(const KnownBug& bug) {
  std::string text;
  for (const AffectedRange& range : bug.affected) {
    text += (text.empty() ? "affected: " : "; ") + range_text(range);
  }
  return text;
}

/// A match where no match should be is said to be that, and claims nothing.
std::string standing_text(const KnownBug& bug) {
  const std::string kernel =
      bug.kernel.empty() ? "this kernel" : "this kernel, " + bug.kernel + ",";
  std::string who;
  if (bug.here.source == ExpectationSource::VendorRange) who = ": " + bug.here.because;
  switch (bug.here.value) {
    case Expectation::Affected:
      return kernel + " is inside of that" + who;
    case Expectation::Fixed:
      return kernel + " is outside of that" + who +
             ". That would be news, and is no claim: the bug is back, or another one looks like it";
    case Expectation::AlwaysHangs:
      return "so it does on every kernel";
    case Expectation::NeverHangs:
    case Expectation::Lookalike:
    case Expectation::Measures:
    case Expectation::Unknown:
      break;
  }
  return "whether " + kernel + " has it is not known: " + bug.here.because;
}

}  // namespace

std::vector<std::string> known_bug_lines(const KnownBug& bug) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {}/{}: {}",
                              bug.by_place ? "it sleeps where a task does in" : "the shape of",
                              bug.repro, bug.variant, bug.title));
  if (!bug.summary.empty()) lines.push_back("in this shape: " + bug.summary);
  if (bug.by_place) lines.emplace_back("nothing is proven of it, and that it is this bug neither");
  for (const std::string& control : bug.lookalikes) {
    lines.push_back("what sleeps there too and is not this bug: " + control);
  }
  if (const std::string ranges = ranges_text(bug); !ranges.empty()) lines.push_back(ranges);
  lines.push_back(standing_text(bug));
  for (const std::string& event : bug.history) lines.push_back("history: " + event);
  if (!bug.lever.empty()) lines.push_back("what frees it: " + bug.lever);
  return lines;
}

std::vector<std::string> pipe_fill_lines(const WaitProof& proof, const std::vector<PipeFill>& all) {
  std::vector<std::string> lines;
  for (const PipeFill& pipe : all) {
    const bool waited_for =
        std::any_of(proof.waits.begin(), proof.waits.end(),
                    [&](const WaitEdge& edge) { return edge.object == pipe.object; });
    if (!waited_for) continue;
    lines.push_back(fmt::format("{} holds {} of {} bytes ({} {})", pipe.object, pipe.queued,
                                pipe.capacity, pipe.slots, pipe.slots == 1 ? "slot" : "slots"));
  }
  return lines;
}

}  // namespace hangrate
