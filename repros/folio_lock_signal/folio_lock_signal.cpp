// SPDX-License-Identifier: GPL-2.0-or-later
//
// folio_lock_signal: of two tasks that wait for one page of a file, the first is killed as the page
// comes, and takes the only wake-up with it: the second sleeps on, state D, beside a page that is
// there. Until "mm/filemap: don't lose a folio lock wakeup to a signal" (6.12.118).
//
//   first: page fault                         who ends the read (here: the server's reply)
//     __folio_lock_killable(): sleeps
//     SIGKILL; not woken by an unlock: break    folio_end_read(): unlocks, wakes one who wants
//                                                 the lock: marks the first as woken, and is done
//     finish_wait(); return -EINTR: what the mark was for is dropped, the lock stays free
//
//   second: the same fault: __folio_lock_killable(): sleeps for ever, next in the queue
//
// (v6.12 mm/filemap.c folio_wait_bit_common(), wake_page_function().) Whoever locks and unlocks the
// page next wakes it; a read(2) of what is there does not. With two tasks alone the window is some
// ns, from a load to a lock. Tasks that read(2) the page before it is there wait in the same queue,
// want no lock, and those before the first who does are all woken by one unlock. With some of them
// the window is as long as waking them takes: the waker holds the queue's lock, and without it the
// first cannot leave the queue.
#include "../kit/fuse/page.h"
#include "../kit/window/rendezvous.h"

namespace {

constexpr long kMost = 256;
window::Rendezvous* meeting;  // of worker and killer
hang_task* killer;            // also opens the file
hang_child readers, first, second, *waiting[] = {&readers, &first, &second};
hang_fuse_page page;
int cpu_0, cpu_1;  // of worker and readers; of killer and first
long crowd, span_us;

// ---- Those that wait, and what comes to them. ----

void touch() {
  *static_cast<volatile char*>(page.memory);
}
void run_first() {
  hang_place(0, cpu_1, SCHED_FIFO);
  touch();
}
void* read_page(void*) {
  char byte;
  if (pread(page.file, &byte, 1, 0) != 1) _exit(1);
  return nullptr;
}
void run_readers() {
  pthread_t threads[kMost];
  for (long i = 0; i < crowd; ++i)
    if (pthread_create(&threads[i], nullptr, read_page, nullptr) != 0) _exit(1);
  for (long i = 0; i < crowd; ++i) pthread_join(threads[i], nullptr);
}
/// Do `count` threads of it sleep, state D?
bool sleep_in(const hang_child& child, long count) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", child.pid);
  DIR* threads = opendir(path);
  while (const dirent* entry = threads != nullptr ? readdir(threads) : nullptr)
    count -= atoi(entry->d_name) != 0 && hang_state_of(atoi(entry->d_name)) == 'D';
  if (threads != nullptr) closedir(threads);
  return count == 0;
}
bool starts(hang_child* child, void (*run)(), long count) {
  if (count > 0) hang_child_start(child, 0, run);
  return hang_until([=] { return count == 0 || sleep_in(*child, count); });
}
long kill_it(hang_task* task) {
  meeting->meet(task->argument[1]);
  if (task->argument[0] != 0) kill(static_cast<int>(task->argument[0]), SIGKILL);
  return 0;
}
void kill_and_answer() {
  const auto delay = hang_random(static_cast<uint64_t>(span_us) * 1000);
  const int64_t order[] = {hang_is("no-signal") ? 0 : first.pid, static_cast<int64_t>(delay)};
  hang_fuse_reply reply;
  const size_t length = page.reply(&reply);
  hang_task_post(killer, kill_it, order, sizeof order);
  meeting->meet(0);
  hang_must(write(page.device, &reply, length), "write of the reply");
  if (!hang_until([] { return hang_task_over(killer); })) hang_fail("the killer is late");
}

// ---- The wait. ----

int over() {  // reaps nobody: the supervisor may be about to look
  pollfd end = {second.end, POLLIN, 0};
  return poll(&end, 1, 0) > 0;
}
void nap(int64_t ns) {
  hang_child_wait(&second, ns);
}
/// Nobody sleeps for the lock of a page that is there and that nobody else could have locked.
void look() {
  const bool there = page.is_there(), asked = hang_fuse_waiting(page.connection) != 0;
  const bool gone = hang_child_reaped(&first) && hang_child_reaped(&readers);
  hang_victim("second", second.pid, second.pid, -1, 0);
  hang_invariant(there && !asked && gone && sleep_in(second, 1) ? HANG_BROKEN : HANG_HOLDS,
                 "the page is %s, %s request waits, all others who wanted it are %s",
                 there ? "there" : "not there", asked ? "a" : "no", gone ? "gone" : "alive");
}

// ---- The trial. ----

void setup() {
  const char* why = hang_fuse_prepare();
  if (*why != '\0') hang_skip("%s", why);
  if ((cpu_0 = hang_cpu(0)) == (cpu_1 = hang_cpu(1))) hang_skip("needs two CPUs");
  crowd = hang_is("silent") || hang_is("pair") ? 0 : hang_number("readers", 64);
  span_us = hang_number("span_us", hang_is("pair") ? 8 : 30);
  if (crowd < 0 || crowd > kMost || span_us <= 0) hang_fail("readers: 0 to 256; span_us: from 1");
  hang_fuse_guard_start();
  meeting = new (hang_share(sizeof *meeting)) window::Rendezvous(2);
  killer = hang_task_start(HANG_PROCESS, cpu_1, SCHED_FIFO);
  hang_must(*hang_place(0, cpu_0, SCHED_OTHER) == '\0' ? 0 : -1, "sched_setaffinity");
}
int trial() {
  static const hang_wait wait = {over, nap, look, [] { return page.evict() ? 1 : 0; }};
  const bool late = hang_is("late"), silent = hang_is("silent");
  hang_phase("mount");
  page.open_by(killer, [] { page.serve(); });
  hang_phase("wait for the page");
  const bool all = starts(&readers, run_readers, crowd) && starts(&first, run_first, 1) &&
                   (late || starts(&second, touch, 1)) && hang_until([] { return page.is_kept(); });
  hang_phase(silent ? "keep the page" : "kill the first, answer");
  if (all && !silent) kill_and_answer();
  if (all && late && !hang_child_ends(&first, 5)) hang_fail("the first does not die");
  if (all && late) hang_child_start(&second, 0, touch);
  if (all) hang_await(&wait);
  hang_phase("clean up");
  hang_fuse_abort(page.connection);
  bool ended = true;
  for (hang_child* child : waiting) hang_child_kill(child);
  for (hang_child* child : waiting) ended = hang_child_ends(child, 10) && ended;
  if (!ended) hang_fail("left behind: a task that waits does not die");
  page.close_all();
  return all ? HANG_CLEAN : (hang_note("a task did not wait for the page"), HANG_INCONCLUSIVE);
}

}  // namespace

HANG_VARIANT(readers, "readers", setup, trial)
HANG_VARIANT(pair, "pair", setup, trial)
HANG_VARIANT(no_signal, "no-signal", setup, trial)
HANG_VARIANT(late, "late", setup, trial)
HANG_VARIANT(silent, "silent", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
