// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/free_hang.h"

#include <csignal>
#include <set>

#include "harness/diagnose/examine_apart.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/pause.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

namespace {

constexpr Nanos kToSettle = 100 * kMilli;
constexpr Nanos kLongestLook = 3 * kSecond;
constexpr Nanos kLongestAbort = 5 * kSecond;

std::set<int> processes_of(const WaitProof& proof) {
  std::set<int> pids;
  for (const TaskRef& task : proof.members) pids.insert(task.pid);
  return pids;
}

/// Is none of these tasks part of a proof any more?
Result<bool> is_free(const WaitProof& proof) {
  pause_for(kToSettle);
  const std::set<int> pids = processes_of(proof);
  ExamineOptions options;
  options.scope.pids = {pids.begin(), pids.end()};
  const auto seen = examine_apart(options, kLongestLook);
  if (!seen) return fail(seen.error());
  for (const WaitProof& other : seen->proofs) {
    for (const TaskRef& task : other.members) {
      if (pids.contains(task.pid)) return false;
    }
  }
  return true;
}

void stop_and_continue(const WaitProof& proof) {
  for (const int pid : processes_of(proof)) {
    const UniqueFd process = open_process(pid);
    if (process && signal_process(process, SIGSTOP)) signal_process(process, SIGCONT);
  }
}

/// By a helper, which mounts fusectl for itself and may be lost.
void abort_connections(const std::vector<FuseConnection>& connections) {
  const auto helper = fork_helper("hangrate-abort", {}, true, [&] {
    prepare_fusectl_here();
    for (const FuseConnection& connection : connections) {
      abort_fuse_connection(connection.number, connection.instance);
    }
    return 0;
  });
  if (helper && !await_child(*helper, kLongestAbort)) signal_child(*helper, SIGKILL);
}

}  // namespace

Result<FreedBy> free_hang(const WaitProof& proof) {
  stop_and_continue(proof);
  auto free = is_free(proof);
  if (!free) return fail(free.error());
  if (*free) return FreedBy::StopContinue;
  if (proof.connections.empty()) return FreedBy::Nothing;
  abort_connections(proof.connections);
  free = is_free(proof);
  if (!free) return fail(free.error());
  return *free ? FreedBy::FuseAbort : FreedBy::Nothing;
}

}  // namespace hangrate
