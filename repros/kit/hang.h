/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hang.h: all that a program needs to be a reproducer. C11 and C++14, Linux, libc only:
 *   cc -O2 -pthread bug.c          c++ -O2 -pthread bug.cpp          ./a.out --help
 * Under `hangrate run ./folder` the program is a worker: the harness orders trials through the slot
 * below, looks at the victims from outside, judges, frees and counts. Run alone it judges by
 * itself.
 *
 * The program registers its variants (HANG_VARIANT) and calls hang_main(). One trial is one attempt
 * with fresh objects. What may hang, hangs in another task (hang_task, or a forked child); the
 * program itself stays free to answer. Where a trial may hang it calls hang_await(). It never
 * sleeps to synchronise: it waits for evidence with hang_until().
 */
#ifndef HANG_H
#define HANG_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <atomic>
#define HANG_ATOMIC(T) std::atomic<T>
#define HANG_STD std::
#define HANG_ZERO \
  {}
#else
#include <stdatomic.h>
#define HANG_ATOMIC(T) _Atomic(T)
#define HANG_STD
#define HANG_ZERO
#endif

/* ---- The slot: memory that a worker and its supervisor share. Shared memory and not a pipe,
 * because writing to a pipe can block. The supervisor only polls it; the worker waits on `command`
 * only. ---- */

#define HANG_MAGIC 0x48524154u /* "HRAT" */
#define HANG_VERSION 7u

/* Environment of a worker: descriptors of the memory file with its slot, of the one with the cell's
 * hang_search, and of the eventfd to ring. Of one whose run is on record: the record's path, and
 * the number of the worker's line in it; lines of HANG_LINE bytes begin at HANG_HEAD. */
#define HANG_SLOT_FD "HANGRATE_SLOT_FD"
#define HANG_SEARCH_FD "HANGRATE_SEARCH_FD"
#define HANG_BELL_FD "HANGRATE_BELL_FD"
#define HANG_RECORD "HANGRATE_RECORD"
#define HANG_RECORD_LINE "HANGRATE_RECORD_LINE"
enum { HANG_HEAD = 16 * 1024, HANG_LINE = 48 };

/* What the worker is doing. */
enum {
  HANG_STARTING, /* until setup is over */
  HANG_IDLE,     /* waits for a lease */
  HANG_RUNNING,  /* trials in progress */
  HANG_REPORTED, /* the trial in flight ended in something else than CLEAN; waits for CONTINUE */
  HANG_PARKED,  /* the trial in flight did not end in time; answers CHECK and LEVER until it does */
  HANG_SKIPPED, /* cannot run here, `message` says why; exits */
  HANG_FAILED   /* setup failed, `message` says why; exits */
};
/* What the supervisor orders. */
enum { HANG_NONE, HANG_LEASE, HANG_CHECK, HANG_LEVER, HANG_CONTINUE };
/* What a program says of one trial. A hang is none of these: it is what the supervisor proves. */
enum { HANG_CLEAN, HANG_ANOMALY, HANG_INCONCLUSIVE, HANG_INFRA };
/* What it says of its invariant. */
enum { HANG_UNKNOWN, HANG_HOLDS, HANG_BROKEN };
/* Exit codes; of a program run alone 0 nothing hung, 1 a trial hung, 3 no answer as well. */
enum { HANG_EXIT_HIT = 1, HANG_EXIT_USAGE, HANG_EXIT_NO_ANSWER, HANG_EXIT_SKIP, HANG_EXIT_SETUP };

enum { HANG_MOST_PARTIES = 8, HANG_MOST_ARMS = 64 };

/* A task the trial is about. */
struct hang_party {
  int32_t pid;
  int32_t tid;     /* 0: every thread of `pid` */
  int32_t poll_fd; /* a descriptor of `pid` that the supervisor may poll by itself; -1: none */
  int16_t poll_events;
  uint16_t victim; /* 1: it should not sleep */
  char role[16];
};

/* How a trial is aimed: what holds the race window open, and when that is let go, in ns. An empty
 * plan: without help. */
struct hang_shot {
  char plan[24];
  int64_t delay_ns;
};

/* One way to aim that a search may try, and what came of it so far. */
struct hang_arm {
  struct hang_shot shot;
  HANG_ATOMIC(uint32_t) tries;
  HANG_ATOMIC(uint32_t) hits; /* parked with the invariant broken */
  HANG_ATOMIC(uint32_t) near; /* came into the window, by the program's own measure */
  char off[96];               /* why the self-test turned it off; "": it is on */
};

/* What all workers of a cell have learned. It outlives each of them. */
struct hang_search {
  HANG_ATOMIC(uint32_t) count;
  struct hang_arm arms[HANG_MOST_ARMS];
};

struct hang_slot {
  /* Written by the supervisor before the worker starts. */
  uint32_t magic, version;
  uint64_t seed;
  uint32_t lane;
  int64_t patience_ns;    /* how long a trial waits before it parks */
  uint64_t search_trials; /* trials below this index search for the best arm, later ones use it */
  uint32_t replay;        /* 1: every trial repeats the shot and random numbers of replay_trial */
  uint64_t replay_trial;
  struct hang_shot replay_shot;
  /* By the supervisor, any time. */
#ifdef __cplusplus
  alignas(64)
#else
  _Alignas(64)
#endif
      HANG_ATOMIC(uint32_t) command; /* futex: sequence << 8 | order */
  HANG_ATOMIC(uint32_t) stop;        /* end the lease after the trial in flight */
  HANG_ATOMIC(uint64_t) lease_first;
  HANG_ATOMIC(uint64_t) lease_count;
  /* By the worker. */
#ifdef __cplusplus
  alignas(64)
#else
  _Alignas(64)
#endif
      HANG_ATOMIC(uint32_t) state;
  HANG_ATOMIC(uint32_t) answered; /* sequence of the last order carried out */
  HANG_ATOMIC(uint64_t) done;     /* trials of this lease that ended */
  HANG_ATOMIC(uint64_t) trial;    /* index of the trial in flight */
  HANG_ATOMIC(int64_t) trial_start_ns;
  HANG_ATOMIC(int32_t) fuse_connection; /* to abort if the worker cannot; 0: none */
  HANG_ATOMIC(uint64_t) fuse_instance;  /* inode of its folder in fusectl; 0: not known */
  HANG_ATOMIC(int64_t) released_ns;     /* when a parked trial had ended after all; 0 before */
  /* By the worker, published by a store to `state` or `answered`. */
  struct hang_shot shot;
  uint32_t outcome;
  int64_t wedge_ns; /* when what is waited for should have happened */
  uint32_t party_count;
  struct hang_party parties[HANG_MOST_PARTIES];
  int64_t invariant_ns;
  uint32_t invariant;
  char invariant_text[228];
  uint32_t lever_pulled; /* whether the last LEVER did anything */
  char phase[64];
  char message[1024];
  uint32_t measurement_bytes;
  char measurements[24 * 1024]; /* lines "name<TAB>value<TAB>unit\n" */
};

