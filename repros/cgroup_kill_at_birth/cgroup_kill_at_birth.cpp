// SPDX-License-Identifier: GPL-2.0-or-later
//
// cgroup_kill_at_birth: a process that is made straight into a cgroup (clone3, CLONE_INTO_CGROUP)
// is killed before its first instruction, unless that cgroup and the one of its parent have been
// killed by cgroup.kill equally often. No hang but an anomaly, from b69bb476dee9 "cgroup: fix race
// between fork and cgroup.kill" (v6.14, 6.12.16) to its fix (7.2.13, 6.12.115).
//
//   write 1 to cgroup.kill:  ++cgrp->kill_seq, SIGKILL to all who are inside
//   copy_process():
//     cgroup_css_set_fork(): kargs->kill_seq = that of the PARENT's cgroup, not of the target
//     cgroup_post_fork():    SIGKILL to the child if kargs->kill_seq differs from that of ITS
//                            cgroup: as if it had been killed since the fork began
//
// (kernel/cgroup/cgroup.c; the fix takes kill_seq from the target, v6.1.192 cgroup_css_set_fork().)
// So nothing can be started in a cgroup that was killed once, nor out of it into a fresh one. No
// race: the counters decide. Variants are named by the kills of parent and target.
#include <linux/sched.h>

#include "../kit/cgroup.h"

namespace {

enum Which { kParent, kTarget };
struct Told {  // told by the parent
  std::atomic<int> joined, cloned, status, lived;
};
Told* family;
hang_child parent;
hang_cgroup cgroups[2];
int kills[2];

void make(Which which) {
  hang_cgroup_make(cgroups[which]);
  for (int i = 0; i < kills[which]; ++i) {
    if (!hang_cgroup_tell(cgroups[which], "cgroup.kill", "1")) hang_must(-1, "cgroup.kill");
  }
}
bool removed() {
  return hang_cgroup_removed(cgroups, 2);
}

// ---- The parent, and the child. ----

void run_parent() {
  const hang_fd target(hang_cgroup_open(cgroups[kTarget], ".", O_RDONLY | O_DIRECTORY));
  clone_args how;
  memset(&how, 0, sizeof how);
  how.flags = 0x200000000ULL;  // CLONE_INTO_CGROUP, v5.7
  how.exit_signal = SIGCHLD;
  how.cgroup = static_cast<decltype(how.cgroup)>(static_cast<int>(target));
  family->joined = hang_cgroup_tell(cgroups[kParent], "cgroup.procs", "0") ? 0 : errno;
  const long child = syscall(435 /* clone3 */, &how, sizeof how);
  if (child == 0) {
    family->lived = 1;
    _exit(0);
  }
  family->cloned = child < 0 ? errno : 0;
  int status = 0;
  if (child > 0 && waitpid(static_cast<int>(child), &status, 0) == child) family->status = status;
}
int over() {
  return hang_child_reaped(&parent);
}

// ---- The trial. ----

void setup() {
  sscanf(hang_self.variant->name, "kills-%d-%d", &kills[kParent], &kills[kTarget]);
  family = static_cast<Told*>(hang_share(sizeof *family));
  const int root = hang_cgroup_root();
  hang_cgroup_name(&cgroups[kParent], root, "parent");
  hang_cgroup_name(&cgroups[kTarget], root, "target");
  hang_cgroup_guard(cgroups, 2);
  hang_cgroup_need(cgroups[kTarget], "cgroup.kill", "v5.14");
}
int trial() {
  static const hang_wait wait = {over, nullptr, nullptr, nullptr};
  family->joined = family->cloned = family->status = family->lived = 0;
  make(kParent);
  make(kTarget);
  hang_child_start(&parent, 0, run_parent);
  hang_await(&wait);
  if (!hang_until(removed)) hang_fail("rmdir of a cgroup: %s", strerror(errno));
  if (family->cloned == ENOSYS) hang_skip("no clone3 here");
  const int error = family->joined != 0 ? family->joined : family->cloned;
  if (error != 0) hang_fail("cgroup.procs or clone3: %s", strerror(error));
  if (family->lived != 0) return HANG_CLEAN;
  if (!WIFSIGNALED(family->status)) hang_fail("the child cannot be waited for");
  hang_note(
      "signal %d ended the child before it ran: its parent's cgroup was killed %d times, its "
      "own %d times, all before the clone3()",
      WTERMSIG(family->status), kills[kParent], kills[kTarget]);
  return HANG_ANOMALY;
}

}  // namespace

HANG_VARIANT(kills_0_1, "kills-0-1", setup, trial)
HANG_VARIANT(kills_0_2, "kills-0-2", setup, trial)
HANG_VARIANT(kills_1_0, "kills-1-0", setup, trial)
HANG_VARIANT(kills_1_2, "kills-1-2", setup, trial)
HANG_VARIANT(kills_0_0, "kills-0-0", setup, trial)
HANG_VARIANT(kills_1_1, "kills-1-1", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
