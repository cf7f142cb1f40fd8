// SPDX-License-Identifier: GPL-2.0-or-later
//
// wait_cases: hung and healthy states of tasks, one pair for every way to wait, for tests of what
// tells them apart.
//
//   wait_cases --list    one line of JSON per case
//   wait_cases NAME      sets it up, prints "ready PID..." once every task is seen at rest, twice,
//                        and stays until SIGTERM or the end of its standard input; exit 0
//
// Exit 1: the case could not be made, or something of it is left; 4: it needs what is not here.
// This process holds nothing of a case: its own ends are standard input and output, a signalfd and
// a pidfd, and every task of the case has closed them. It maps the stage's page of memory, as they
// all do.
#include <string>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "corner.h"
#include "stage.h"

namespace hangrate::waits {
namespace {

int list_cases() {
  for (const Case& each : all_cases())
    printf("{\"name\":\"%s\",\"expect\":\"%s\",\"signal\":%s,\"needs\":\"%s\",\"tasks\":\"%s\"}\n",
           each.name, each.expect, each.signal ? "true" : "false", each.needs, each.tasks);
  return 0;
}

bool has_word(const char* words, const char* word) {
  return strstr(words, word) != nullptr;
}
/// "": the machine has what the case needs.
const char* missing(const Case& which) {
  if (has_word(which.needs, "root") && geteuid() != 0) return "needs root";
  if (has_word(which.needs, "bash") && access("/bin/bash", X_OK) != 0) return "needs bash";
  if (has_word(which.needs, "io_uring") && syscall(SYS_io_uring_setup, 1, nullptr) < 0 &&
      errno != EFAULT)
    return "needs io_uring";
  if (has_word(which.needs, "fuse")) return make_corner();
  return "";
}

/// Until we are told to end, or the leader dies, which it does not by itself.
void stay(pid_t leader, int signals) {
  pollfd waits[] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}, {-1, POLLIN, 0}};
  waits[2].fd = static_cast<int>(syscall(SYS_pidfd_open, leader, 0));
  for (char bytes[256];;) {
    if (poll(waits, 3, -1) < 0) return;
    if (waits[1].revents != 0 || waits[2].revents != 0) return;
    if (waits[0].revents != 0 && read(STDIN_FILENO, bytes, sizeof bytes) <= 0) return;
  }
}

int show(const Case& which) {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ends, number);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  const char* lack = missing(which);
  if (*lack != '\0') return fprintf(stderr, "wait_cases: %s: %s\n", which.name, lack), 4;
  open_stage();
  const int signals = signalfd(-1, &ends, SFD_CLOEXEC);
  if (has_word(which.needs, "fuse")) start_guard();
  const pid_t leader = play(which);
  const char* wrong = leader < 0 ? "fork" : settle();
  if (*wrong != '\0') {
    fprintf(stderr, "wait_cases: %s: %s\n", which.name, wrong);
  } else {
    std::string line = "ready";
    for (const pid_t pid : pids()) line += ' ' + std::to_string(pid);
    line += '\n';
    if (write(STDOUT_FILENO, line.data(), line.size()) > 0) stay(leader, signals);
  }
  const bool clean = clear_stage();
  if (!clean) fprintf(stderr, "wait_cases: %s: something is left\n", which.name);
  return *wrong == '\0' && clean ? 0 : 1;
}

}  // namespace
}  // namespace hangrate::waits

int main(int argc, char** argv) {
  using namespace hangrate::waits;
  if (argc == 2 && strcmp(argv[1], "--list") == 0) return list_cases();
  for (const Case& each : all_cases())
    if (argc == 2 && strcmp(argv[1], each.name) == 0) return show(each);
  fputs("usage: wait_cases --list | NAME\n", stderr);
  return 2;
}