enum { HANG_SLOT_BYTES = 32 * 1024, HANG_SEARCH_BYTES = 16 * 1024 };
#ifdef __cplusplus
static_assert(sizeof(hang_slot) <= HANG_SLOT_BYTES, "");
static_assert(sizeof(hang_search) <= HANG_SEARCH_BYTES, "");
#endif

#endif /* HANG_H */

/* The supervisor needs no more: it defines HANG_SLOT_ONLY. */
#if !defined(HANG_SLOT_ONLY) && !defined(HANG_API)
#define HANG_API

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function" /* of a program that holds this text itself */
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wold-style-cast"
extern "C" {
#endif

#define hang_get(field) HANG_STD atomic_load_explicit(field, HANG_STD memory_order_acquire)
#define hang_put(field, value) \
  HANG_STD atomic_store_explicit(field, value, HANG_STD memory_order_release)
#define hang_add(field, value) \
  HANG_STD atomic_fetch_add_explicit(field, value, HANG_STD memory_order_acq_rel)

struct hang_variant {
  const char* name;
  void (*setup)(void); /* once, before the first trial; may be NULL */
  int (*trial)(void);  /* one attempt; HANG_CLEAN, ... */
  struct hang_variant* next;
};

/* Makes `setup_fn` and `trial_fn` the variant `text`. What it is expected to show stands in
 * repro.json. */
#define HANG_VARIANT(id, text, setup_fn, trial_fn)                         \
  __attribute__((constructor)) static void hang_register_##id(void) {      \
    static struct hang_variant variant = {text, setup_fn, trial_fn, NULL}; \
    struct hang_variant** end = &hang_self.variants;                       \
    while (*end != NULL) end = &(*end)->next;                              \
    *end = &variant;                                                       \
  }

/* What a trial waits for. All but `over` may be NULL. None of these may block. */
struct hang_wait {
  int (*over)(void);       /* has everything that the trial waits for happened? */
  void (*nap)(int64_t ns); /* sleeps until over() may be true, at most `ns`; NULL: 0.1 ms */
  void (*look)(void);      /* names the parties (hang_victim, hang_partner), states the invariant */
  int (*lever)(void);      /* frees a victim of this bug through its object; 0: did nothing */
};

/* Set by kit/window, which is linked in to widen the race; otherwise empty. */
struct hang_window {
  void (*setup)(const int* tids, int count);
  void (*aim)(void);
  void (*fire)(void (*call)(void), int fd);
  void (*near)(void);
};

struct hang_self {
  struct hang_slot* slot;
  struct hang_search* search;
  struct hang_variant *variants, *variant;
  struct hang_window window;
  struct hang_arm* arm; /* of the trial in flight, until its hit is counted */
  char** settings;      /* NAME=VALUE, ends with NULL */
  uint64_t asked;       /* one bit each: the program asked for it */
  int bell, alone, ktap, parked, naming, hits, anomalies;
  uint64_t trial, random, trials, done;
};
__attribute__((weak)) struct hang_self hang_self HANG_ZERO; /* one, of all files of the program */

/* ---- Small things. ---- */

static inline int64_t hang_now(void) { /* CLOCK_MONOTONIC, ns */
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}
static inline void hang_nap(int64_t ns) {
  struct timespec span;
  span.tv_sec = ns / 1000000000LL;
  span.tv_nsec = ns % 1000000000LL;
  nanosleep(&span, NULL);
}
/* Sleeps while `word` holds `expected`, at most `ns`; 0: without a limit. May return early.
 * `threads`: all who use it are threads of this process, which the kernel looks up faster. */
static inline void hang_futex_wait(HANG_ATOMIC(uint32_t) * word, uint32_t expected, int64_t ns,
                                   int threads) {
  struct timespec span;
  span.tv_sec = ns / 1000000000LL;
  span.tv_nsec = ns % 1000000000LL;
  syscall(SYS_futex, word, FUTEX_WAIT | (threads ? FUTEX_PRIVATE_FLAG : 0), expected,
          ns > 0 ? &span : NULL, NULL, 0);
}
static inline void hang_futex_wake(HANG_ATOMIC(uint32_t) * word, int threads) {
  syscall(SYS_futex, word, FUTEX_WAKE | (threads ? FUTEX_PRIVATE_FLAG : 0), 0x7fffffff, NULL, NULL,
          0);
}
/* One step of a wait that should be short: spins, then yields, then sleeps 50 us. */
static inline void hang_pause(int round) {
  if (round >= 2000)
    hang_nap(50000);
  else if (round >= 4)
    sched_yield();
#if defined(__x86_64__) || defined(__i386__)
  else
    __builtin_ia32_pause();
#endif
}
static inline int hang_gettid(void) {
  return (int)syscall(SYS_gettid);
}

