// SPDX-License-Identifier: GPL-2.0-or-later
//
// fault_layer: a library to be preloaded into hangrate that makes one call on its files fail, for
// scripts/soak-faults. Only the process it is loaded into first is harmed, not what that starts.
//
//   HANGRATE_FAULT        "OP:K:ERRNO": the K-th call of a kind fails, e.g. "write:3:28". ERRNO 0:
//                         it succeeds, but a write takes one byte only. "none:0:0": nothing fails.
//   HANGRATE_FAULT_UNDER  absolute path: only calls on files in there count
//   HANGRATE_FAULT_LOG    gets "fired OP K PATH", and at the end "count OP N" for every kind
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum op { OPEN, MKDIR, WRITE, READ, FSYNC, FDATASYNC, RENAME, CLOSE, FTRUNCATE, FSTAT, OPS };
static const char* const names[OPS] = {"open",      "mkdir",  "write", "read",      "fsync",
                                       "fdatasync", "rename", "close", "ftruncate", "fstat"};

static int counts[OPS];
static int wanted = -1;
static int wanted_count, wanted_errno;
static pid_t owner;
static char under[PATH_MAX];
static char log_path[PATH_MAX];

static void note(const char* format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char* format, ...) {
  char line[PATH_MAX + 64];
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0) return;
  if (size > 0) syscall(SYS_write, fd, line, (size_t)size);
  syscall(SYS_close, fd);
}

__attribute__((constructor)) static void begin(void) {
  const char* fault = getenv("HANGRATE_FAULT");
  const char* folder = getenv("HANGRATE_FAULT_UNDER");
  const char* log = getenv("HANGRATE_FAULT_LOG");
  char op[16];
  if (fault == NULL || folder == NULL || log == NULL) return;
  if (sscanf(fault, "%15[^:]:%d:%d", op, &wanted_count, &wanted_errno) != 3) abort();
  for (int i = 0; i < OPS; ++i) {
    if (strcmp(op, names[i]) == 0) wanted = i;
  }
  snprintf(under, sizeof under, "%s/", folder);
  snprintf(log_path, sizeof log_path, "%s", log);
  owner = getpid();
  unsetenv("HANGRATE_FAULT");  // what we start is left alone
}

__attribute__((destructor)) static void end(void) {
  if (owner == 0 || getpid() != owner) return;
  for (int i = 0; i < OPS; ++i) note("count %s %d\n", names[i], counts[i]);
}

static int is_under(const char* path) {
  const size_t size = strlen(under);
  return strncmp(path, under, size) == 0 || strncmp(path, under, size - 1) == 0;
}

static void path_of_fd(int fd, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, size - 1);
  path[length > 0 ? length : 0] = '\0';
}

static void path_at(int folder, const char* name, char* path, size_t size) {
  char base[PATH_MAX] = "";
  if (name[0] == '/') {
    snprintf(path, size, "%s", name);
    return;
  }
  if (folder == AT_FDCWD) {
    if (getcwd(base, sizeof base) == NULL) base[0] = '\0';
  } else {
    path_of_fd(folder, base, sizeof base);
  }
  if (snprintf(path, size, "%s/%s", base, name) >= (int)size) path[0] = '\0';
}

/// Is this the call that fails? errno is set if so.
static int strikes(enum op op, const char* path) {
  if (owner == 0 || getpid() != owner || !is_under(path)) return 0;
  if (++counts[op] != wanted_count || (int)op != wanted) return 0;
  note("fired %s %d %s\n", names[op], wanted_count, path);
  errno = wanted_errno;
  return 1;
}

static int strikes_at(enum op op, int folder, const char* name) {
  char path[2 * PATH_MAX];
  const int before = errno;
  if (owner == 0) return 0;
  path_at(folder, name, path, sizeof path);
  errno = before;
  return strikes(op, path);
}

