// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/examine_apart.h"

#include <optional>

#include <fmt/format.h>
#include <sys/mman.h>

#include "harness/base/scope_exit.h"
#include "harness/diagnose/apart.h"
#include "harness/sys/fusectl.h"

namespace hangrate {

namespace {

/// Each costs a helper that may never end.
constexpr std::size_t kMostBlocking = 8;
constexpr int kMostLimits = 4;  // in all

}  // namespace

Result<Diagnosis> examine_apart(ExamineOptions options, Nanos limit, std::set<int>* blocking) {
  void* shared =
      ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return fail(Error::from_errno("mmap"));
  const ScopeExit unmap([&] { ::munmap(shared, sizeof(int)); });
  options.reader.reading = static_cast<int*>(shared);
  const Nanos give_up = now_ns() + kMostLimits * limit;
  while (options.reader.blocking.size() < kMostBlocking && now_ns() < give_up) {
    auto seen = diagnosed_apart("hangrate-look", limit, [&] {
      prepare_fusectl_here();
      return examine(options);
    });
    if (!seen) return fail(seen.error());
    if (*seen) return std::move(**seen);
    if (!options.reader.blocking.insert(*options.reader.reading).second) break;
    if (blocking != nullptr) *blocking = options.reader.blocking;
  }
  return fail(Error::infrastructure(
      fmt::format("the looks at the tasks do not end within {:.1f} s: reads of the /proc files of "
                  "process {} and of others block",
                  to_seconds(limit), *options.reader.reading)));
}

}  // namespace hangrate