/* ---- What the user chose. ---- */

static inline int hang_is(const char* variant) {
  return strcmp(hang_self.variant->name, variant) == 0;
}
static inline unsigned hang_lane(void) {
  return hang_self.slot->lane;
}
static inline uint64_t hang_trial(void) {
  return hang_self.trial;
}
/* The setting `name`. The harness gives the value of repro.json; `otherwise` is for a run alone. */
static inline const char* hang_text(const char* name, const char* otherwise) {
  size_t length = strlen(name);
  for (char** entry = hang_self.settings; entry != NULL && *entry != NULL; ++entry) {
    if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=') continue;
    hang_self.asked |= 1ULL << ((entry - hang_self.settings) & 63);
    return *entry + length + 1;
  }
  return otherwise;
}
static inline int hang_chose(const char* name, const char* value) {
  return strcmp(hang_text(name, ""), value) == 0;
}
static inline long hang_number(const char* name, long otherwise) {
  const char* text = hang_text(name, NULL);
  char* end = NULL;
  long number = text != NULL ? strtol(text, &end, 10) : otherwise;
  if (text == NULL || (end != text && *end == '\0')) return number;
  fprintf(stderr, "%s=%s: not a whole number\n", name, text);
  exit(HANG_EXIT_USAGE);
}
/* Uniform in [0, below): the seed and the trial fix every choice. splitmix64 (Steele, Lea, Flood
 * 2014). */
static inline uint64_t hang_mix(uint64_t* state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
static inline uint64_t hang_random(uint64_t below) {
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 wide;
  return (uint64_t)(((wide)hang_mix(&hang_self.random) * below) >> 64);
#else
  return hang_mix(&hang_self.random) % below;
#endif
}

/* ---- What a trial says. Texts are printf formats. ---- */

#define HANG_PRINTF(at) __attribute__((format(printf, at, at + 1)))
/* Into `field`, as one line. */
#define HANG_SAY(field, format)                    \
  do {                                             \
    va_list words;                                 \
    va_start(words, format);                       \
    vsnprintf(field, sizeof field, format, words); \
    va_end(words);                                 \
    for (char* c = field; *c != '\0'; ++c)         \
      if (strchr("\t\r\n", *c) != NULL) *c = ' ';  \
  } while (0)

static inline void hang_ring(void) {
  uint64_t one = 1; /* the eventfd is non-blocking; full means that the supervisor is being told */
  if (hang_self.bell >= 0 && write(hang_self.bell, &one, sizeof one) < 0) return;
}
/* What the trial is doing, for the report of one that hangs. */
static inline void hang_phase(const char* name) {
  strncpy(hang_self.slot->phase, name, sizeof hang_self.slot->phase - 1);
}
/* One sentence about a trial that ends in something else than CLEAN. */
static inline HANG_PRINTF(1) void hang_note(const char* format, ...) {
  HANG_SAY(hang_self.slot->message, format);
}
__attribute__((noreturn)) static inline void hang_end(int answer); /* alone: below */
__attribute__((noreturn)) static inline void hang_leave(uint32_t state, int code) {
  const char* message = hang_self.slot->message;
  hang_put(&hang_self.slot->state, state);
  hang_ring();
  if (hang_self.alone && hang_self.hits != 0) { /* it was proven before */
    printf("# %s\n", message);
    hang_end(0);
  }
  if (hang_self.alone && hang_self.ktap) {
    printf("%sok 1 %s # %s %s\n", code == HANG_EXIT_SKIP ? "" : "not ", hang_self.variant->name,
           code == HANG_EXIT_SKIP ? "SKIP" : "setup failed:", message);
  } else if (hang_self.alone) {
    printf("%s: %s\n", code == HANG_EXIT_SKIP ? "skipped" : "setup failed", message);
  }
  fflush(stdout);
  _exit(hang_self.alone && code == HANG_EXIT_SETUP ? HANG_EXIT_NO_ANSWER : code);
}
/* The program cannot run here; the text names what is missing and how to get it. */
__attribute__((noreturn)) static inline HANG_PRINTF(1) void hang_skip(const char* format, ...) {
  HANG_SAY(hang_self.slot->message, format);
  hang_leave(HANG_SKIPPED, HANG_EXIT_SKIP);
}
/* The machine failed us before anything was tried. */
__attribute__((noreturn)) static inline HANG_PRINTF(1) void hang_fail(const char* format, ...) {
  HANG_SAY(hang_self.slot->message, format);
  hang_leave(HANG_FAILED, HANG_EXIT_SETUP);
}
/* Passes `value` on; if it is negative, the machine failed us: "operation: strerror (errno)". */
static inline long hang_must(long value, const char* operation) {
  if (value < 0) hang_fail("%s: %s (%d)", operation, strerror(errno), errno);
  return value;
}
/* Memory, all zero, that this process shares with the children it forks. */
static inline void* hang_share(size_t bytes) {
  void* memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) hang_fail("mmap: %s", strerror(errno));
  return memory;
}
/* A value that this trial measured. */
static inline HANG_PRINTF(3) void hang_measure(const char* name, const char* unit,
                                               const char* format, ...) {
  struct hang_slot* slot = hang_self.slot;
  char value[256];
  HANG_SAY(value, format);
  size_t room = sizeof slot->measurements - slot->measurement_bytes;
  char* row = slot->measurements + slot->measurement_bytes;
  int bytes = snprintf(row, room, "%s\t%s\t%s\n", name, value, unit);
  if ((size_t)bytes >= room) hang_fail("more measurements than the slot holds");
  slot->measurement_bytes += (uint32_t)bytes;
  if (hang_self.alone && !hang_self.ktap) fputs(row, stdout);
}

/* ---- In look(). ---- */

