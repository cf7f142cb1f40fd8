// SPDX-License-Identifier: GPL-2.0-or-later
//
// run-command: the worker of a command. A trial is one execution of it: own session, nothing to
// read, its output in a bounded file. While it lasts, its tasks are looked at now and then; a hang
// is what harness/diagnose proves of them, and then the supervisor looks for itself. What runs to
// its time limit is handed to the supervisor without a proof, but for a command that loops and
// still moves: that one has done its work.
#include <algorithm>
#include <cstring>

#include <linux/close_range.h>
#include <poll.h>
#include <sys/wait.h>

#include "harness/app/command/exit_meaning.h"
#include "harness/app/command/kernel_log.h"
#include "harness/app/command/trial_tasks.h"
#include "harness/diagnose/examine_apart.h"
#include "harness/model/json.h"
#include "harness/model/manifest_check.h"
#include "harness/run/command_manifest.h"
#include "harness/sys/child.h"
#include "harness/waits/wait_words.h"
#include "repros/kit/hang.h"

namespace hangrate {
namespace {

constexpr Nanos kFirstLook = 20 * kMilli;
constexpr Nanos kLongestPause = kSecond;
constexpr Nanos kLongestLook = 15 * kSecond;  // 2100 tasks under load took 2.5 s, a busy guest 6
constexpr Nanos kKillLimit = 2 * kSecond;
constexpr Nanos kLookGap = 10 * kMilli;
/// A loop that has stood still for longer than both at its time limit is not busy.
constexpr Nanos kLongestRound = kSecond;
constexpr Nanos kRoundShare = 10;
/// Memory that is used only as far as it is written to; beyond it a write fails.
constexpr std::size_t kMostOutput = std::size_t{64} << 20;

struct Command {
  std::vector<std::string> words;
  Nanos time_limit = 0;
  int hit_exit = 0;
  bool loops = false;
  std::optional<std::regex> match;
};
Command command;
KernelLog kernel_log;

/// The execution in flight.
struct Execution {
  pid_t pid = 0;
  UniqueFd handle;
  UniqueFd output;
  int status = 0;
  bool ended = false;     ///< the command itself; what it started may be left
  bool looped = false;    ///< it was busy to its time limit, as it should be
  Diagnosis seen;         ///< by the last look
  std::string complaint;  ///< of the kernel, that --match is about
};
Execution execution;

std::string last_line() {
  const std::string tail = output_tail(execution.output.get(), 400);
  const std::size_t end = tail.find_last_not_of("\n ");
  if (end == tail.npos) return "";
  const std::size_t begin = tail.rfind('\n', end) + 1;  // 0 behind npos
  return tail.substr(begin, end + 1 - begin);
}

// ---- What the kit asks. ----

/// The command has ended, and nothing is left of what it started.
int over() {
  if (!execution.ended) {
    const pid_t got = waitpid(execution.pid, &execution.status, WNOHANG);
    execution.ended = got == execution.pid;
    if (!execution.ended) return 0;
  }
  return TrialTasks::reap_but(0) || TrialTasks::kill_all(kMilli) ? 1 : 0;
}

void nap(int64_t ns) {
  if (execution.ended) return hang_nap(std::min<int64_t>(ns, kMilli));
  pollfd end{.fd = execution.handle.get(), .events = POLLIN, .revents = 0};
  const timespec span = to_timespec(ns);
  ppoll(&end, 1, &span, nullptr);
}

/// One look at all that the trial started. True: a hang is proven.
bool find_proof() {
  const std::set<int> pids = TrialTasks::all();
  execution.seen = {};
  if (pids.empty()) return false;
  const auto seen =
      examine_apart({.scope = {.pids = {pids.begin(), pids.end()}, .cgroup = "", .all = false},
                     .signals_are_ours = true,
                     .gap = kLookGap},
                    kLongestLook);
  if (!seen) return false;
  execution.seen = *seen;
  // Where a task of the trial could still send a signal that is handled, it is no proof.
  std::erase_if(execution.seen.proofs, [](const WaitProof& proof) { return proof.only_a_signal; });
  return !execution.seen.proofs.empty();
}

void name_victims(const std::vector<TaskRef>& tasks) {
  const std::set<int> ours = TrialTasks::all();
  for (const TaskRef& task : tasks) {
    if (ours.contains(task.pid)) hang_victim("task", task.pid, task.tid, -1, 0);
  }
}

/// What fits into the slot: the sentence of one task, of several where they sleep.
std::string proof_line(const WaitProof& proof) {
  std::string text = std::string(proof_name(proof.kind)) + ": ";
  if (proof.members.size() == 1) return text + proof.sentences.front();
  const char* between = "";
  for (const TaskRef& task : proof.members) {
    text += between + name_of(task) + " in " + (task.call.empty() ? task.place : task.call);
    between = ", ";
  }
  if (proof.kind == ProofKind::LostWakeUp) return text;
  return text + ": nobody else could end these waits";
}

void look() {
  if (find_proof()) {
    const WaitProof& proof = execution.seen.proofs.front();
    name_victims(proof.members);
    hang_invariant(HANG_BROKEN, "%s", proof_line(proof).c_str());
    return;
  }
  for (const int pid : TrialTasks::all()) hang_victim("task", pid, 0, -1, 0);
  const auto& stuck = execution.seen.stuck;
  hang_invariant(HANG_UNKNOWN, "%s",
                 stuck.empty() ? "no look at it has proven a hang" : stuck.front().why.c_str());
}

int kill_trial() {
  TrialTasks::kill_each();
  return 1;
}

const hang_wait wait_for_end = {over, nap, look, kill_trial};

// ---- One trial. ----

[[noreturn]] void become_command(int out) {
  setsid();
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, 0);
  dup2(out, 1);
  dup2(out, 2);
  close(nothing);
  char number[32];
  snprintf(number, sizeof number, "%llu", static_cast<unsigned long long>(hang_trial()));
  setenv("HANGRATE_TRIAL", number, 1);
  snprintf(number, sizeof number, "%llu", static_cast<unsigned long long>(hang_random(1ull << 53)));
  setenv("HANGRATE_SEED", number, 1);
  for (const char* name :
       {HANG_SLOT_FD, HANG_SEARCH_FD, HANG_BELL_FD, kCommandVariable, kKernelLogVariable}) {
    unsetenv(name);
  }
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  std::vector<char*> words;
  for (std::string& word : command.words) words.push_back(word.data());
  words.push_back(nullptr);
  execvp(words[0], words.data());
  dprintf(2, "%s: %s\n", words[0], strerror(errno));
  _exit(127);
}

void start() {
  execution = {};
  hang_phase("the command runs");
  execution.output = make_output_file("hangrate-output", kMostOutput);
  if (!execution.output) hang_fail("no file for its output: %s", strerror(errno));
  execution.pid = static_cast<pid_t>(hang_must(fork(), "fork"));
  if (execution.pid == 0) become_command(execution.output.get());
  execution.handle.reset(static_cast<int>(syscall(SYS_pidfd_open, execution.pid, 0)));
  if (!execution.handle) hang_fail("pidfd_open: %s", strerror(errno));
}

/// What the kernel said meanwhile is a finding, whatever the command made of it, and whether it
/// ends or not.
bool kernel_complained() {
  if (!command.match || !execution.complaint.empty()) return !execution.complaint.empty();
  if (const auto line = kernel_log.first_match(*command.match)) execution.complaint = *line;
  return !execution.complaint.empty();
}

/// When the trial was last seen to move.
class Movement {
 public:
  explicit Movement(Nanos now) : last_(now) {}
  void look(Nanos now) {
    auto seen = TrialTasks::switches();
    if (seen == seen_ && TrialTasks::all_asleep()) return;
    seen_ = std::move(seen);
    last_ = now;
  }
  Nanos last() const { return last_; }