static int strikes_fd(enum op op, int fd) {
  char path[PATH_MAX];
  const int before = errno;
  if (owner == 0) return 0;
  path_of_fd(fd, path, sizeof path);
  errno = before;
  return strikes(op, path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int open_at(int folder, const char* name, int flags, mode_t mode) {
  if (strikes_at(OPEN, folder, name)) return -1;
  return (int)syscall(SYS_openat, folder, name, flags, mode);
}

#define MODE_OF(flags, mode)             \
  mode_t mode = 0;                       \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list arguments;                   \
    va_start(arguments, flags);          \
    mode = va_arg(arguments, mode_t);    \
    va_end(arguments);                   \
  }

int open(const char* name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, name, flags, mode);
}
int open64(const char* name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, name, flags, mode);
}
int openat(int folder, const char* name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, name, flags, mode);
}
int openat64(int folder, const char* name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, name, flags, mode);
}

int mkdir(const char* name, mode_t mode) {
  return strikes_at(MKDIR, AT_FDCWD, name) ? -1 : REAL(mkdir)(name, mode);
}
int mkdirat(int folder, const char* name, mode_t mode) {
  return strikes_at(MKDIR, folder, name) ? -1 : REAL(mkdirat)(folder, name, mode);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  if (!strikes_fd(WRITE, fd)) return syscall(SYS_write, fd, bytes, size);
  return wanted_errno == 0 ? syscall(SYS_write, fd, bytes, size > 1 ? (size_t)1 : size) : -1;
}

ssize_t read(int fd, void* bytes, size_t size) {
  if (!strikes_fd(READ, fd)) return syscall(SYS_read, fd, bytes, size);
  return wanted_errno == 0 ? syscall(SYS_read, fd, bytes, size > 1 ? (size_t)1 : size) : -1;
}
static ssize_t read_at(int fd, void* bytes, size_t size, off_t at) {
  if (!strikes_fd(READ, fd)) return syscall(SYS_pread64, fd, bytes, size, at);
  return wanted_errno == 0 ? syscall(SYS_pread64, fd, bytes, size > 1 ? (size_t)1 : size, at) : -1;
}
ssize_t pread(int fd, void* bytes, size_t size, off_t at) {
  return read_at(fd, bytes, size, at);
}
ssize_t pread64(int fd, void* bytes, size_t size, off64_t at) {
  return read_at(fd, bytes, size, at);
}

/// The call is made all the same: the kernel has forgotten the lost pages by the next one.
int fsync(int fd) {
  const int result = REAL(fsync)(fd);
  return strikes_fd(FSYNC, fd) ? -1 : result;
}
int fdatasync(int fd) {
  const int result = REAL(fdatasync)(fd);
  return strikes_fd(FDATASYNC, fd) ? -1 : result;
}

int rename(const char* from, const char* to) {
  return strikes_at(RENAME, AT_FDCWD, to) ? -1 : REAL(rename)(from, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return strikes_at(RENAME, to_folder, to) ? -1 : REAL(renameat)(from_folder, from, to_folder, to);
}

/// Of files that were written only: of others nothing is lost. Closed in any case.
int close(int fd) {
  const int before = errno;
  const int flags = owner == 0 ? O_RDONLY : fcntl(fd, F_GETFL);
  const int writes = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
  errno = before;
  const int struck = writes && strikes_fd(CLOSE, fd);
  const long result = syscall(SYS_close, fd);
  if (!struck) return (int)result;
  errno = wanted_errno;
  return -1;
}

int ftruncate(int fd, off_t size) {
  return strikes_fd(FTRUNCATE, fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}
int ftruncate64(int fd, off64_t size) {
  return strikes_fd(FTRUNCATE, fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int fstat(int fd, struct stat* info) {
  return strikes_fd(FSTAT, fd) ? -1 : REAL(fstat)(fd, info);
}
int fstat64(int fd, struct stat64* info) {
  return strikes_fd(FSTAT, fd) ? -1 : REAL(fstat64)(fd, info);
}