static inline void hang_name(const char* role, int pid, int tid, int fd, int events, int victim) {
  struct hang_slot* slot = hang_self.slot;
  if (!hang_self.naming || slot->party_count == HANG_MOST_PARTIES) return;
  struct hang_party* party = &slot->parties[slot->party_count++];
  memset(party, 0, sizeof *party);
  party->pid = pid;
  party->tid = tid;
  party->poll_fd = fd;
  party->poll_events = (int16_t)events;
  party->victim = (uint16_t)victim;
  strncpy(party->role, role, sizeof party->role - 1);
}
/* The task that should not sleep; if it sleeps while `events` of its `fd` are there, anybody can
 * see it. `tid` 0: every thread; `fd` -1: none. */
static inline void hang_victim(const char* role, int pid, int tid, int fd, int events) {
  hang_name(role, pid, tid, fd, events, 1);
}
/* One that should wake it. */
static inline void hang_partner(const char* role, int pid, int tid) {
  hang_name(role, pid, tid, -1, 0, 0);
}
/* HANG_BROKEN: a fact about the object that cannot be true in a healthy kernel while the victim
 * sleeps. "It takes long" is none. */
static inline HANG_PRINTF(2) void hang_invariant(uint32_t status, const char* format, ...) {
  hang_self.slot->invariant = status;
  HANG_SAY(hang_self.slot->invariant_text, format);
}
static inline void hang_look(const struct hang_wait* wait, int naming) {
  struct hang_slot* slot = hang_self.slot;
  hang_self.naming = naming;
  if (naming) slot->party_count = 0;
  slot->invariant = HANG_UNKNOWN;
  slot->invariant_text[0] = '\0';
  if (wait->look != NULL) wait->look();
  slot->invariant_ns = hang_now();
  if (slot->invariant == HANG_BROKEN && !naming && hang_self.arm != NULL) {
    hang_add(&hang_self.arm->hits, 1u);
    hang_self.arm = NULL;
  }
}

/* ---- The wait in which a trial may hang. ---- */

static inline void hang_nap_in(const struct hang_wait* wait, int64_t ns) {
  if (wait->nap != NULL)
    wait->nap(ns);
  else
    hang_nap(ns < 100000 ? ns : 100000);
}
/* Parked: answers the supervisor until the wait is over. */
static inline void hang_answer(const struct hang_wait* wait) {
  struct hang_slot* slot = hang_self.slot;
  int64_t nap = 400000; /* doubles, so that a release is noticed after as long again as it took */
  while (!wait->over()) {
    uint32_t command = hang_get(&slot->command);
    if (command >> 8 == hang_get(&slot->answered)) {
      hang_futex_wait(&slot->command, command, nap, 0);
      nap = nap < 10000000 ? nap * 2 : 20000000;
      continue;
    }
    if ((command & 0xff) == HANG_CHECK) hang_look(wait, 0);
    if ((command & 0xff) == HANG_LEVER) slot->lever_pulled = wait->lever != NULL && wait->lever();
    hang_put(&slot->answered, command >> 8);
    hang_ring();
    if ((command & 0xff) != HANG_CHECK) nap = 100000; /* it may have freed the victim */
  }
  /* Ordered before the next look at `stop`, as the supervisor sets `stop` before it looks here. */
  HANG_STD atomic_store(&slot->released_ns, hang_now());
  hang_put(&slot->state, (uint32_t)HANG_RUNNING);
}

/* Was the trial in flight found waiting longer than it should? What ended it may then be a rescue.
 */
static inline int hang_parked(void) {
  return hang_self.parked;
}

static inline void hang_judge(const struct hang_wait* wait); /* alone: below */

/* Waits until wait->over(). A trial that never ends ends with its worker. */
static inline void hang_await(const struct hang_wait* wait) {
  struct hang_slot* slot = hang_self.slot;
  if (wait->over()) return;
  int64_t wedge = hang_now();
  for (int64_t left = slot->patience_ns; left > 0; left = wedge + slot->patience_ns - hang_now()) {
    hang_nap_in(wait, left);
    if (wait->over()) return;
  }
  hang_self.parked = 1;
  if (hang_self.alone) {
    hang_judge(wait);
    return;
  }
  hang_look(wait, 1);
  slot->invariant = HANG_UNKNOWN; /* the supervisor asks when it is ready */
  slot->invariant_text[0] = '\0';
  slot->lever_pulled = 0;
  slot->wedge_ns = wedge;
  hang_put(&slot->released_ns, (int64_t)0);
  hang_put(&slot->state, (uint32_t)HANG_PARKED);
  hang_ring();
  hang_answer(wait);
}

/* Polls `condition` for up to `seconds`. 0: it never came. C++ has one that takes a lambda. */
static inline int hang_until_call(int (*condition)(void*), void* argument, double seconds) {
  int64_t deadline = hang_now() + (int64_t)(seconds * 1e9);
  for (int round = 0; !condition(argument); ++round) {
    if ((round & 63) == 63 && hang_now() > deadline) return condition(argument);
    hang_pause(round);
  }
  return 1;
}

/* How the source of a mount and the name of a folder in /tmp must begin, so that they are found and
 * removed after any kill: the mark of the run and the number of the worker. */
static inline const char* hang_mark(void) {
  static char mark[128];
  const char *record = getenv(HANG_RECORD), *line = getenv(HANG_RECORD_LINE);
  if (record == NULL || line == NULL) return "hangrate";
  const char* slash = strrchr(record, '/');
  snprintf(mark, sizeof mark, "%s-%s", slash != NULL ? slash + 1 : record, line);
  return mark;
}

/* ---- A second task, thread or process, that runs one function after another on order, so that a
 * call may hang while the program stays free. A process shares the file table (CLONE_FILES):
 * descriptors made later are its own too; other memory is as it was at its start. ---- */

enum { HANG_THREAD, HANG_PROCESS };
enum { HANG_TASK_STARTING, HANG_TASK_READY, HANG_TASK_ENTERED, HANG_TASK_DONE, HANG_TASK_BROKEN };

