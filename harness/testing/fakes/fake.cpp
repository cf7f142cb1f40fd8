// SPDX-License-Identifier: GPL-2.0-or-later
//
// fake: victims that do on purpose what real ones do by accident. Each variant is one way a trial
// can look. repro.json says which of them is a hang; the tests of the supervisor hold it to that.
#include <poll.h>
#include <sys/eventfd.h>

#include "repros/kit/hang.h"

static const int overdue_ms = 11000;  // longer than a supervisor lets a trial run unseen

/// The memory it shares with this worker is sealed: a supervisor would die of a shorter file.
__attribute__((constructor)) static void try_to_shorten() {
  static const char* const names[] = {HANG_SLOT_FD, HANG_SEARCH_FD};
  for (const char* name : names) {
    if (getenv(name) != nullptr && ftruncate(atoi(getenv(name)), 0) == 0) abort();
  }
}

static void nap_ms(long ms) {
  hang_nap(ms * 1000000);
}
static void stay() {
  for (;;) pause();
}

// ---- What a victim does. ----

static hang_fd bell;

static void read_bell() {
  uint64_t value = 0;
  if (read(bell, &value, sizeof value) < 0) _exit(1);
}
static void take_long() {
  nap_ms(hang_number("span_ms", 300));
}
/// Asleep at every look, never for long.
static void nap_often() {
  for (long i = 0; i < hang_number("span_ms", 300) / 2; ++i) nap_ms(2);
}
static void compute() {
  for (volatile bool on = true; on;) {
  }
}
static void stop() {
  raise(SIGSTOP);
}
/// A vfork parent waits in TASK_UNINTERRUPTIBLE|TASK_KILLABLE (kernel/fork.c
/// wait_for_vfork_done(), v5.10 to v7): state D, yet SIGKILL ends it.
static void wait_for_vfork() {
  if (vfork() != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  stay();
}
static void leave_child() {
  if (fork() != 0) return;
  prctl(PR_SET_PDEATHSIG, 0);
  setsid();
  stay();
}

// ---- A trial that waits for its victim. ----

static int victim;     // its pid, 0 once it is reaped
static int named;      // whom a liar names instead, 0: nobody
static int poll_bell;  // 1: claims that the bell is ready, which it is not
static uint32_t claim;

static int over() {
  if (victim > 0 && waitpid(victim, nullptr, WNOHANG) == victim) victim = 0;
  return victim == 0;
}
static void look() {
  hang_victim("victim", named != 0 ? named : victim, 0,
              poll_bell != 0 ? static_cast<int>(bell) : -1, poll_bell != 0 ? POLLIN : 0);
  hang_invariant(claim, "the fake says that its invariant %s",
                 claim == HANG_BROKEN ? "is broken" : "holds");
}
static int ring_bell() {
  const uint64_t one = 1;
  return write(bell, &one, sizeof one) == sizeof one;
}

static void start(void (*deed)()) {
  bell.reset(static_cast<int>(hang_must(eventfd(0, EFD_CLOEXEC), "eventfd")));
  victim = static_cast<int>(hang_must(fork(), "fork"));
  if (victim != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  deed();
  _exit(0);
}
static int await_it(uint32_t invariant) {
  static const hang_wait wait = {over, nullptr, look, ring_bell};
  claim = invariant;
  hang_await(&wait);
  return HANG_CLEAN;
}
static int victim_of(void (*deed)(), uint32_t invariant) {
  start(deed);
  return await_it(invariant);
}

// ---- The search, as kit/window does it, but with certain results. ----

static const hang_shot arms[] = {{"left", 10000}, {"right", 120000}, {"broken", 5000}};

static bool right(const hang_shot& shot) {
  return strcmp(shot.plan, "right") == 0;
}
/// "right" hits each time, "left" never, "broken" is off. What is in the table already stays.
static void offer_arms() {
  hang_search& table = *hang_self.search;
  if (hang_get(&table.count) != 0) return;
  for (size_t i = 0; i < 3; ++i) table.arms[i].shot = arms[i];
  strcpy(table.arms[2].off, "the self-test saw no delay");
  hang_put(&table.count, 3u);
}
static hang_arm* best_arm() {
  hang_search& table = *hang_self.search;
  hang_arm* best = &table.arms[0];
  for (uint32_t i = 0; i < hang_get(&table.count) && i < 3; ++i) {
    if (hang_get(&table.arms[i].hits) > hang_get(&best->hits)) best = &table.arms[i];
  }
  return best;
}
/// Whether the shot of this trial is one that hits.
static bool aim() {
  hang_slot& slot = *hang_self.slot;
  if (slot.replay != 0) {
    snprintf(slot.phase, sizeof slot.phase, "replays %llu",
             static_cast<unsigned long long>(slot.replay_trial));
    slot.shot = slot.replay_shot;
    return right(slot.shot);
  }
  const bool searches = hang_trial() < slot.search_trials;
  hang_phase(searches ? "searches" : "measures");
  hang_arm* arm = searches ? &hang_self.search->arms[hang_trial() % 2] : best_arm();
  slot.shot = arm->shot;
  hang_add(&arm->tries, 1u);
  if (right(slot.shot)) hang_add(&arm->hits, 1u);
  return right(slot.shot);
}

// ---- The variants. ----

static void setup() {
  if (hang_chose("widen", "auto")) offer_arms();
  // As a broken worker may leave it.
  if (hang_chose("widen", "hostile")) {
    memset(static_cast<void*>(hang_self.search), 0xfe, HANG_SEARCH_BYTES);
  }
}
/// Is it this trial's turn to act?
static bool acts(uint64_t turn) {
  hang_phase("fake phase");
  if (hang_chose("widen", "auto") && !aim()) return false;
  if (hang_chose("widen", "hostile")) {
    memset(hang_self.slot->shot.plan, 'A', sizeof hang_self.slot->shot.plan);
    hang_self.slot->shot.delay_ns = 0x4141414141414141;
  }
  return turn % static_cast<uint64_t>(hang_number("every", 1)) == 0;
}

#define FAKE(id, text, act)                                         \
  static int id() {                                                 \
    return acts(hang_trial()) ? static_cast<int>(act) : HANG_CLEAN; \
  }                                                                 \
  HANG_VARIANT(id, text, setup, id)

static int says(const char* what) {
  hang_note("%s", what);
  return HANG_ANOMALY;
}
__attribute__((noreturn)) static int breaks(const char* what) {
  hang_fail("%s", what);
}

FAKE(lost_wakeup, "lost-wakeup", victim_of(read_bell, HANG_BROKEN))
FAKE(hang_then_anomaly, "hang-then-anomaly",
     (victim_of(read_bell, HANG_BROKEN), says("EINTR seen after the wait")))
FAKE(hang_then_fails, "hang-then-fails",
     (victim_of(read_bell, HANG_BROKEN), breaks("cleanup(): Device or resource busy (16)")))
// Busy with something else first.
FAKE(late_parker, "late-parker", (nap_ms(overdue_ms), victim_of(read_bell, HANG_BROKEN)))

static void setup_one_lane() {
  if (hang_lane() != 0) breaks("frobnicate(): only once (16)");
  setup();
}
HANG_VARIANT(one_lane, "one-lane-works", setup_one_lane, lost_wakeup)

static int clean() {
  return acts(hang_trial()), HANG_CLEAN;
}
HANG_VARIANT(clean, "clean", setup, clean)
FAKE(slow, "slow", victim_of(take_long, HANG_BROKEN))
FAKE(restless, "restless", victim_of(nap_often, HANG_BROKEN))
FAKE(elsewhere, "elsewhere", victim_of(stay, HANG_BROKEN))
FAKE(other, "other", victim_of(stay, HANG_HOLDS))
FAKE(wrong_descriptor, "wrong-descriptor", (poll_bell = 1, victim_of(read_bell, HANG_BROKEN)))
FAKE(starved, "starved", victim_of(compute, HANG_BROKEN))

static int stopped_victim() {
  start(stop);
  hang_until([] { return strchr("Tt", hang_state_of(victim)) != nullptr; });
  return await_it(HANG_BROKEN);
}
FAKE(stopped, "stopped", stopped_victim())
FAKE(killable_d, "killable-d", victim_of(wait_for_vfork, HANG_BROKEN))
FAKE(exits, "exits", (_exit(0), 0))
FAKE(crashes, "crashes", (abort(), 0))
FAKE(worker_stuck, "worker-stuck", (stay(), 0))
FAKE(anomaly, "anomaly", says("EINTR seen"))

static void setup_skip() {
  hang_skip("this fake never runs: remedy X");
}
HANG_VARIANT(skip, "skip", setup_skip, clean)
static void setup_fails() {
  breaks("frobnicate(): No such device (19)");
}
HANG_VARIANT(setup_fails, "setup-fails", setup_fails, clean)

/// What this worker got with its birth.
static void tell_inheritance() {
  char text[sizeof hang_self.slot->message] = "";
  size_t used = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    char path[64], target[256] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (readlink(path, target, sizeof target - 1) <= 0 || used >= sizeof text) continue;
    used += static_cast<size_t>(snprintf(text + used, sizeof text - used, "%s ", target));
  }
  for (char** entry = environ; *entry != nullptr && used < sizeof text; ++entry)
    used += static_cast<size_t>(snprintf(text + used, sizeof text - used, "%s ", *entry));
  breaks(text);
}
HANG_VARIANT(tells_inheritance, "tells-inheritance", tell_inheritance, clean)

FAKE(leaves_child, "leaves-child", victim_of(leave_child, HANG_HOLDS))
FAKE(fails, "fails", breaks("frobnicate(): No such device (19)"))

static int skip_later() {
  if (hang_trial() >= 5) hang_skip("no longer: remedy Y");
  return HANG_CLEAN;
}
FAKE(skips_later, "skips-later", skip_later())
FAKE(slow_then_anomaly, "slow-then-anomaly",
     (victim_of(take_long, HANG_HOLDS), says("EINTR seen after the wait")))
FAKE(stuck_after_kill, "stuck-after-kill", (victim_of(stay, HANG_BROKEN), stay(), 0))
FAKE(late_finisher, "late-finisher", (nap_ms(overdue_ms), HANG_CLEAN))

static int kill_supervisor() {
  kill(getppid(), SIGKILL);
  return victim_of(read_bell, HANG_HOLDS);
}
FAKE(kills_supervisor, "kills-supervisor", kill_supervisor())

/// Whose number a liar names: anybody's, or that of one of its own that is dead; 0: the truth.
static int made_up() {
  const long foreign = hang_number("foreign", 0);
  if (foreign != 0) return static_cast<int>(foreign);
  const uint64_t choice = hang_random(6);
  if (choice == 0) return 1;
  if (choice == 1) return getppid();
  if (choice == 2) {
    const pid_t dead = fork();
    if (dead == 0) _exit(0);
    waitpid(dead, nullptr, 0);
    return dead;
  }
  if (choice == 3) return 0;
  // A neighbour: another worker, its tasks, a helper, a stranger.
  const int neighbour = getpid() - 200 + static_cast<int>(hang_random(400));
  return neighbour > 1 ? neighbour : 1;
}
static int lie() {
  start(read_bell);
  named = made_up();
  return await_it(HANG_BROKEN);
}
FAKE(liar, "liar", lie())

static int measure() {
  hang_measure("write 137 B", "B", "63568");
  return HANG_CLEAN;
}
FAKE(measures, "measures", measure())

static int rare() {
  return acts(hang_trial() + 1) ? victim_of(read_bell, HANG_BROKEN) : HANG_CLEAN;
}
HANG_VARIANT(rare, "rare", setup, rare)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
