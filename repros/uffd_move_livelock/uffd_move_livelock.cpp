// SPDX-License-Identifier: GPL-2.0-or-later
//
// uffd_move_livelock: ioctl(UFFDIO_MOVE) of a part of a huge page spins in the kernel while
// somebody holds a reference to that. No hang but an anomaly. From v6.8 until "userfaultfd: fix
// UFFDIO_MOVE livelock on large folio with extra references" (6.12.118).
//
//   vmsplice(2): a pipe holds a reference to a page of a huge page
//   ioctl(UFFDIO_MOVE) of one page of it: move_pages(), for ever:
//     move_pages_pte(): split_folio(): there are more references than mappings: -EAGAIN
//     move_pages(): -EAGAIN: again
//
// (v6.12 mm/userfaultfd.c.) -EAGAIN is meant for what has changed in between, and a reference may
// be held as long as its owner likes: until the pipe is read. The fix returns -EBUSY. A fatal
// signal is looked for in each round.
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "../kit/spin.h"

namespace {

constexpr size_t kHuge = 2 << 20, kPage = 4096;
struct Move {  // struct uffdio_move, of headers since v6.8
  uint64_t to, from, bytes, mode;
  int64_t moved;
};
constexpr unsigned long kMove = _IOWR(UFFDIO, 5, Move);
constexpr uint64_t kCanMove = 1 << 16;  // UFFD_FEATURE_MOVE

struct Told {
  std::atomic<int> entered, returned, error;
  std::atomic<const char*> missing;
};
Told* told;
hang_child mover;
int ends[2];

// ---- The process that moves. ----

/// 2 MiB that may be one huge page, not yet there.
char* reserve(int advice) {
  void* memory =
      mmap(nullptr, 2 * kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  const uintptr_t at = (reinterpret_cast<uintptr_t>(memory) + kHuge - 1) & ~(kHuge - 1);
  madvise(reinterpret_cast<void*>(at), kHuge, advice);
  return reinterpret_cast<char*>(at);
}
long huge_kib() {
  char text[4096];
  const hang_fd file(open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC));
  const ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
  text[size > 0 ? size : 0] = '\0';
  const char* line = strstr(text, "AnonHugePages:");
  return line != nullptr ? strtol(line + 14, nullptr, 10) : 0;
}
int open_uffd() {
  // USER_MODE_ONLY (1): what may be had without a privilege, v5.11.
  const int fd = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | 1));
  uffdio_api api;
  memset(&api, 0, sizeof api);
  api.api = UFFD_API;
  api.features = kCanMove;
  return fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0 ? fd : -1;
}
void move() {
  const bool small = hang_is("small");
  char *from = reserve(small ? MADV_NOHUGEPAGE : MADV_HUGEPAGE), *to = reserve(MADV_HUGEPAGE);
  const int fd = open_uffd();
  if (from == nullptr || to == nullptr || fd < 0) _exit(1);
  memset(from, 1, kHuge);
  if (!small && huge_kib() < 2048) {
    madvise(from, kHuge, 25 /* MADV_COLLAPSE, v6.1 */);
    if (huge_kib() < 2048) {
      told->missing = "no huge page to be had: transparent_hugepage/enabled, or memory";
      return;
    }
  }
  uffdio_register range;
  memset(&range, 0, sizeof range);
  range.range.start = reinterpret_cast<uintptr_t>(to);
  range.range.len = kHuge;
  range.mode = UFFDIO_REGISTER_MODE_MISSING;
  if (ioctl(fd, UFFDIO_REGISTER, &range) != 0) _exit(1);
  iovec page = {from + 5 * kPage, kPage};
  if (vmsplice(ends[1], &page, 1, 0) != static_cast<ssize_t>(kPage)) _exit(1);
  char bytes[kPage];
  if (hang_is("drained") && read(ends[0], bytes, kPage) < 0) _exit(1);
  Move what = {reinterpret_cast<uintptr_t>(to), reinterpret_cast<uintptr_t>(from),
               hang_is("whole") ? kHuge : kPage, 0, 0};
  told->entered = 1;
  if (ioctl(fd, kMove, &what) != 0) told->error = errno;
  told->returned = 1;
}

// ---- The trial. ----

bool drain() {
  char bytes[kPage];
  return read(ends[0], bytes, kPage) > 0 && hang_until([] { return told->returned != 0; });
}
void setup() {
  hang_spin_place();
  const hang_fd probe(open_uffd());
  if (probe < 0) hang_skip("no UFFDIO_MOVE: %s: needs v6.8", strerror(errno));
  told = static_cast<Told*>(hang_share(sizeof *told));
}
int trial() {
  told->entered = told->returned = told->error = 0;
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  hang_phase("move");
  hang_child_start(&mover, 0, move);
  const auto over = [] { return told->returned != 0 || hang_child_reaped(&mover); };
  hang_until([=] { return told->entered != 0 || over(); }, 30);
  const auto turns = &hang_times::preempted;
  const hang_spin end =
      told->entered != 0 ? hang_watch_spin(mover.pid, turns, over) : HANG_SPIN_UNCLEAR;
  const bool proven = end == HANG_SPIN_PROVEN;
  const char* rescue = !proven                 ? ""
                       : hang_trial() % 2 != 0 ? hang_kill_words(hang_kill_spinner(&mover, turns))
                       : drain()               ? "reading the pipe ended it"
                                               : "reading the pipe did not end it";
  hang_phase("clean up");
  hang_child_kill(&mover);
  for (int fd : ends) close(fd);
  if (!hang_child_ends(&mover, 10)) hang_fail("left behind: the process that moves");
  if (told->missing != nullptr) hang_skip("%s", told->missing.load());
  // A huge page that somebody holds is not split: a part that moves is none of such a one.
  const bool busy = told->error == EBUSY || told->error == EAGAIN;
  if (told->returned != 0 && !proven && (hang_is("pinned") ? busy : told->error == 0))
    return HANG_CLEAN;
  hang_note(
      "one ioctl(UFFDIO_MOVE) took %d ms of CPU time in the kernel, none outside, was preempted %d "
      "times and did not return while a pipe held a page; %s",
      HANG_SPIN_TICKS * 10, HANG_SPIN_TICKS, rescue);
  if (proven) return HANG_ANOMALY;
  return hang_note("nothing is proven: move: %s", strerror(told->error)), HANG_INCONCLUSIVE;
}

}  // namespace

HANG_VARIANT(pinned, "pinned", setup, trial)
HANG_VARIANT(drained, "drained", setup, trial)
HANG_VARIANT(whole, "whole", setup, trial)
HANG_VARIANT(small_, "small", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