struct hang_task {
  HANG_ATOMIC(uint32_t) posted, stage, waiters;
  HANG_ATOMIC(uint32_t) step; /* for the function: where it is */
  HANG_ATOMIC(int64_t) result;
  HANG_ATOMIC(int32_t) tid;
  long (*job)(struct hang_task*);
  int64_t argument[16]; /* of the job: a copy */
  int kind, cpu, policy, pid, parent, stat_fd, error;
  const char* refused;
};

/* Gives task `tid` (0: the caller) a CPU (-1: leave it) and a SCHED_* policy. Returns "" or what
 * was refused, with errno. */
static inline const char* hang_place(int tid, int cpu, int policy) {
  struct sched_param param;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu >= 0) {
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(tid, sizeof set, &set) != 0) return "sched_setaffinity";
  }
  param.sched_priority = policy == SCHED_FIFO || policy == SCHED_RR;
  return sched_setscheduler(tid, policy, &param) != 0 ? "sched_setscheduler" : "";
}
/* A policy by its word; other words are SCHED_OTHER. */
static inline int hang_policy(const char* word) {
  if (strcmp(word, "fifo") == 0) return SCHED_FIFO;
  if (strcmp(word, "batch") == 0) return SCHED_BATCH;
  return strcmp(word, "idle") == 0 ? SCHED_IDLE : SCHED_OTHER;
}
/* The n-th of the CPUs this process may use, counted round and round. */
static inline int hang_cpu(unsigned n) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) == 0) return 0;
  n %= (unsigned)CPU_COUNT(&set);
  for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set) && n-- == 0) return (int)cpu;
  }
  return 0;
}
static inline void hang_task_move(struct hang_task* task, uint32_t stage) {
  HANG_STD atomic_store(&task->stage, stage);
  if (HANG_STD atomic_load(&task->waiters) != 0)
    hang_futex_wake(&task->stage, task->kind == HANG_THREAD);
}
static inline void* hang_task_run(void* memory) {
  struct hang_task* task = (struct hang_task*)memory;
  if (task->kind == HANG_PROCESS) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != task->parent) _exit(0);
  }
  if (task->cpu >= 0 || task->policy != SCHED_OTHER) {
    task->refused = hang_place(0, task->cpu, task->policy);
  }
  task->error = errno;
  const int works = task->refused == NULL || task->refused[0] == '\0';
  hang_put(&task->tid, hang_gettid());
  hang_task_move(task, works ? (uint32_t)HANG_TASK_READY : (uint32_t)HANG_TASK_BROKEN);
  if (!works) return NULL;
  for (uint32_t seen = 0;; ++seen) {
    while (hang_get(&task->posted) == seen)
      hang_futex_wait(&task->posted, seen, 0, task->kind == HANG_THREAD);
    hang_put(&task->stage, (uint32_t)HANG_TASK_ENTERED);
    hang_put(&task->result, (int64_t)task->job(task));
    hang_task_move(task, HANG_TASK_DONE);
  }
}
/* Starts it, on `cpu` (-1: any) with the SCHED_* `policy`; a policy that is refused is a skip. The
 * task is never freed: one that is wedged still uses its memory. */
static inline struct hang_task* hang_task_start(int kind, int cpu, int policy) {
  void* memory = hang_share(sizeof(struct hang_task));
  struct hang_task* task = (struct hang_task*)memory;
  char path[64];
  task->kind = kind;
  task->cpu = cpu;
  task->policy = policy;
  task->pid = task->parent = getpid();
  if (kind == HANG_THREAD) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, hang_task_run, memory);
    if (error != 0) hang_fail("pthread_create: %s (%d)", strerror(error), error);
    pthread_detach(thread);
  } else {
    long pid = hang_must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0L), "clone");
    if (pid == 0) {
      hang_task_run(memory);
      _exit(1);
    }
    task->pid = (int)pid;
  }
  for (int round = 0; hang_get(&task->stage) == HANG_TASK_STARTING; ++round) {
    if (round > 200000) hang_fail("the second task did not start within 10 s");
    hang_pause(round);
  }
  if (hang_get(&task->stage) == HANG_TASK_BROKEN) {
    if (strcmp(task->refused, "sched_setscheduler") != 0) {
      hang_fail("%s: %s (%d)", task->refused, strerror(task->error), task->error);
    }
    hang_skip("sched_setscheduler: %s (%d): run as root, raise RLIMIT_RTPRIO, or use policy=other",
              strerror(task->error), task->error);
  }
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", task->pid, (int)hang_get(&task->tid));
  task->stat_fd = (int)hang_must(open(path, O_RDONLY | O_CLOEXEC), path);
  return task;
}
static inline int hang_task_tid(struct hang_task* task) {
  return (int)hang_get(&task->tid);
}
/* Orders job(task); the last one must be over. `bytes` of `argument` are copied to task->argument.
 */
static inline void hang_task_post(struct hang_task* task, long (*job)(struct hang_task*),
                                  const void* argument, size_t bytes) {
  if (bytes > sizeof task->argument) hang_fail("the argument of a job is too long: %zu", bytes);
  if (bytes != 0) memcpy(task->argument, argument, bytes);
  task->job = job;
  hang_put(&task->step, 0u);
  hang_put(&task->stage, (uint32_t)HANG_TASK_READY);
  hang_add(&task->posted, 1u);
  hang_futex_wake(&task->posted, task->kind == HANG_THREAD);
}
static inline int hang_task_over(struct hang_task* task) {
  return hang_get(&task->stage) == HANG_TASK_DONE;
}
/* What the job returned. */
static inline long hang_task_result(struct hang_task* task) {
  return (long)hang_get(&task->result);
}
static inline void hang_task_wait(struct hang_task* task, int64_t ns) {
  uint32_t seen = hang_get(&task->stage);
  if (seen == HANG_TASK_DONE) return;
  HANG_STD atomic_fetch_add(&task->waiters, 1u);
  hang_futex_wait(&task->stage, seen, ns, task->kind == HANG_THREAD);
  HANG_STD atomic_fetch_sub(&task->waiters, 1u);
}
/* The state letter in a stat file of /proc; '?': none. The name may hold ") S": the state follows
 * the last parenthesis (proc_pid_stat(5)). */
