// SPDX-License-Identifier: GPL-2.0-or-later
//
// Futexes: whoever shares the memory may wake. A word that has changed proves nothing: with event
// counts it changes before its sleepers are woken, and some are rightly not.
#include <atomic>
#include <thread>

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

using Word = std::atomic<uint32_t>;

void futex_wait(Word* word, uint32_t value, const timespec* timeout, int how) {
  must(syscall(SYS_futex, word, FUTEX_WAIT | how, value, timeout, nullptr, 0), "futex");
}
void lock(pthread_mutex_t* mutex) {
  if (pthread_mutex_lock(mutex) != 0) fail("pthread_mutex_lock");
}
struct Mutexes {
  pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
};

void relock() {
  start(SYS_futex, {}, [] {
    static Mutexes mutexes;
    lock(&mutexes.one);
    lock(&mutexes.one);
  });
}
/// Each takes its own before the other waits: the first is the caller's, so no clock decides.
void cross(Mutexes* mutexes) {
  static std::atomic<int> taken;
  lock(&mutexes->one);
  start_thread(SYS_futex, [=] {
    lock(&mutexes->other);
    taken = 1;
    lock(&mutexes->one);
  });
  while (taken == 0) short_nap(1);
}
void two_threads() {
  start(SYS_futex, {}, [] {
    static Mutexes mutexes;
    cross(&mutexes);
    lock(&mutexes.other);
  });
}
void two_threads_and_a_napper() {
  start(SYS_futex, {}, [] {
    static Mutexes mutexes;
    cross(&mutexes);
    start_thread(SYS_clock_nanosleep, nap);
    lock(&mutexes.other);
  });
}
void join_hung_thread() {
  start(SYS_futex, {}, [] {
    const Ends ends = make_pipe();
    expect_task();
    std::thread([=] {
      expect_rest(SYS_read);
      read_byte(ends.read);
    }).join();
  });
}
void join_napping_thread() {
  start(SYS_futex, {}, [] {
    expect_task();
    std::thread([] {
      expect_rest(SYS_clock_nanosleep);
      nap();
    }).join();
  });
}
void with_timeout() {
  start(SYS_futex, {}, [] {
    static Word word;
    const timespec hour = {3600, 0};
    futex_wait(&word, 0, &hour, FUTEX_PRIVATE_FLAG);
  });
}
/// As std::condition_variable does with a notify_one that was meant for another.
void changed_word() {
  start(SYS_futex, {}, [] {
    static Word word;
    start_thread(SYS_clock_nanosleep, [] {
      short_nap(50);
      ++word;
      nap();
    });
    futex_wait(&word, 0, nullptr, FUTEX_PRIVATE_FLAG);
  });
}
/// Who changed it sleeps as well: closed, and still no wake-up is known to be lost.
void changed_word_all_asleep() {
  start(SYS_futex, {}, [] {
    static Word word, never;
    start_thread(SYS_futex, [] {
      short_nap(50);
      ++word;
      futex_wait(&never, 0, nullptr, FUTEX_PRIVATE_FLAG);
    });
    futex_wait(&word, 0, nullptr, FUTEX_PRIVATE_FLAG);
  });
}
int nap_in_our_memory(void*) {
  expect_rest(SYS_clock_nanosleep);
  nap();
}
/// A process of its own with the same memory: no thread, and it may wake.
void foreign_memory() {
  start(SYS_futex, {}, [] {
    static Word word;
    alignas(16) static char stack[65536];
    expect_task();
    must(clone(nap_in_our_memory, stack + sizeof stack, CLONE_VM | SIGCHLD, nullptr), "clone");
    short_nap(50);  // until it is there, errno is of both
    futex_wait(&word, 0, nullptr, FUTEX_PRIVATE_FLAG);
  });
}

// ---- Memory of several processes. ----

