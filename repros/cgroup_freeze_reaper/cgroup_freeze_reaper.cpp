// SPDX-License-Identifier: GPL-2.0-or-later
//
// cgroup_freeze_reaper: a cgroup never becomes frozen while the dead init of a pid namespace waits
// in it for a last member; who waits for "frozen 1" in cgroup.events sleeps on. Since d245698d727a
// "cgroup: Defer task cgroup unlink until after the task is done switching out" (v6.19).
//
//   init of the namespace, killed           a member that entered by setns() and fork()
//   do_exit(): zap_pid_ns_processes():      dies, and stays a zombie: its parent, outside of
//     sleeps until all members are gone       the namespace, does not wait for it
//   write 1 to cgroup.freeze: all who live are told to stop
//   cgroup_update_frozen(): frozen if nr_frozen_tasks == __cgroup_task_count()
//
// A task counts until it leaves its cgroup: before v6.19 in do_exit(), before it may wait as init;
// since then in its last context switch. A dying one never comes to where tasks stop for the
// freezer. So the counts differ until it is gone, though cgroup.procs may show nobody.
// (v7.2 kernel/cgroup/freezer.c, kernel/cgroup/cgroup.c do_cgroup_task_dead().) No race.
#include "../kit/cgroup.h"

namespace {

enum : uint32_t { kStarted, kJoined, kInside };
struct Shared {
  std::atomic<uint32_t> step;
  std::atomic<int> member, error;  // of the namespace; of the freezer
};
Shared* shared;
hang_child init, parent, freezer;  // init of the namespace; the parent of its member
hang_cgroup cgroup;

void run_init() {
  prctl(PR_SET_NAME, "namespace-init");
  if (hang_cgroup_tell(cgroup, "cgroup.procs", "0")) shared->step = kJoined;
  for (;;) pause();
}
void run_parent() {
  char path[64];
  sigset_t told;
  int number;
  prctl(PR_SET_NAME, "parent");
  sigemptyset(&told);
  sigaddset(&told, SIGTERM);
  sigprocmask(SIG_BLOCK, &told, nullptr);
  snprintf(path, sizeof path, "/proc/%d/ns/pid", init.pid);
  const hang_fd space(open(path, O_RDONLY | O_CLOEXEC));
  if (space < 0 || setns(space, CLONE_NEWPID) != 0) return;
  const int member = fork();
  if (member == 0) pause();
  shared->member = member;
  shared->step = kInside;
  sigwait(&told, &number);
  waitpid(member, nullptr, 0);
}
/// Not by its death: the zombie would go to whoever reaps for it, and that is not `init`.
bool end_parent() {
  if (parent.pid > 0) kill(parent.pid, SIGTERM);
  return hang_child_ends(&parent, 10);
}
/// As a container's runtime freezes it.
void run_freezer() {
  const hang_fd events(hang_cgroup_open(cgroup, "cgroup.events", O_RDONLY));
  prctl(PR_SET_NAME, "freezer");
  if (!hang_is("unasked") && !hang_cgroup_tell(cgroup, "cgroup.freeze", "1")) shared->error = errno;
  while (shared->error == 0) {
    pollfd change = {events, POLLPRI, 0};
    char text[64] = "";
    if (pread(events, text, sizeof text - 1, 0) < 0) shared->error = errno;
    if (strstr(text, "frozen 1") != nullptr) return;
    ppoll(&change, 1, nullptr, nullptr);
  }
}

int over() {
  return hang_child_reaped(&freezer);
}
void nap(int64_t ns) {
  hang_child_wait(&freezer, ns);
}
/// In a cgroup that is to be frozen, whoever lives is frozen soon, and the dead do not matter.
void look() {
  const bool dead = shared->step == kInside && hang_state_of(shared->member) == 'Z';
  const bool asked = hang_cgroup_text(cgroup, "cgroup.freeze").has("1");
  const bool thawed = hang_cgroup_text(cgroup, "cgroup.events").has("frozen 0");
  const hang_cgroup_text procs(cgroup, "cgroup.procs");
  int alive = 0;  // one that is dead may be listed or not
  for (const char* line = procs.text; *line != '\0'; line = strchr(line, '\n') + 1)
    alive += !dead || atoi(line) != init.pid;
  hang_victim("freezer", freezer.pid, freezer.pid, -1, 0);
  hang_invariant(asked && dead && alive == 0 && thawed && !over() ? HANG_BROKEN : HANG_HOLDS,
                 "the cgroup is %s freeze, %d in it live, and it is %sfrozen; init %s in state %c",
                 asked ? "to" : "not to", alive, thawed ? "not " : "",
                 dead ? "is dead and waits for a zombie" : "lives", hang_state_of(init.pid));
}
int free_it() {
  return hang_is("unasked") ? hang_cgroup_tell(cgroup, "cgroup.freeze", "1") : end_parent();
}

// ---- The trial. ----

void setup() {
  shared = static_cast<Shared*>(hang_share(sizeof *shared));
  hang_cgroup_name(&cgroup, hang_cgroup_root(), "frozen");
  hang_cgroup_guard(&cgroup, 1);
  hang_cgroup_need(cgroup, "cgroup.freeze", "v5.2");
}
/// "", or what did not come: a namespace as the variant wants it.
const char* begin() {
  shared->step = kStarted;
  hang_child_start(&init, CLONE_NEWPID, run_init);
  if (!hang_until([] { return shared->step == kJoined; }, 10)) return "init did not join";
  if (hang_is("pauses") || hang_is("unasked")) return "";
  hang_child_start(&parent, 0, run_parent);
  if (!hang_until([] { return shared->step == kInside; }, 10)) return "no member came";
  hang_child_kill(&init);
  // By init, which is past its own death then.
  if (!hang_until([] { return hang_state_of(shared->member) == 'Z'; }, 10)) return "no zombie";
  if (hang_is("reaps") && !end_parent()) return "the parent does not end";
  const char* states = hang_is("reaps") ? "Z" : "SI";
  const auto there = [=] { return strchr(states, hang_state_of(init.pid)) != nullptr; };
  return hang_until(there, 10) ? "" : "init is not where it should be";
}
int trial() {
  static const hang_wait wait = {over, nap, look, free_it};
  hang_phase("kill the init of a namespace");
  shared->error = 0;
  hang_cgroup_make(cgroup);
  const char* missing = begin();
  hang_phase("freeze");
  if (*missing == '\0') hang_child_start(&freezer, 0, run_freezer), hang_await(&wait);
  hang_phase("clean up");
  hang_child_kill(&init), hang_child_kill(&freezer);
  if (!end_parent() || !hang_child_ends(&init, 10) || !hang_child_ends(&freezer, 10))
    hang_fail("left behind: a task does not end");
  if (!hang_until([] { return hang_cgroup_removed(&cgroup, 1); }, 10))
    hang_fail("rmdir of a cgroup: %s", strerror(errno));
  if (shared->error != 0) hang_fail("cgroup.freeze or cgroup.events: %s", strerror(shared->error));
  if (*missing == '\0') return HANG_CLEAN;
  hang_note("%s", missing);
  return HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(waits, "waits", setup, trial)
HANG_VARIANT(reaps, "reaps", setup, trial)
HANG_VARIANT(pauses, "pauses", setup, trial)
HANG_VARIANT(unasked, "unasked", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