static inline char hang_state_in(int stat_fd) {
  char text[512];
  ssize_t bytes = pread(stat_fd, text, sizeof text - 1, 0);
  text[bytes > 0 ? bytes : 0] = '\0';
  const char* end = strrchr(text, ')');
  return end != NULL && end[1] == ' ' ? end[2] : '?';
}
/* The state letter of a process's first thread. Takes no lock that a wedged task holds, unless that
 * is inside execve(2) on 6.12.97 and later or 6.1.178 and later. */
static inline char hang_state_of(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  char state = fd >= 0 ? hang_state_in(fd) : '?';
  if (fd >= 0) close(fd);
  return state;
}
/* Is it asleep inside its job, at one and the same step? */
static inline int hang_task_asleep(struct hang_task* task) {
  uint32_t step = hang_get(&task->step);
  return hang_get(&task->stage) == HANG_TASK_ENTERED && hang_state_in(task->stat_fd) == 'S' &&
         hang_get(&task->stage) == HANG_TASK_ENTERED && hang_get(&task->step) == step;
}

/* ---- The worker of a supervisor. ---- */

static inline void hang_begin(uint64_t index) {
  struct hang_slot* slot = hang_self.slot;
  uint64_t stream = slot->replay != 0 ? slot->replay_trial : index, state = slot->seed;
  hang_self.trial = index;
  hang_self.random = hang_mix(&state) ^ (stream * 0xd1342543de82ef95ULL);
  hang_self.arm = NULL;
  hang_self.parked = 0;
  memset(&slot->shot, 0, sizeof slot->shot);
  slot->phase[0] = slot->message[0] = '\0';
  slot->measurement_bytes = 0;
  hang_put(&slot->trial, index);
  hang_put(&slot->trial_start_ns, hang_now());
}
/* Waits for the order `wanted`, and carries out nothing for any other. Returns its sequence. */
static inline uint32_t hang_order(uint32_t wanted) {
  struct hang_slot* slot = hang_self.slot;
  for (;;) {
    uint32_t command = hang_get(&slot->command);
    if (command >> 8 == hang_get(&slot->answered)) {
      hang_futex_wait(&slot->command, command, 1000000000LL, 0);
    } else if ((command & 0xff) == wanted) {
      return command >> 8;
    } else {
      hang_put(&slot->answered, command >> 8);
      hang_ring();
    }
  }
}
static inline void hang_lease(void) {
  struct hang_slot* slot = hang_self.slot;
  hang_put(&slot->state, (uint32_t)HANG_IDLE);
  hang_ring();
  uint32_t lease = hang_order(HANG_LEASE);
  uint64_t first = hang_get(&slot->lease_first), count = hang_get(&slot->lease_count);
  hang_put(&slot->done, (uint64_t)0);
  hang_put(&slot->state, (uint32_t)HANG_RUNNING);
  hang_put(&slot->answered, lease);
  for (uint64_t i = 0; i < count && HANG_STD atomic_load(&slot->stop) == 0; ++i) {
    hang_begin(first + i);
    uint32_t outcome = (uint32_t)hang_self.variant->trial();
    if (outcome != HANG_CLEAN || slot->measurement_bytes != 0) {
      slot->outcome = outcome;
      hang_put(&slot->state, (uint32_t)HANG_REPORTED);
      hang_ring();
      uint32_t go_on = hang_order(HANG_CONTINUE);
      hang_put(&slot->state, (uint32_t)HANG_RUNNING);
      hang_put(&slot->answered, go_on);
    }
    hang_put(&slot->done, i + 1);
  }
}
/* Memory behind the descriptor that `name` names, which is closed so that nothing a trial starts
 * can map it anew. NULL: none. */
static inline void* hang_map(const char* name, size_t bytes) {
  const char* text = getenv(name);
  int fd = text != NULL ? atoi(text) : -1;
  void* memory =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
  if (fd >= 0) close(fd);
  return memory == MAP_FAILED ? NULL : memory;
}

/* ---- Alone: no supervisor. A hang is an invariant that is broken at two looks 100 ms apart, with
 * every victim asleep at both and not scheduled in between. It is freed by the lever. ---- */

/* The living thread of a party with the next number after `after`; 0: there is none. Of a process
 * that exits the first thread may be dead while another one hangs. */
static inline int hang_next_thread(const struct hang_party* party, int after) {
  char path[64];
  int found = 0;
  snprintf(path, sizeof path, "/proc/%d/task", party->pid);
  DIR* threads = opendir(path);
  for (struct dirent* entry; threads != NULL && (entry = readdir(threads)) != NULL;) {
    const int tid = atoi(entry->d_name);
    if (tid <= after || (found != 0 && tid > found)) continue;
    if (party->tid != 0 && party->tid != tid) continue;
    if (strchr("ZX?", hang_state_of(tid)) == NULL) found = tid;
  }
  if (threads != NULL) closedir(threads);
  return found;
}
/* Is the thread asleep? Mixes itself and its context switches into `print`. */
static inline int hang_sleeps(int pid, int tid, uint64_t* print) {
  static char text[1 << 17]; /* the list of groups alone may fill 64 KiB */
  char path[64];
  int counters = 0; /* voluntary, and not */
  snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0) close(fd);
  text[bytes > 0 ? bytes : 0] = '\0';
  const char *state = strstr(text, "\nState:\t"), *at = text;
  *print = *print * 31 + (uint64_t)tid;
  for (; (at = strstr(at, "ctxt_switches:\t")) != NULL; ++counters)
    *print = *print * 31 + strtoull(at += 15, NULL, 10);
  return counters == 2 && state != NULL && (state[8] == 'S' || state[8] == 'D');
}
/* Are there victims, and is each asleep in all its living threads? `print` is the same only for the
 * same threads without a switch in between. */
