// SPDX-License-Identifier: GPL-2.0-or-later
//
// sleepers: a corpus of healthy sleeps that last for seconds and end by themselves, as a slow
// server, a poll loop or a lock handed over late make them. The tests of the supervisor demand that
// none of them is a hang, whatever this program says of its invariant, and that nobody signals one.
// Two variants must be noticed: one whose wake-up is lost, and one that stands still with nothing
// broken.
//
// What became of every sleeper, as its parent saw it, is one line each in the file that
// HANGRATE_SLEEPERS_LEDGER names, so that a test can compare it with the supervisor's records:
//   begin TRIAL KIND SPAN_MS PID        lever TRIAL        left-out KIND REASON...
//   stopped TRIAL     continued TRIAL   end TRIAL KIND exit CODE      end TRIAL KIND signal NUMBER
#include <new>

#include <sys/file.h>

#include "harness/testing/sleepers/late_server.h"
#include "harness/testing/sleepers/sleep_kind.h"

static bool ends_by_itself, wake_up_lost;  // else it stands still
static const KindFacts* chosen[kind_count];
static uint64_t chosen_count;

static const KindFacts* facts;  // of the sleep of this trial
static int64_t span;
static Stage* stage;
static LateServer server;
static hang_fd lock_file;
static int holder, sleeper, status;

HANG_PRINTF(1) static void ledger(const char* format, ...) {
  static const char* const path = getenv("HANGRATE_SLEEPERS_LEDGER");
  static const int file = path != nullptr ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
  char line[512];
  HANG_SAY(line, format);
  if (file >= 0) dprintf(file, "%s\n", line);
}

static unsigned long long trial_number() {
  return hang_trial();
}

/// Does it say of a sleep that ends by itself that it never will?
static bool lies() {
  return ends_by_itself && hang_chose("claims", "broken");
}

// ---- Setup. ----

/// Why a kind cannot be had or is not wanted; "": it can.
static std::string reason_against(const KindFacts& kind, const std::string& no_fuse) {
  // A lie about a wait whose end nobody can see is believed: that is the reproducer's duty.
  if (lies() && kind.end != End::OwnDeadline) return "its deadline is not to be seen";
  return kind.fuse ? no_fuse : "";
}

static void choose(const char* wanted) {
  const bool all = strcmp(wanted, "all") == 0;
  const std::string no_fuse = all || strncmp(wanted, "fuse", 4) == 0 ? LateServer::prepare() : "";
  for (const KindFacts& kind : kinds) {
    if (!all && strcmp(kind.name, wanted) != 0) continue;
    const std::string why = reason_against(kind, no_fuse);
    if (why.empty()) chosen[chosen_count++] = &kind;
    if (why.empty()) continue;
    if (!all) hang_skip("%s: %s", kind.name, why.c_str());
    ledger("left-out %s %s", kind.name, why.c_str());
  }
}

