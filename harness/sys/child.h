// SPDX-License-Identifier: GPL-2.0-or-later
//
// Starting a program as a child that cannot hurt its parent: own session, no terminal, no pipe it
// could hold (output goes to memory files), killed by the kernel when the parent dies.
// Nothing here waits for a child; reap_children() only collects those that already ended.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/confinement.h"

namespace hangrate {

/// What a child gets of our environment.
enum class Inherits {
  Everything,
  Plain,  ///< where programs and temporary files are, the language, HANGRATE_*; no secrets
  Nothing,
};

struct SpawnOptions {
  std::vector<std::string> argv;                                 ///< argv[0] is the path to execute
  std::vector<std::pair<std::string, std::string>> environment;  ///< set beside what it inherits
  Inherits inherits = Inherits::Everything;
  std::optional<Confinement> confinement;  ///< after all else was set up
  bool reproducer = false;                 ///< without the capabilities that no reproducer needs
  std::string folder;                      ///< to start in, "" = ours
  std::vector<int> inherited;  ///< the only descriptors the child keeps beside 0, 1 and 2
  int stdout_fd = -1;          ///< -1: /dev/null
  int stderr_fd = -1;          ///< -1: /dev/null
  int cgroup_fd = -1;          ///< directory of a cgroup v2 to start in
  bool own_pids = false;     ///< in a pid namespace of its own (and a user namespace, if not root):
                             ///< whatever it starts ends with it
  std::string cgroup_procs;  ///< or a cgroup.procs file (v1) the child writes itself into
};

/// Forks and executes. Call from the main thread only: the death signal is bound to the thread that
/// forked. An exec failure shows as exit status 127.
Result<pid_t> spawn(const SpawnOptions& options);

/// How a child ended, as a value.
struct ChildEnd {
  pid_t pid = 0;
  bool exited = false;  ///< else killed by `signal`
  int code = 0;
  int signal = 0;

  std::string text() const;
};

/// Every child (and adopted orphan) that has already ended. Never waits.
std::vector<ChildEnd> reap_children();

/// The wait status of a child of ours that ends within `limit`, collected; nullopt: it did not, and
/// is left to the reaper. It sleeps between its looks: not for the supervisor while trials run.
std::optional<int> await_child(pid_t pid, Nanos limit);

/// A memory file for a child's output, so that nobody ever waits on a pipe. It has room for so much
/// and no more: beyond it, a write fails (EPERM).
UniqueFd make_output_file(const char* name, std::size_t room = std::size_t{256} << 10);
/// The last `limit` bytes written to it.
std::string output_tail(int fd, std::size_t limit = 2000);

enum class HelperRights {
  Few,  ///< see keep_what_a_helper_needs() in privileges.h
  All,  ///< those of its parent
};

/// Forks a helper of ours that runs `body` and exits with what it returns. Closes every descriptor
/// but `keep` in it, dies with the parent if `dies_with_parent`.
Result<pid_t> fork_helper(const char* name, const std::vector<int>& keep, bool dies_with_parent,
                          const std::function<int()>& body,
                          HelperRights rights = HelperRights::Few);

/// kill(2) of a child of ours. Anything else is refused: a number that is none (-1 from a failed
/// fork), or that has been somebody else's since the child was collected. False: not sent.
bool signal_child(pid_t pid, int signal);
/// The same for the process group that the child leads.
bool signal_group(pid_t pid, int signal);

}  // namespace hangrate
