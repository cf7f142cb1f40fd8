// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/examine_apart.h"

#include <csignal>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/scope_exit.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {

namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;
/// Each costs a helper that may never end.
constexpr std::size_t kMostBlocking = 8;
constexpr int kMostLimits = 4;  // in all

int look_and_tell(const ExamineOptions& options, int answer) {
  prepare_fusectl_here();
  const std::string text = dump_line(to_json_value(examine(options)));
  return ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

/// nullopt: the helper is lost; `options.reader.reading` tells at what.
Result<std::optional<Diagnosis>> try_once(const ExamineOptions& options, Nanos limit) {
  const UniqueFd answer = make_output_file("hangrate-diagnosis", kLongestAnswer);
  const auto helper = fork_helper(
      "hangrate-look", {answer.get()}, true, [&] { return look_and_tell(options, answer.get()); },
      HelperRights::All);
  if (!helper) return fail(helper.error());
  const auto status = await_child(*helper, limit);
  if (!status) {
    signal_child(*helper, SIGKILL);
    return std::optional<Diagnosis>();
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Error::infrastructure("the helper that looks at tasks ended without an answer"));
  }
  const auto json = parse_json(output_tail(answer.get(), kLongestAnswer));
  if (!json) return fail(json.error());
  auto diagnosis = diagnosis_from_json(*json);
  if (!diagnosis) return fail(diagnosis.error());
  return std::optional(std::move(*diagnosis));
}

}  // namespace

Result<Diagnosis> examine_apart(ExamineOptions options, Nanos limit) {
  void* shared =
      ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return fail(Error::from_errno("mmap"));
  const ScopeExit unmap([&] { ::munmap(shared, sizeof(int)); });
  options.reader.reading = static_cast<int*>(shared);
  const Nanos give_up = now_ns() + kMostLimits * limit;
  while (options.reader.blocking.size() < kMostBlocking && now_ns() < give_up) {
    auto seen = try_once(options, limit);
    if (!seen) return fail(seen.error());
    if (*seen) return std::move(**seen);
    if (!options.reader.blocking.insert(*options.reader.reading).second) break;
  }
  return fail(Error::infrastructure(
      fmt::format("the looks at the tasks do not end within {:.1f} s: reads of the /proc files of "
                  "process {} and of others block",
                  to_seconds(limit), *options.reader.reading)));
}

}  // namespace hangrate