static void setup() {
  void* memory =
      mmap(nullptr, sizeof(Stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) hang_must(-1, "mmap");
  stage = static_cast<Stage*>(memory);
  wake_up_lost = hang_is("lost-wakeup");
  ends_by_itself = hang_is("healthy");
  choose(hang_text("kind", "all"));
}

// ---- One trial. ----

static int64_t wait_span() {
  return ends_by_itself ? span : no_end;
}

static void become_holder(int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (flock(fd, LOCK_EX) != 0) _exit(1);
  hold(wait_span(), *stage);
  _exit(0);
}

/// Makes a lock and has somebody hold it.
static void hold_lock() {
  char path[64];
  lock_file.reset(static_cast<int>(hang_must(memfd_create("lock", MFD_CLOEXEC), "memfd_create")));
  snprintf(path, sizeof path, "/proc/self/fd/%d", static_cast<int>(lock_file));
  const hang_fd other(static_cast<int>(hang_must(open(path, O_RDWR | O_CLOEXEC), "open the lock")));
  holder = static_cast<int>(hang_must(fork(), "fork"));
  if (holder == 0) become_holder(other);
}

static void become_sleeper() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int fd = lock_file;
  if (facts->fuse) {
    server.let_go();  // our copy of its descriptor would keep the connection alive
    fd = open(LateServer::served_file(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) _exit(FAILED);
  }
  _exit(sleep_in(facts->kind, wait_span(), *stage, fd));
}

static void note_change() {
  if (WIFSTOPPED(status)) return ledger("stopped %llu", trial_number());
  if (WIFCONTINUED(status)) return ledger("continued %llu", trial_number());
  sleeper = 0;
  ledger("end %llu %s %s %d", trial_number(), facts->name, WIFEXITED(status) ? "exit" : "signal",
         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}
static int over() {
  while (sleeper > 0 && waitpid(sleeper, &status, WNOHANG | WUNTRACED | WCONTINUED) == sleeper)
    note_change();
  return sleeper == 0;
}

static void look() {
  hang_victim("sleeper", sleeper, 0, -1, 0);
  if (server.pid() > 0) hang_partner("server", server.pid(), 0);
  if (holder > 0) hang_partner("holder", holder, 0);
  if (wake_up_lost && facts->fuse)
    hang_invariant(HANG_BROKEN, "its server is gone, and the sleeper waits for an answer");
  else if (wake_up_lost)
    hang_invariant(HANG_BROKEN, "its wake-up was given to nobody, and it sleeps");
  else if (lies())
    hang_invariant(HANG_BROKEN, "a lie: the wait ends by itself");
  else if (hang_chose("claims", "unknown"))
    hang_invariant(HANG_UNKNOWN, "nothing is known");
  else
    hang_invariant(HANG_HOLDS, "whoever is to end the wait lives");
}

static int pull() {
  if (hang_chose("lever", "none")) return 0;
  ledger("lever %llu", trial_number());
  hang_put(&stage->let_go, 1u);
  hang_futex_wake(&stage->let_go, 0);
  if (facts->fuse && wake_up_lost) server.let_go();
  if (facts->kind == Kind::Flock || facts->fuse) return 1;
  return kill(sleeper, lever_signal()) == 0;
}

static bool held() {
  return hang_get(&stage->held) != 0;
}

/// Who is to end the sleep begins: the server, or the holder of the lock.
static void begin() {
  if (facts->fuse) server.start(facts->kind, wait_span(), *stage);
  if (facts->kind != Kind::Flock) return;
  hold_lock();
  if (!hang_until(held)) hang_fail("nobody locks");
}

static void clean_up() {
  if (holder > 0) {
    kill(holder, SIGKILL);
    hang_until([] { return waitpid(holder, nullptr, WNOHANG) == holder; });
    holder = 0;
  }
  lock_file.reset();
  server.clean_up();
}

/// A sleeper that did not end as it was to is an anomaly, however the supervisor judged it.
static int account() {
  const bool exited = WIFEXITED(status);
  const int ended = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  if (exited && ended == (ends_by_itself ? BY_ITSELF : BY_LEVER)) return HANG_CLEAN;
  hang_note("%s: the sleeper %s %d", facts->name,
            exited ? "ended with status" : "was ended by signal", ended);
  return HANG_ANOMALY;
}

static int trial() {
  static const hang_wait wait = {over, nullptr, look, pull};
  const long shortest = hang_number("shortest_ms", 3000);
  const long most = hang_number("span_ms", 6000);
  const long longest = most > shortest ? most : shortest;
  facts = chosen[hang_trial() % chosen_count];
  span =
      (shortest + static_cast<long>(hang_random(static_cast<uint64_t>(longest - shortest + 1)))) *
      1000000;
  hang_phase(facts->name);
  new (stage) Stage();
  status = 0;
  begin();
  sleeper = static_cast<int>(hang_must(fork(), "fork"));
  if (sleeper == 0) become_sleeper();
  ledger("begin %llu %s %lld %d", trial_number(), facts->name,
         static_cast<long long>(span / 1000000), sleeper);
  if (wake_up_lost && facts->fuse) {
    if (!hang_until(held)) hang_fail("the server got no request");
    server.lose();
  }
  hang_await(&wait);
  clean_up();
  return account();
}

HANG_VARIANT(healthy, "healthy", setup, trial)
HANG_VARIANT(lost_wakeup, "lost-wakeup", setup, trial)
HANG_VARIANT(stands_still, "stands-still", setup, trial)

int main(int argc, char** argv) {
  return hang_main(argc, argv);
}