static inline int hang_sleepers(uint64_t* print) {
  int victims = 0, asleep = 1;
  *print = 0;
  for (uint32_t i = 0; i < hang_self.slot->party_count; ++i) {
    const struct hang_party* party = &hang_self.slot->parties[i];
    if (!party->victim) continue;
    ++victims;
    asleep = asleep && hang_next_thread(party, 0) != 0;
    for (int tid = 0; (tid = hang_next_thread(party, tid)) != 0;)
      asleep = hang_sleeps(party->pid, tid, print) && asleep;
  }
  return victims != 0 && asleep;
}
static inline void hang_tell(void) {
  struct hang_slot* slot = hang_self.slot;
  const char* mark = hang_self.ktap ? "# " : "";
  printf("%strial %llu hangs (%s): %s\n", mark, (unsigned long long)hang_self.trial, slot->phase,
         slot->invariant_text);
  for (uint32_t i = 0; i < slot->party_count; ++i) {
    const struct hang_party* party = &slot->parties[i];
    for (int tid = 0; (tid = hang_next_thread(party, tid)) != 0;) {
      char path[64], place[64] = "";
      snprintf(path, sizeof path, "/proc/%d/task/%d/wchan", party->pid, tid);
      int fd = open(path, O_RDONLY | O_CLOEXEC);
      if (fd >= 0 && read(fd, place, sizeof place - 1) < 0) place[0] = '\0';
      if (fd >= 0) close(fd);
      printf("%s  %s: task %d, state %c, in %s\n", mark, party->role, tid, hang_state_of(tid),
             place[0] > '0' ? place : "?");
    }
  }
}
static inline void hang_judge(const struct hang_wait* wait) {
  uint64_t before, after;
  const int64_t give_up = hang_now() + 30000000000LL;
  for (int proven = 0; !proven;) {
    hang_look(wait, 1);
    proven = hang_self.slot->invariant == HANG_BROKEN && hang_sleepers(&before);
    for (int64_t end = hang_now() + 100000000; hang_now() < end;
         hang_nap_in(wait, end - hang_now())) {
      if (wait->over()) return;
    }
    hang_look(wait, 1);
    proven = proven && hang_self.slot->invariant == HANG_BROKEN && hang_sleepers(&after) &&
             before == after;
    if (proven || hang_now() < give_up) continue;
    printf("# trial %llu (%s) did not end within 30 s, and nothing is proven: %s\n",
           (unsigned long long)hang_self.trial, hang_self.slot->phase,
           hang_self.slot->invariant_text);
    hang_end(0);
  }
  if (hang_self.hits++ == 0) hang_tell();
  const int pulled = wait->lever != NULL && wait->lever();
  for (const int64_t end = hang_now() + 2000000000; !wait->over(); hang_nap_in(wait, 100000)) {
    if (hang_now() < end) continue;
    printf("# %s\n", pulled ? "the lever does not free it" : "nothing frees it");
    hang_self.done++;
    hang_end(1);
  }
  if (!pulled) --hang_self.hits; /* it was slow */
  if (pulled && hang_self.hits != 1) return;
  printf("%s  %s\n", hang_self.ktap ? "# " : "",
         pulled ? "freed by its lever" : "it ended by itself");
}
/* Tells the result and leaves. `answer` 0: the trial in flight has none. */
static inline void hang_end(int answer) {
  const char* name = hang_self.variant->name;
  const unsigned long long done = hang_self.done;
  const int wrong = hang_self.hits != 0 || hang_self.anomalies != 0;
  if (hang_self.ktap)
    printf("%s 1 %s # ", wrong || !answer ? "not ok" : "ok", name);
  else
    printf("%s: ", name);
  printf("%d of %llu trials hung", hang_self.hits, done);
  if (hang_self.anomalies != 0) printf(", one went wrong without a hang");
  /* 0 of n excludes every rate above ln(20)/n with confidence 95 %. */
  if (!wrong && answer && done > 3) printf("; excludes p >= %.2g (95 %%)", 2.9958 / (double)done);
  if (wrong) printf("; --seed %llu repeats it", (unsigned long long)hang_self.slot->seed);
  printf("%s\n", answer ? "" : "; one has no answer");
  for (int i = 0; hang_self.settings[i] != NULL; ++i) {
    if ((hang_self.asked >> (i & 63) & 1) == 0)
      printf("# nothing asked for the setting %s\n", hang_self.settings[i]);
  }
  fflush(stdout);
  _exit(wrong ? HANG_EXIT_HIT : answer ? 0 : HANG_EXIT_NO_ANSWER);
}
static inline void hang_alone(void) {
  for (hang_self.done = 0; hang_self.done < hang_self.trials; ++hang_self.done) {
    hang_begin(hang_self.done);
    const int before = hang_self.hits; /* a trial that hung may end in an anomaly as well */
    const int outcome = hang_self.variant->trial();
    if (outcome == HANG_CLEAN) continue;
    printf("# trial %llu: %s\n", (unsigned long long)hang_self.done, hang_self.slot->message);
    if (outcome == HANG_ANOMALY && hang_self.hits == before) hang_self.anomalies++;
    hang_self.done++;
    hang_end(outcome == HANG_ANOMALY);
  }
  hang_end(1);
}
static inline int hang_usage(const char* program, const char* wrong) {
  FILE* out = wrong != NULL ? stderr : stdout;
  if (wrong != NULL) fprintf(out, "%s: %s\n", program, wrong);
  fprintf(out, "usage: %s [VARIANT] [NAME=VALUE...] [--trials N] [--seed N] [--ktap]\nvariants:",
          program);
  for (struct hang_variant* v = hang_self.variants; v != NULL; v = v->next)
    fprintf(out, " %s", v->name);
  fprintf(out,
          "\nexit codes: 0 no trial hung, 1 one hung or went wrong, 2 usage, 3 no answer,\n"
          "4 cannot run here\n");
  return wrong != NULL ? HANG_EXIT_USAGE : 0;
}
/* Reads [VARIANT] [NAME=VALUE...] and options. -1: go on; else the exit code. */
static inline int hang_parse(int argc, char** argv) {
  char wrong[256];
  int settings = 0;
  hang_self.settings = (char**)calloc((size_t)argc + 1, sizeof *argv);
  hang_self.variant = hang_self.variants;
  for (int i = 1; i < argc; ++i) {
    struct hang_variant* v = hang_self.variants;
    const char* next = i + 1 < argc ? argv[i + 1] : "";
    const int number = *next != '\0' && strspn(next, "0123456789") == strlen(next);
    if (strcmp(argv[i], "--help") == 0) return hang_usage(argv[0], NULL);
    if (strcmp(argv[i], "--ktap") == 0)
      hang_self.ktap = 1;
    else if (number && strcmp(argv[i], "--trials") == 0)
      hang_self.trials = strtoull(argv[++i], NULL, 10);
    else if (number && strcmp(argv[i], "--seed") == 0)
      hang_self.slot->seed = strtoull(argv[++i], NULL, 10);
    else if (argv[i][0] != '-' && strchr(argv[i], '=') != NULL)
      hang_self.settings[settings++] = argv[i];
    else {
      while (v != NULL && strcmp(v->name, argv[i]) != 0) v = v->next;
      const int known = strcmp(argv[i], "--trials") == 0 || strcmp(argv[i], "--seed") == 0;
      snprintf(wrong, sizeof wrong,
               known ? "%s takes a whole number" : "no variant or option is called \"%s\"",
               argv[i]);
      if (v == NULL) return hang_usage(argv[0], wrong);
      hang_self.variant = v;
    }
  }
  if (hang_self.alone && hang_self.trials == 0)
    return hang_usage(argv[0], "--trials 0: none to run");
  return hang_self.variant == NULL ? hang_usage(argv[0], "has no variant") : -1;
}
/* Runs the program: as the worker of a supervisor, or alone. main() returns its value. */
static inline int hang_main(int argc, char** argv) {
  const int bell = getenv(HANG_BELL_FD) != NULL ? atoi(getenv(HANG_BELL_FD)) : -1;
  hang_self.alone = getenv(HANG_SLOT_FD) == NULL;
  hang_self.bell = bell;
  hang_self.slot = (struct hang_slot*)hang_map(HANG_SLOT_FD, HANG_SLOT_BYTES);
  hang_self.search = (struct hang_search*)hang_map(HANG_SEARCH_FD, HANG_SEARCH_BYTES);
  if (hang_self.slot == NULL || hang_self.search == NULL) {
    fprintf(stderr, "%s, %s: no memory behind them\n", HANG_SLOT_FD, HANG_SEARCH_FD);
    return HANG_EXIT_USAGE;
  }
  if (!hang_self.alone &&
      (hang_self.slot->magic != HANG_MAGIC || hang_self.slot->version != HANG_VERSION)) {
    fprintf(stderr, "the supervisor was built with another version of hang.h than this program\n");
    return HANG_EXIT_USAGE;
  }
  if (hang_self.alone) {
    hang_self.slot->seed = (uint64_t)hang_now();
    hang_self.slot->patience_ns = 1000000;
    hang_self.trials = 1000;
    setvbuf(stdout, NULL, _IOLBF, 0);
  }
  const int code = hang_parse(argc, argv);
  if (code >= 0) return code;
  if (hang_self.alone && hang_self.ktap) puts("KTAP version 1\n1..1");
  if (hang_self.variant->setup != NULL) hang_self.variant->setup();
  if (hang_self.alone) hang_alone();
  for (;;) hang_lease();
}

