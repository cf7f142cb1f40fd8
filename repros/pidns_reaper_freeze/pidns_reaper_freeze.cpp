// SPDX-License-Identifier: GPL-2.0-or-later
//
// pidns_reaper_freeze: a machine cannot suspend or hibernate while the dead init of a pid namespace
// waits for a last member, and that init spins on a CPU from the first attempt until the member is
// reaped. Until "pid_namespace: make zap_pid_ns_processes() freezable" (6.12.115, 7.2.13).
//
//   init of the namespace, killed          a member that entered by setns() and fork()
//   zap_pid_ns_processes(): SIGKILL to     dies, and stays a zombie: its parent, outside of
//     all members, then                    the namespace, does not wait for it
//   for (;;) set TASK_INTERRUPTIBLE; is anybody left? schedule()
//
//   freeze_task(): TIF_SIGPENDING, and a wake-up. A task freezes on its way to user space, or in
//   a sleep with TASK_FREEZABLE. Init does neither, and schedule() returns at once as long as
//   TIF_SIGPENDING is set, which nobody takes away, not even when all are thawed.
//
// (v6.12 kernel/pid_namespace.c, kernel/freezer.c; the fix sleeps with TASK_IDLE | TASK_FREEZABLE.)
// The freezers of cgroups do not see it before v6.19 (then: cgroup_freeze_reaper). So this needs
// that of suspend: SNAPSHOT_FREEZE of /dev/snapshot, by which programs hibernate, makes no image.
// It freezes ALL tasks for a moment: only if asked for, machine=freeze.
#include "../kit/freezer.h"
#include "../kit/spin.h"

namespace {

enum : uint32_t { kStarted, kInside, kReap, kReaped };
struct Shared {
  std::atomic<uint32_t> step;
  std::atomic<int> member;
};
Shared* shared;
hang_child init, parent;  // of the namespace; of its member

void run_init() {
  prctl(PR_SET_NAME, "namespace-init");
  for (;;) pause();
}
void run_parent() {
  char path[64];
  prctl(PR_SET_NAME, "parent");
  snprintf(path, sizeof path, "/proc/%d/ns/pid", init.pid);
  const hang_fd space(open(path, O_RDONLY | O_CLOEXEC));
  if (space < 0 || setns(space, CLONE_NEWPID) != 0) _exit(1);
  const int member = fork();
  if (member == 0) run_init();
  if (member < 0) _exit(1);
  shared->member = member;
  shared->step = kInside;
  while (shared->step != kReap) hang_nap(1000000);
  waitpid(member, nullptr, 0);
  shared->step = kReaped;
  for (;;) pause();
}
bool init_sleeps() {
  return strchr("SI", hang_state_of(init.pid)) != nullptr;  // 'I' with the fix
}
int init_ended() {
  return hang_child_reaped(&init);
}
bool reap() {
  shared->step = kReap;
  return hang_until([] { return shared->step == kReaped; }, 10);
}

// ---- The trial. ----

void setup() {
  const char* lack = hang_freezer_prepare();
  if (*lack != '\0') hang_skip("%s", lack);
  shared = static_cast<Shared*>(hang_share(sizeof *shared));
  // All on the first CPU, so that the program gets its turns from a task that spins there; that of
  // a lane may go offline.
  if (*hang_place(0, hang_cpu(0), SCHED_OTHER) != '\0') hang_must(-1, "sched_setaffinity");
}
/// "", or what did not come: a namespace as the variant wants it.
const char* begin() {
  shared->step = kStarted;
  hang_child_start(&init, CLONE_NEWPID, run_init);
  if (hang_is("pauses")) return "";
  hang_child_start(&parent, 0, run_parent);
  if (!hang_until([] { return shared->step == kInside; }, 10)) return "no member came";
  hang_child_kill(&init);
  if (!hang_until([] { return hang_state_of(shared->member) == 'Z'; }, 10))
    return "the member did not die";
  if (hang_is("reaps")) return reap() && hang_child_ends(&init, 10) ? "" : "init did not end";
  return hang_until(init_sleeps, 10) ? "" : "init does not sleep";
}
int trial() {
  hang_phase("kill the init of a namespace that has a member");
  const char* missing = begin();
  hang_phase("freeze");
  hang_spin spin = HANG_SPIN_OVER;
  int error = *missing == '\0' ? EBUSY : 0;
  // Where another task refuses, that says nothing of init.
  for (int i = 0; i < 5 && error == EBUSY && spin <= HANG_SPIN_SLEEPS; ++i) {
    error = hang_freeze_machine();
    if (error == EBUSY) spin = hang_watch_spin(init.pid, &hang_times::preempted, init_ended);
  }
  hang_phase("clean up");
  const bool reaped = shared->step != kInside || reap();
  const bool ended = hang_is("pauses") || hang_child_ends(&init, 10);
  hang_child_kill(&init);
  hang_child_kill(&parent);
  if (!reaped || !hang_child_ends(&init, 10) || !hang_child_ends(&parent, 10))
    hang_fail("left behind: the namespace does not end");
  if (*missing != '\0') return hang_note("%s", missing), HANG_INCONCLUSIVE;
  if (error == 0) return HANG_CLEAN;
  hang_note("the machine does not freeze: %s; thawed, init %s", strerror(error),
            spin == HANG_SPIN_UNCLEAR  ? "is not seen to spin nor to sleep"
            : spin != HANG_SPIN_PROVEN ? "does not run"
            : ended                    ? "spins, until the last member is reaped"
                                       : "spins");
  return spin == HANG_SPIN_PROVEN ? HANG_ANOMALY : HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(waits, "waits", setup, trial)
HANG_VARIANT(reaps, "reaps", setup, trial)
HANG_VARIANT(pauses, "pauses", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
