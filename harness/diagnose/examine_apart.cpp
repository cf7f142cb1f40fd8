// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/examine_apart.h"

#include <optional>

#include <fmt/format.h>

#include "harness/diagnose/apart.h"
#include "harness/sys/fusectl.h"

namespace hangrate {

namespace {

/// Each costs a helper that may never end.
constexpr std::size_t kMostBlocking = 8;
constexpr int kMostLimits = 4;  // in all

}  // namespace

Result<Diagnosis> examine_apart(ExamineOptions options, Nanos limit, std::set<int>* blocking) {
  const SharedReaderPlace place;
  if (place.get() == nullptr) return fail(Error::from_errno("mmap"));
  options.reader.place = place.get();
  const Nanos give_up = now_ns() + kMostLimits * limit;
  while (options.reader.blocking.size() < kMostBlocking) {
    const auto look = [&] {
      prepare_fusectl_here();
      return examine(options);
    };
    auto seen = diagnosed_apart("hangrate-look", limit, look, &place, give_up);
    if (!seen) return fail(seen.error());
    if (*seen) return std::move(**seen);
    // It may go on still: its process is not to blame then.
    if (now_ns() >= give_up) break;
    if (!options.reader.blocking.insert(place.pid()).second) break;
    if (blocking != nullptr) *blocking = options.reader.blocking;
  }
  return fail(Error::infrastructure(fmt::format(
      "the looks at the tasks do not end within {:.1f} s, and were at the /proc files of "
      "process {} last",
      to_seconds(kMostLimits * limit), place.pid())));
}

}  // namespace hangrate
