// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "board.h"
#include "stage.h"

namespace hangrate::waits {

static bool read_text(const Seat& seat, const char* name, char* text, size_t room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/%s", seat.pid, seat.tid, name);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = file >= 0 ? read(file, text, room - 1) : -1;
  if (file >= 0) close(file);
  text[size > 0 ? size : 0] = '\0';
  return size > 0;
}
static long field(const char* text, const char* name) {
  const char* found = strstr(text, name);
  return found != nullptr ? strtol(found + strlen(name), nullptr, 10) : -1;
}

Look look_at(const Seat& seat) {
  Look look;
  char text[4096];
  if (!read_text(seat, "status", text, sizeof text)) return look;
  const char* state = strstr(text, "\nState:\t");
  look.state = state != nullptr ? state[8] : '\0';
  look.switches = field(text, "\nvoluntary_ctxt_switches:") + field(text, "\nnonvoluntary_ctxt_");
  if (seat.call >= 0 && read_text(seat, "syscall", text, sizeof text))
    look.call = text[0] >= '0' && text[0] <= '9' ? strtol(text, nullptr, 10) : -1;
  return look;
}

bool is_at_rest(const Seat& seat, const Look& look) {
  const bool asleep = look.state == 'S' || look.state == 'D';
  if (seat.call == kMoving) return look.state != '\0' && look.state != 'Z';
  if (seat.call == kStopped) return look.state == 'T' || look.state == 't';
  if (seat.call == kDead) return look.state == 'Z';
  if (seat.call == kExiting) return asleep || look.state == '\0' || look.state == 'Z';
  return asleep && (seat.call == kAnyCall || seat.call == look.call);
}

/// The first task that does not rest, in two looks that agree; -1: all do.
static int first_awake() {
  const int count = std::min(board->seats.load(), static_cast<int>(std::size(board->seat)));
  std::vector<Look> before;
  if (count != board->started) return count;
  for (int index = 0; index < count; ++index) {
    if (board->seat[index].said == 0) return index;
    before.push_back(look_at(board->seat[index]));
    if (!is_at_rest(board->seat[index], before.back())) return index;
  }
  short_nap(20);
  for (int index = 0; index < count; ++index) {
    const Seat& seat = board->seat[index];
    const Look look = look_at(seat);
    const bool same = look == before[static_cast<size_t>(index)];
    if (!is_at_rest(seat, look) || (!same && seat.call != kMoving)) return index;
  }
  return -1;
}

static time_t now_seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}
static constexpr int kPatienceSeconds = 20;

const char* settle() {
  static char text[320];
  const time_t deadline = now_seconds() + kPatienceSeconds;
  int awake = 0;
  while (board->failed == 0 && now_seconds() < deadline) {
    awake = board->played != 0 ? first_awake() : 0;
    if (awake < 0 && board->failed == 0) return "";
    short_nap(2);
  }
  if (board->failed != 0) {
    short_nap(10);  // for the text to be whole
    return board->failure;
  }
  const Seat& seat = board->seat[awake];
  const Look look = look_at(seat);
  snprintf(text, sizeof text,
           "within %d s: %s; %d of %d tasks are there; task %d (%d/%d) in state %c at call %ld, to "
           "rest at %ld",
           kPatienceSeconds, board->played != 0 ? "played" : "the leader is not done",
           board->seats.load(), board->started.load(), awake, seat.pid, seat.tid,
           look.state != '\0' ? look.state : '?', look.call, seat.call.load());
  return text;
}

void await_rest() {
  const time_t deadline = now_seconds() + kPatienceSeconds;
  while (first_awake() >= 0) {
    if (board->failed != 0) _exit(1);
    errno = ETIMEDOUT;
    if (now_seconds() > deadline) fail("the tasks do not come to rest");
    short_nap(2);
  }
}

void await_at(pid_t pid, long call) {
  Seat seat = {};
  seat.pid = seat.tid = pid;
  seat.call = call;
  const time_t deadline = now_seconds() + kPatienceSeconds;
  while (!is_at_rest(seat, look_at(seat))) {
    errno = ETIMEDOUT;
    if (now_seconds() > deadline) fail("a task does not come to rest");
    short_nap(2);
  }
}
void revise_rest(pid_t pid, long call) {
  for (Seat& seat : board->seat)
    if (seat.pid == pid) seat.call = call;
}

std::vector<pid_t> pids() {
  std::vector<pid_t> all;
  all.reserve(std::size(board->seat));
  for (int index = 0; index < board->seats; ++index) all.push_back(board->seat[index].pid);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace hangrate::waits