Mutexes* shared_mutexes() {
  pthread_mutexattr_t shared;
  pthread_mutexattr_init(&shared);
  pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
  auto* both = static_cast<Mutexes*>(
      mmap(nullptr, sizeof(Mutexes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_mutex_init(&both->one, &shared);
  pthread_mutex_init(&both->other, &shared);
  return both;
}
void shared_holder_naps() {
  Mutexes* both = shared_mutexes();
  const pid_t holder = start(SYS_clock_nanosleep, {}, [=] {
    lock(&both->one);
    nap();
  });
  await_at(holder, SYS_clock_nanosleep);
  start(SYS_futex, {}, [=] { lock(&both->one); });
}
/// One of two that wait for each other: each takes its own word, and waits once both are taken.
void wait_in_turn(Mutexes* both, bool first) {
  auto* words = reinterpret_cast<Word*>(both);
  words[first ? 0 : 1] = 1;
  while (words[first ? 1 : 0] == 0) short_nap(2);
  futex_wait(&words[first ? 0 : 1], 1, nullptr, 0);
}
/// Closed but for the leader, which has the memory mapped too and pauses.
void shared_crossing() {
  Mutexes* both = shared_mutexes();
  const auto take = [](pthread_mutex_t* mine, pthread_mutex_t* theirs) {
    lock(mine);
    for (; pthread_mutex_trylock(theirs) == 0; short_nap(2)) pthread_mutex_unlock(theirs);
    lock(theirs);
  };
  start(SYS_futex, {}, [=] { take(&both->one, &both->other); });
  start(SYS_futex, {}, [=] { take(&both->other, &both->one); });
}

/// As shared_crossing(), and nobody else has the memory. `end`: who has a descriptor of it.
void shared_alone(bool napper_has_file) {
  const int file = static_cast<int>(must(memfd_create("wait-case", MFD_CLOEXEC), "memfd_create"));
  must(ftruncate(file, sizeof(Mutexes)), "ftruncate");
  if (napper_has_file) start(SYS_clock_nanosleep, {file}, nap);
  for (const bool first : {true, false})
    start(SYS_futex, {file}, [=] {
      auto* both = static_cast<Mutexes*>(
          mmap(nullptr, sizeof(Mutexes), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
      if (both == MAP_FAILED) fail("mmap");
      wait_in_turn(both, first);
    });
}
void shared_crossing_alone() {
  shared_alone(false);
}
void shared_crossing_file_of_napper() {
  shared_alone(true);
}
/// The leader has unmapped it.
void shared_unmapped(bool napper_maps) {
  Mutexes* both = shared_mutexes();
  if (napper_maps) start(SYS_clock_nanosleep, {}, nap);
  start(SYS_futex, {}, [=] { wait_in_turn(both, true); });
  start(SYS_futex, {}, [=] { wait_in_turn(both, false); });
  must(munmap(both, sizeof(Mutexes)), "munmap");
}
void shared_crossing_unmapped() {
  shared_unmapped(false);
}
void shared_crossing_mapped_by_napper() {
  shared_unmapped(true);
}
/// Whoever knows the number may attach it.
void shared_system_v() {
  const int id = static_cast<int>(must(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), "shmget"));
  void* memory = shmat(id, nullptr, 0);
  must(shmctl(id, IPC_RMID, nullptr), "IPC_RMID");
  if (memory == reinterpret_cast<void*>(-1)) fail("shmat");
  start(SYS_futex, {}, [=] { futex_wait(static_cast<Word*>(memory), 0, nullptr, 0); });
  must(shmdt(memory), "shmdt");
}
void shared_named() {
  char path[96];
  snprintf(path, sizeof path, "%s/file", folder());
  const int file = static_cast<int>(must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open"));
  must(ftruncate(file, 4096), "ftruncate");
  start(SYS_futex, {file}, [=] {
    void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) fail("mmap");
    futex_wait(static_cast<Word*>(memory), 0, nullptr, 0);
  });
}

// ---- Priority inheritance: the kernel knows the owner. ----

void init_pi(pthread_mutex_t* mutex) {
  pthread_mutexattr_t inherits;
  pthread_mutexattr_init(&inherits);
  pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
  if (pthread_mutex_init(mutex, &inherits) != 0) fail("pthread_mutex_init");
}
void pi_crossing() {
  start(SYS_futex, {}, [] {
    static Mutexes mutexes;
    init_pi(&mutexes.one);
    cross(&mutexes);
    lock(&mutexes.other);
  });
}
void pi_holder_naps() {
  start(SYS_futex, {}, [] {
    static pthread_mutex_t mutex;
    static std::atomic<int> taken;
    init_pi(&mutex);
    start_thread(SYS_clock_nanosleep, [] {
      lock(&mutex);
      taken = 1;
      nap();
    });
    while (taken == 0) short_nap(1);
    lock(&mutex);
  });
}

/// Its owner waits for a child that hangs by itself. A napper cannot unlock what it does not own.
void pi_owner_hangs(bool napper) {
  start(SYS_futex, {}, [=] {
    static pthread_mutex_t mutex;
    static std::atomic<int> taken;
    init_pi(&mutex);
    const Ends ends = make_pipe();
    const pid_t child = start(SYS_read, {ends.read, ends.write}, [=] { read_byte(ends.read); });
    close(ends.read);
    close(ends.write);
    start_thread(SYS_wait4, [=] {
      lock(&mutex);
      taken = 1;
      wait_for(child);
    });
    if (napper) start_thread(SYS_clock_nanosleep, nap);
    while (taken == 0) short_nap(1);
    lock(&mutex);
  });
}
void pi_owner_hangs_alone() {
  pi_owner_hangs(false);
}
void pi_owner_hangs_napper() {
  pi_owner_hangs(true);
}

const Family kFutexes{
    {"futex-relock", "orphaned|deadlock", false, "", "the only thread locks its mutex twice",
     relock},
    {"futex-crossing", "deadlock|orphaned", false, "",
     "two threads, each has the mutex the other wants", two_threads},
    {"futex-crossing-napper", "none", false, "", "the same, and a third thread naps",
     two_threads_and_a_napper},
    {"futex-join-hung", "orphaned|deadlock", false, "",
     "joins a thread that reads what only their process could write", join_hung_thread},
    {"futex-join-napping", "none", false, "", "joins a thread that naps", join_napping_thread},
    {"futex-timeout", "none", false, "", "the only thread waits with a timeout of an hour",
     with_timeout},
    {"futex-changed-word", "none|stuck", false, "",
     "the word has changed since, nobody was woken; another thread naps", changed_word},
    {"futex-changed-word-all-asleep", "deadlock|orphaned|stuck", false, "",
     "the same, and the other thread waits for ever: closed, but no wake-up is known to be lost",
     changed_word_all_asleep},
    {"futex-foreign-memory", "none|stuck", false, "",
     "the only thread waits; a process with the same memory naps", foreign_memory},
    {"futex-shared-holder-naps", "none|stuck", false, "",
     "waits for a mutex in shared memory, its holder naps", shared_holder_naps},
    {"futex-shared-crossing", "none|stuck|deadlock", false, "",
     "two processes, each has the mutex the other wants; a third has the memory and pauses",
     shared_crossing},
    {"futex-shared-crossing-memfd", "deadlock", false, "root",
     "two processes that wait for each other in shared memory without a name, which both have",
     shared_crossing_alone},
    {"futex-shared-file-of-napper", "none|stuck", false, "",
     "the same, and a napper has a descriptor of the memory: it may map it and wake",
     shared_crossing_file_of_napper},
    {"futex-shared-crossing-unmapped", "deadlock", false, "root",
     "two processes that wait for each other in memory they have inherited",
     shared_crossing_unmapped},
    {"futex-shared-mapped-by-napper", "none|stuck", false, "",
     "the same, and a napper has inherited it too", shared_crossing_mapped_by_napper},
    {"futex-shared-system-v", "none|stuck", false, "",
     "waits in System V memory, which anybody may attach", shared_system_v},
    {"futex-shared-named", "none|stuck", false, "", "waits in a file, which anybody may map",
     shared_named},
    {"futex-pi-owner-hangs", "deadlock|orphaned", false, "",
     "waits for a mutex that inherits priority; its owner waits for a hung child",
     pi_owner_hangs_alone},
    {"futex-pi-owner-hangs-napper", "deadlock|orphaned", false, "",
     "the same, and a third thread naps, which could not unlock it", pi_owner_hangs_napper},
    {"futex-pi-crossing", "deadlock|orphaned|stuck", false, "",
     "two threads, each has the mutex the other wants, one of them inherits priority", pi_crossing},
    {"futex-pi-holder-naps", "none|stuck", false, "",
     "waits for a mutex that inherits priority, its holder naps", pi_holder_naps},
};

}  // namespace
}  // namespace hangrate::waits
