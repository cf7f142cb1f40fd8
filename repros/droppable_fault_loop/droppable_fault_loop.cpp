// SPDX-License-Identifier: GPL-2.0-or-later
//
// droppable_fault_loop: read(2) into MAP_DROPPABLE memory spins in the kernel once the memory limit
// of the cgroup is reached, and cannot be killed. No hang but an anomaly. From v6.11 until "mm: fix
// unkillable fault loop on MAP_DROPPABLE memory" (6.12.118).
//
//   read(): copy_to_user(): page fault, for ever:
//     handle_mm_fault(): no page can be charged: VM_FAULT_OOM, which is masked for such memory
//     do_user_addr_fault(): no error: back to the instruction, which faults again
//
// (v6.12 mm/memory.c, arch/x86/mm/fault.c.) The task was to go back to user mode, handle its
// signals and try again. A fault from within the kernel has no such way back: the SIGKILL of the
// OOM killer stays pending. More room ends it. The fix masks faults from user mode only.
#include "../kit/cgroup.h"
#include "../kit/spin.h"

namespace {

constexpr size_t kPage = 4096, kLimit = 1 << 20;
constexpr int kDroppable = 8;  // MAP_DROPPABLE, in headers since v6.11

struct Told {
  std::atomic<int> full, entered, returned, error;
};
Told* told;
hang_child hog, reader;
hang_cgroup cgroup;
int file;  // what the hog fills
char* memory;

// ---- The cgroup. ----

int removed() {
  return hang_cgroup_removed(&cgroup, 1);
}
void make_room() {
  hang_cgroup_tell(cgroup, "memory.max", "max");
}
void rescue() {
  make_room();
  hang_until(removed, 10);
}

// ---- Who is in it. ----

char* map(int kind, size_t bytes) {
  const int how = kind | MAP_ANONYMOUS;
  return static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, how, -1, 0));
}

/// Takes what the limit leaves, as memory of a file, and stays. The OOM killer must leave it alone.
void fill() {
  static const char bytes[kPage] = {1};
  const hang_fd zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const hang_fd score(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (write(score, "-1000", 5) != 5 || !hang_cgroup_tell(cgroup, "cgroup.procs", "0")) _exit(1);
  for (size_t i = 0; i < 2 * kLimit && write(file, bytes, kPage) > 0; i += kPage) continue;
  // A write may have failed for more than a page: what that left goes here.
  char* rest = map(MAP_PRIVATE, kLimit);
  for (size_t i = 0; i < kLimit && read(zero, rest + i, kPage) > 0; i += kPage) continue;
  told->full = 1;
  for (;;) pause();
}
void read_it() {
  close(file);  // so that the death of the hog, and of the worker, makes room
  const hang_fd zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  if (!hang_cgroup_tell(cgroup, "cgroup.procs", "0")) _exit(1);
  told->entered = 1;
  if (hang_is("touch"))
    *const_cast<volatile char*>(memory) = 1;
  else if (read(zero, memory, kPage) < 0)
    told->error = errno;
  told->returned = 1;
}

// ---- The trial. ----

void setup() {
  memory = map(kDroppable, kPage);
  if (memory == MAP_FAILED) hang_skip("no MAP_DROPPABLE: %s: needs v6.11", strerror(errno));
  if (hang_is("ordinary")) memory = map(MAP_PRIVATE, kPage);
  told = static_cast<Told*>(hang_share(sizeof *told));
  hang_cgroup_name(&cgroup, hang_cgroup_root(), "full");
  const hang_fd control(openat(cgroup.root, "cgroup.subtree_control", O_WRONLY | O_CLOEXEC));
  if (control < 0 || write(control, "+memory", 7) != 7)
    hang_skip("no memory controller in cgroup v2: %s", strerror(errno));
  hang_guard("spin-guard", cgroup.root, rescue);
}
int trial() {
  told->full = told->entered = told->returned = told->error = 0;
  hang_phase("fill the cgroup");
  hang_cgroup_make(cgroup);
  hang_cgroup_tell(cgroup, "memory.swap.max", "0");
  if (!hang_cgroup_tell(cgroup, "memory.max", "1M")) hang_must(-1, "memory.max");
  file = static_cast<int>(hang_must(syscall(SYS_memfd_create, "hog", 1U), "memfd_create"));
  if (!hang_is("room")) hang_child_start(&hog, 0, fill);
  const bool full = hang_is("room") || hang_until([] { return told->full != 0; }, 30);
  hang_phase("read");
  hang_child_start(&reader, 0, read_it);
  const auto over = [] { return told->returned != 0 || hang_child_reaped(&reader); };
  hang_until([=] { return told->entered != 0 || over(); }, 30);
  const auto turns = &hang_times::faults;
  const hang_spin end =
      told->entered != 0 ? hang_watch_spin(reader.pid, turns, over) : HANG_SPIN_UNCLEAR;
  const bool spins = full && end == HANG_SPIN_PROVEN;
  const hang_spin killed = spins ? hang_kill_spinner(&reader, turns) : HANG_SPIN_UNCLEAR;
  hang_phase("clean up");
  make_room();
  hang_child_kill(&reader);
  hang_child_kill(&hog);
  if (!hang_child_ends(&reader, 10) || !hang_child_ends(&hog, 10))
    hang_fail("left behind: the reader");
  close(file);
  if (!hang_until(removed)) hang_fail("rmdir of a cgroup: %s", strerror(errno));
  // A read() that succeeds has found room after all.
  const bool fitted = told->returned != 0 && told->error == 0 && !hang_is("room");
  if (full && end == HANG_SPIN_OVER && !fitted) return HANG_CLEAN;
  hang_note(
      "one read() took %d ms of CPU time in the kernel, none outside, faulted %d times and did not "
      "return: the cgroup is full; %s; more room ended it",
      HANG_SPIN_TICKS * 10, HANG_SPIN_TICKS, hang_kill_words(killed));
  if (!spins) hang_note("the cgroup was not full or not entered, or nothing is proven");
  return killed == HANG_SPIN_PROVEN ? HANG_ANOMALY : HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(droppable, "droppable", setup, trial)
HANG_VARIANT(touch, "touch", setup, trial)
HANG_VARIANT(ordinary, "ordinary", setup, trial)
HANG_VARIANT(room, "room", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
