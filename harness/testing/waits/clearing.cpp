// SPDX-License-Identifier: GPL-2.0-or-later
//
// The controller's part: it starts the leader, and at the end nothing of the case is left.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>

#include "board.h"
#include "stage.h"

namespace hangrate::waits {

void open_stage() {
  void* memory =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) abort();
  board = static_cast<Board*>(memory);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // whoever loses its parent comes to us
}

pid_t play(const Case& which) {
  const pid_t leader = fork();
  if (leader != 0) return leader;
  sigset_t none;
  sigemptyset(&none);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setsid();
  keep_only({});
  which.play();
  keep_only({});
  board->played = 1;
  rest();
}

/// The parent by `status`: `stat` of a task in execve can block.
static pid_t parent_of(const char* pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%.20s/status", pid);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
  if (file >= 0) close(file);
  text[size > 0 ? size : 0] = '\0';
  const char* found = strstr(text, "\nPPid:");
  return found != nullptr ? static_cast<pid_t>(strtol(found + 6, nullptr, 10)) : -1;
}
static void kill_children() {
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return;
  while (const dirent* entry = readdir(processes)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    // A child that is ours is not reaped by anybody else: its pid stays its own.
    if (parent_of(entry->d_name) == getpid()) kill(atoi(entry->d_name), SIGKILL);
  }
  closedir(processes);
}

/// A request that is answered by nobody holds its task even against SIGKILL.
static void abort_connection() {
  char path[96];
  if (board->connection == 0) return;
  snprintf(path, sizeof path, "/sys/fs/fuse/connections/%d/abort", board->connection.load());
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file >= 0 && write(file, "1", 1) != 1) perror(path);
  if (file >= 0) close(file);
}
void start_guard() {
  const pid_t controller = getpid();
  if (fork() != 0) return;
  sigset_t death;
  int number;
  sigemptyset(&death);
  sigaddset(&death, SIGTERM);
  sigprocmask(SIG_BLOCK, &death, nullptr);
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  close_range(0, ~0U, 0);
  while (getppid() == controller) sigwait(&death, &number);
  abort_connection();
  _exit(0);
}

static void remove_folder() {
  char path[160];
  if (board->folder[0] == '\0') return;
  for (const char* name : {"fifo", "socket", "file", "other"}) {
    snprintf(path, sizeof path, "%s/%s", board->folder, name);
    unlink(path);
  }
  if (rmdir(board->folder) != 0) perror(board->folder);
}

bool clear_stage() {
  constexpr int kRounds = 2500;
  abort_connection();
  bool childless = false;
  for (int round = 0; round < kRounds && !childless; ++round) {
    kill_children();
    abort_connection();
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    childless = waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
    if (!childless) short_nap(4);
  }
  if (board->messages != 0) msgctl(board->messages - 1, IPC_RMID, nullptr);
  if (board->semaphores != 0) semctl(board->semaphores - 1, 0, IPC_RMID);
  remove_folder();
  return childless;
}

}  // namespace hangrate::waits