 private:
  std::map<int, std::uint64_t> seen_;
  Nanos last_;
};

/// The time limit is over.
void end_at_limit(Movement& movement) {
  if (command.loops) movement.look(now_ns());
  const Nanos still = now_ns() - movement.last();
  if (command.loops && still <= std::max(kLongestRound, command.time_limit / kRoundShare)) {
    execution.looped = true;
    return;
  }
  hang_phase("the time limit is over");
  hang_await(&wait_for_end);
}

/// Lets it run, with a look now and then while all of it sleeps: a task that runs hangs nowhere.
void watch() {
  const Nanos begin = now_ns();
  Nanos next = begin + kFirstLook;
  Movement movement(begin);
  while (!over()) {
    TrialTasks::reap_but(execution.pid);  // orphans that came to us
    const Nanos now = now_ns();
    if (now - begin > command.time_limit) {
      if (!kernel_complained()) end_at_limit(movement);
      return;
    }
    if (now < next) {
      nap(std::min(next, begin + command.time_limit + 1) - now);
      continue;
    }
    if (kernel_complained()) return;
    if (TrialTasks::all_asleep() && find_proof()) return hang_await(&wait_for_end);
    if (command.loops) movement.look(now_ns());
    next = now_ns() + std::clamp((now_ns() - begin) / 4, kFirstLook, kLongestPause);
  }
}

int outcome() {
  const bool complained = kernel_complained();
  if (hang_parked()) return HANG_CLEAN;  // the supervisor saw more
  if (complained) {
    hang_note("the kernel logged: %s", execution.complaint.c_str());
    return HANG_ANOMALY;
  }
  if (kernel_log.lost()) {
    hang_note("the kernel logged more than was kept, and what was lost may have matched");
    return HANG_INCONCLUSIVE;
  }
  if (execution.looped) return HANG_CLEAN;
  if (lseek(execution.output.get(), 0, SEEK_CUR) >= static_cast<off_t>(kMostOutput)) {
    hang_note("it wrote more than 64 MiB, and what it then said of a failed write is no finding");
    return HANG_INCONCLUSIVE;
  }
  const CommandEnd end = meaning_of(execution.status, command.hit_exit);
  const std::string line = last_line();
  const char* behind = line.empty() ? "" : ": ";
  switch (end.means) {
    case EndMeans::Clean:
      return HANG_CLEAN;
    case EndMeans::Skip:
      hang_skip("it %s%s%s", end.text.c_str(), behind, line.c_str());
    case EndMeans::CannotStart:
      hang_fail("it cannot be executed: it %s%s%s", end.text.c_str(), behind, line.c_str());
    case EndMeans::Reproduced:
    case EndMeans::Nothing:
      break;
  }
  hang_note("it %s%s%s", end.text.c_str(), behind, line.c_str());
  return end.means == EndMeans::Reproduced ? HANG_ANOMALY : HANG_INCONCLUSIVE;
}

int trial() {
  start();
  watch();
  const bool killed = TrialTasks::kill_all(kKillLimit);
  if (!killed && !kernel_complained()) {
    hang_note("what it started is left behind: it cannot be killed");
    return HANG_INFRA;
  }
  return outcome();
}

void setup() {
  if (command.match && !kernel_log.open()) {
    hang_skip("the kernel's log (/dev/kmsg) cannot be read, and --match needs it");
  }
  if (!TrialTasks::adopt_orphans()) hang_fail("PR_SET_CHILD_SUBREAPER: %s", strerror(errno));
}

bool read_command() {
  const char* text = getenv(kCommandVariable);
  const auto json = text != nullptr ? parse_json(text) : fail(Error::usage("none"));
  if (!json || !json->contains("exec")) return false;
  command.words = (*json)["exec"].get<std::vector<std::string>>();
  command.time_limit = json->value("time_limit_s", 60) * kSecond;
  command.hit_exit = json->value("hit_exit", 0);
  command.loops = json->value("loops", false);
  const std::string match = json->value("match", "");
  if (!fault_of_pattern(match).empty()) return false;
  if (!match.empty()) command.match.emplace(match);
  const char* log = getenv(kKernelLogVariable);
  kernel_log.follow(log != nullptr ? atoi(log) : -1);
  return !command.words.empty();
}

}  // namespace
}  // namespace hangrate

int main(int argc, char** argv) {
  if (!hangrate::read_command() || argc < 2) {
    fprintf(stderr, "run-command is started by hangrate run --exec COMMAND\n");
    return HANG_EXIT_USAGE;
  }
  static hang_variant variant = {argv[1], hangrate::setup, hangrate::trial, nullptr};
  hang_self.variants = &variant;
  return hang_main(argc, argv);
}
