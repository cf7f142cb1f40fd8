// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stream of pipeline_resize: a file that gpg and zstd made, encrypted to a throw-away key, and
// the processes of the pipeline that read it, found by what /proc says of them.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../kit/hang.h"

/// More than all pipes and buffers on its way hold, so that gpg waits too.
static const long kStreamBytes = 4 << 20;
static const int kLargePipe = 1 << 20;  // fs.pipe-max-size

/// FNV-1a over 64 bits; 0: nothing yet.
inline uint64_t stream_sum(uint64_t sum, const char* bytes, size_t count) {
  if (sum == 0) sum = 0xcbf29ce484222325u;
  for (size_t i = 0; i < count; ++i) {
    sum = (sum ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3u;
  }
  return sum;
}
struct stream_received {  // of a stream, by whoever reads it
  std::atomic<int64_t> bytes;
  std::atomic<uint64_t> sum;
  std::atomic<int> refused;  // the errno of the resize
};
/// Reads until so many bytes have come, or the end.
inline void stream_receive(int fd, long until, stream_received* received) {
  static char buffer[1 << 16];
  while (received->bytes < until) {
    const size_t left = static_cast<size_t>(until - received->bytes);
    const ssize_t n = read(fd, buffer, left < sizeof buffer ? left : sizeof buffer);
    if (n <= 0) return;
    received->sum = stream_sum(received->sum, buffer, static_cast<size_t>(n));
    received->bytes += n;
  }
}
inline uint64_t& stream_expected() {
  static uint64_t sum = 0;
  return sum;
}

inline char* stream_folder() {
  static char folder[128];
  return folder;
}
/// The encrypted file, open from its start.
inline int stream_file() {
  char path[160];
  snprintf(path, sizeof path, "%s/stream.zst.gpg", stream_folder());
  return static_cast<int>(hang_must(open(path, O_RDONLY | O_CLOEXEC), path));
}

/// Runs `script` by bash with $GNUPGHOME; 127: there is no bash.
inline int stream_shell(const char* script) {
  int status = 0;
  const int pid = static_cast<int>(hang_must(fork(), "fork"));
  if (pid == 0) {
    execlp("bash", "bash", "-c", script, static_cast<char*>(nullptr));
    _exit(127);
  }
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return 128;
  return WEXITSTATUS(status);
}
/// Waits until the worker is dead, and leaves nothing of the key. In a session of its own, so that
/// ^C does not end it before.
inline void stream_keeper_start() {
  int ends[2];
  hang_must(pipe(ends), "pipe");  // no task but the worker has the write end beyond its exec
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  if (hang_must(fork(), "fork") == 0) {
    setsid();
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    execlp("bash", "bash", "-c", "read; gpgconf --kill all 2>/dev/null; rm -rf \"$GNUPGHOME\"",
           static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[0]);
}
/// Once per worker.
inline void stream_setup() {
  static char plain[kStreamBytes];
  int ends[2];
  hang_must(pipe2(ends, O_CLOEXEC), "pipe2");
  if (fcntl(ends[0], F_SETPIPE_SZ, kLargePipe) < 0)
    hang_skip("a pipe may not have %d bytes here: %s", kLargePipe, strerror(errno));
  close(ends[0]);
  close(ends[1]);
  if (stream_shell("type gpg gpg-agent zstd zstdcat >/dev/null 2>&1") != 0) {
    hang_skip("it needs bash, gpg with its agent, and zstd");
  }
  snprintf(stream_folder(), 128, "/tmp/%.100s-gpg-XXXXXX", hang_mark());
  if (mkdtemp(stream_folder()) == nullptr) hang_fail("mkdtemp: %s", strerror(errno));
  setenv("GNUPGHOME", stream_folder(), 1);
  stream_keeper_start();
  for (char& byte : plain) byte = static_cast<char>(hang_random(256));
  stream_expected() = stream_sum(0, plain, sizeof plain);
  char path[160];
  snprintf(path, sizeof path, "%s/plain", stream_folder());
  hang_fd file(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (write(file, plain, sizeof plain) != static_cast<ssize_t>(sizeof plain)) {
    hang_fail("write(%s): %s", path, strerror(errno));
  }
  const int code = stream_shell(
      "exec 2>\"$GNUPGHOME\"/log; cd \"$GNUPGHOME\" &&"
      "gpg -q --batch --passphrase '' --quick-generate-key x@example.org future-default - never &&"
      "zstd -q -c plain | gpg -q --batch --trust-model always -e -r x@example.org "
      "-o stream.zst.gpg");
  if (code != 0) hang_fail("no encrypted file could be made: code %d", code);
}

/// State of a task by proc_pid_stat(5), and more of that line if wanted; 0: there is none.
inline char stream_state(int pid, char* name = nullptr, int* group = nullptr) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  const hang_fd file(open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t n = file < 0 ? 0 : read(file, line, sizeof line - 1);
  if (n <= 0) return 0;
  line[n] = '\0';
  char *open_mark = strchr(line, '('), *behind = strrchr(line, ')'), state = 0;
  int parent = 0, of_group = 0;
  if (open_mark == nullptr || behind == nullptr) return 0;
  if (sscanf(behind + 1, " %c %d %d", &state, &parent, &of_group) != 3) return 0;
  *behind = '\0';
  if (name != nullptr) snprintf(name, 16, "%.15s", open_mark + 1);
  if (group != nullptr) *group = of_group;
  return state;
}
/// The process of this name in the group; 0: none.
inline int stream_member(int group, const char* name) {
  DIR* folder = group > 0 ? opendir("/proc") : nullptr;
  int found = 0;
  if (folder == nullptr) return 0;
  while (const dirent* entry = readdir(folder)) {
    char its_name[16] = "";
    int its_group = 0, pid = atoi(entry->d_name);
    if (pid <= 0 || stream_state(pid, its_name, &its_group) == 0) continue;
    if (its_group == group && strcmp(its_name, name) == 0) found = pid;
  }
  closedir(folder);
  return found;
}
/// The thread of a process that sleeps in write(2) to `fd`; 0: none does.
inline int stream_thread_in_write(int process, int fd) {
  char path[320];
  snprintf(path, sizeof path, "/proc/%d/task", process);
  DIR* folder = opendir(path);
  int found = 0;
  if (folder == nullptr) return 0;
  while (const dirent* entry = readdir(folder)) {
    char line[128];
    long call = -1;
    unsigned long first = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%s/syscall", process, entry->d_name);
    const hang_fd file(open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t n = file < 0 ? 0 : read(file, line, sizeof line - 1);
    if (n <= 0) continue;
    line[n] = '\0';  // "running", or the number and the arguments
    if (sscanf(line, "%ld %lx", &call, &first) != 2 || call != SYS_write) continue;
    if (first == static_cast<unsigned long>(fd)) found = atoi(entry->d_name);
  }
  closedir(folder);
  return found;
}

/// What `strace -p` does first. True: `traced` is `pid`, and will stop.
inline bool stream_attach(int* traced, int pid) {
  if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return false;
  *traced = pid;
  return ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0;
}
/// Lets it go on once it has stopped, since it cannot be let go before. True: nobody is traced.
inline bool stream_detached(int* traced) {
  if (*traced == 0) return true;
  const char state = stream_state(*traced);
  if (state == 't') {
    waitpid(*traced, nullptr, WNOHANG);
    if (ptrace(PTRACE_DETACH, *traced, nullptr, nullptr) == 0) *traced = 0;
  } else if (state == 'Z' || state == 0) {
    *traced = 0;
  }
  return *traced == 0;
}
/// The wait status of a child that has ended and is not reaped; else it stays as it is.
inline void stream_end_of(int pid, int* status) {
  siginfo_t end;
  memset(&end, 0, sizeof end);
  if (waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT) != 0) return;
  if (end.si_pid == pid) *status = end.si_code == CLD_EXITED ? end.si_status << 8 : end.si_status;
}
