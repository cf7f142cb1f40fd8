// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the wait cases are written with. A case is played by a leader process, in a session of its
// own; it starts tasks, and each of them says in which call it will rest before it makes it. All of
// this goes through a page of shared memory and not through a descriptor: a pipe or a socket of the
// stage would be one more object that somebody holds.
#pragma once

#include <functional>
#include <initializer_list>
#include <vector>

#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate::waits {

/// One state of the world that a judge of hangs is shown.
struct Case {
  const char* name;
  /// What a right judge says of its tasks: "deadlock", "orphaned", "lost-wake-up", "spinning",
  /// "stuck" (known too little), "none"; alternatives, the best first, with '|' between.
  const char* expect;
  bool signal;        ///< only the handler of a caught signal could help
  const char* needs;  ///< "", or words of root, fuse, io_uring, bash, dd
  const char* tasks;  ///< who waits for what
  void (*play)();     ///< the leader's part: starts the tasks, returns
};

/// The cases of one file; they are found because they exist.
struct Family {
  explicit Family(std::initializer_list<Case> cases);
};
const std::vector<Case>& all_cases();

/// Where a task rests: the number of a system call, or one of these.
constexpr long kAnyCall = -1;  ///< asleep, in a call that is not asked for
constexpr long kStopped = -2;
constexpr long kMoving = -3;   ///< it need only live
constexpr long kDead = -4;     ///< a zombie
constexpr long kExiting = -5;  ///< asleep, dead or gone: the case has seen that it is being killed
#ifdef SYS_poll
constexpr long kPoll = SYS_poll, kPause = SYS_pause, kEpollWait = SYS_epoll_wait,
               kVfork = SYS_vfork;
#else  // machines without the calls of old
constexpr long kPoll = SYS_ppoll, kPause = SYS_ppoll, kEpollWait = SYS_epoll_pwait,
               kVfork = SYS_clone;
#endif

/// Starts a child that keeps no descriptors but `keeps`, and rests at `call` in `act`, which does
/// not return. Its pid, for its parent.
pid_t start(long call, std::vector<int> keeps, const std::function<void()>& act);
/// The same for a thread of the calling process. Shares its descriptors.
void start_thread(long call, std::function<void()> act);
/// The calling task, already there, will rest at `call`. For a task that start() did not make.
void expect_rest(long call);
/// One more task will say so by expect_rest().
void expect_task();
/// For whoever must come after others: waits until all tasks named so far rest.
void await_rest();
/// The same for one process, whatever it has named.
void await_at(pid_t pid, long call);
/// What the tasks of process `pid` have named holds no more.
void revise_rest(pid_t pid, long call);

void keep_only(std::vector<int> keeps);
/// Asleep for as long as the case stands, with a deadline: it moves by itself.
[[noreturn]] void nap();
/// Asleep without a deadline; any signal would end it.
[[noreturn]] void rest();
/// On the way; in poll(2), so that it is not taken for nap().
void short_nap(int milliseconds);

/// Ends the case with the reason. Passes `value` on unless it is negative.
[[noreturn]] void fail(const char* operation);
long must(long value, const char* operation);

struct Ends {
  int read = -1, write = -1;
};
Ends make_pipe();
struct Pair {
  int one = -1, other = -1;
};
Pair make_pair(int type);
/// Makes descriptors nonblocking, writes until no more fits, and makes them blocking again.
void fill(int fd);
/// One byte, which is not to come.
void read_byte(int fd);
void write_byte(int fd);
[[noreturn]] void wait_for(pid_t child);

/// A folder that goes with the case.
const char* folder();
/// What must be undone when the case ends: an IPC object, a FUSE connection.
void owes_messages(int id);
void owes_semaphores(int id);
void owes_connection(int number);

/// In the controller: the leader and what it has started.
void open_stage();
pid_t play(const Case& which);
/// Aborts what was owed if the controller itself is killed: a daemon wedged in its exit would stay.
void start_guard();
/// "": all tasks rest. Else what is wrong.
const char* settle();
std::vector<pid_t> pids();
/// Kills and undoes all; false if something is left.
bool clear_stage();

}  // namespace hangrate::waits