/* ---- The race window: nothing to widen it unless kit/window is linked in. ---- */

/* In setup(), once the victims are there. */
static inline void hang_aimable(const int* tids, int count) {
  const char* widen = hang_text("widen", "none");
  if (hang_self.window.setup != NULL)
    hang_self.window.setup(tids, count);
  else if (strcmp(widen, "none") != 0)
    hang_skip("widen=%s: this program was built without kit/window", widen);
}
/* First in a trial: chooses how it is aimed. */
static inline void hang_aim(void) {
  if (hang_self.window.aim != NULL) hang_self.window.aim();
}
/* The provocation: call(), in which the window opens and closes. `fd`: whose wait queue it wakes.
 */
static inline void hang_fire(void (*call)(void), int fd) {
  if (hang_self.window.fire != NULL)
    hang_self.window.fire(call, fd);
  else
    call();
}
/* The trial came into the window, and won. */
static inline void hang_near(void) {
  if (hang_self.window.near != NULL) hang_self.window.near();
}
/* The plan of this trial, "" without help. */
static inline const char* hang_plan(void) {
  return hang_self.slot->shot.plan;
}

#ifdef __cplusplus
} /* extern "C" */

/* Polls condition() for up to `seconds`. False: it never came. */
template <typename Condition>
bool hang_until(Condition condition, double seconds = 5.0) {
  return hang_until_call([](void* what) -> int { return (*static_cast<Condition*>(what))(); },
                         &condition, seconds) != 0;
}
/* A descriptor that is closed with its owner. */
class hang_fd {
 public:
  hang_fd() = default;
  explicit hang_fd(int fd) : fd_(fd) {}
  ~hang_fd() { reset(); }
  hang_fd(const hang_fd&) = delete;
  hang_fd& operator=(const hang_fd&) = delete;
  operator int() const { return fd_; }
  void reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};
#endif
#pragma GCC diagnostic pop
#endif /* HANG_API */
