// SPDX-License-Identifier: GPL-2.0-or-later
#include "stage.h"

#include <algorithm>
#include <thread>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "board.h"

namespace hangrate::waits {

Board* board = nullptr;

static std::vector<Case>& registered() {
  static std::vector<Case> cases;
  return cases;
}
Family::Family(std::initializer_list<Case> cases) {
  registered().insert(registered().end(), cases);
}
const std::vector<Case>& all_cases() {
  return registered();
}

void fail(const char* operation) {
  const int error = errno;
  if (board->failed.exchange(1) == 0) {
    snprintf(board->failure, sizeof board->failure, "%s: %s (%d)", operation, strerror(error),
             error);
    board->failed = 2;
  }
  _exit(1);
}
long must(long value, const char* operation) {
  if (value < 0) fail(operation);
  return value;
}

/// Our pid as the controller sees it, whatever pid namespace we are in: by the /proc we inherited.
static int own_pid() {
  char text[16] = "";
  must(readlink("/proc/self", text, sizeof text - 1), "readlink(/proc/self)");
  return atoi(text);
}
void expect_task() {
  ++board->started;
}
void expect_rest(long call) {
  const int index = board->seats++;
  const int pid = own_pid();
  if (index >= static_cast<int>(std::size(board->seat))) fail("more tasks than seats");
  Seat& seat = board->seat[index];
  seat.pid = pid;
  // Threads of nested pid namespaces are not told apart.
  seat.tid = getpid() == pid ? static_cast<int>(gettid()) : pid;
  seat.call = call;
  seat.said = 1;
}

void keep_only(std::vector<int> keeps) {
  std::sort(keeps.begin(), keeps.end());
  unsigned from = 0;
  for (const int fd : keeps) {
    if (fd < 0) continue;
    const unsigned number = static_cast<unsigned>(fd);
    if (number > from) must(close_range(from, number - 1, 0), "close_range");
    from = std::max(from, number + 1);
  }
  must(close_range(from, ~0U, 0), "close_range");
}

pid_t start(long call, std::vector<int> keeps, const std::function<void()>& act) {
  expect_task();
  const pid_t pid = static_cast<pid_t>(must(fork(), "fork"));
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  keep_only(std::move(keeps));
  expect_rest(call);
  act();
  errno = 0;
  fail("a task came back from its call");
}
void start_thread(long call, std::function<void()> act) {
  expect_task();
  std::thread([call, act = std::move(act)] {
    expect_rest(call);
    act();
  }).detach();
}

void short_nap(int milliseconds) {
  while (poll(nullptr, 0, milliseconds) > 0) continue;
}
void nap() {
  const timespec hour = {3600, 0};
  for (;;) nanosleep(&hour, nullptr);
}
void rest() {
  for (;;) pause();
}

Ends make_pipe() {
  int ends[2];
  must(pipe2(ends, O_CLOEXEC), "pipe2");
  return {ends[0], ends[1]};
}
Pair make_pair(int type) {
  int ends[2];
  must(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {ends[0], ends[1]};
}
void fill(int fd) {
  static const char bytes[4096] = {};
  const int flags = static_cast<int>(must(fcntl(fd, F_GETFL), "F_GETFL"));
  must(fcntl(fd, F_SETFL, flags | O_NONBLOCK), "F_SETFL");
  for (ssize_t size = sizeof bytes; size > 0;) {
    while (write(fd, bytes, static_cast<size_t>(size)) > 0) continue;
    if (errno != EAGAIN) fail("write");
    size /= 2;
  }
  must(fcntl(fd, F_SETFL, flags), "F_SETFL");
}
void read_byte(int fd) {
  char byte;
  must(read(fd, &byte, 1), "read");
}
void write_byte(int fd) {
  must(write(fd, "x", 1), "write");
}
void wait_for(pid_t child) {
  must(waitpid(child, nullptr, 0), "waitpid");
  errno = 0;
  fail("a child that was to hang has ended");
}

const char* folder() {
  if (board->folder[0] == '\0') {
    char name[] = "/tmp/wait-case-XXXXXX";
    if (mkdtemp(name) == nullptr) fail("mkdtemp");
    memcpy(board->folder, name, sizeof name);
  }
  return board->folder;
}
void owes_messages(int id) {
  board->messages = id + 1;
}
void owes_semaphores(int id) {
  board->semaphores = id + 1;
}
void owes_connection(int number) {
  board->connection = number;
}

}  // namespace hangrate::waits
