// SPDX-License-Identifier: GPL-2.0-or-later
//
// hang_cgroup: a cgroup of cgroup v2, in a filesystem of our own that is mounted nowhere, and a
// guard that removes it should the worker die.
#pragma once

#include <sys/vfs.h>

#include "child.h"
#include "guard.h"

struct hang_cgroup {
  int root = -1;
  char name[160] = "";
};

/// Needs root; skips without. Its own mount only where there is none: in the first cgroup namespace
/// that takes the options of the hierarchy away (v6.1 kernel/cgroup/cgroup.c
/// apply_cgroup_root_flags()). fsopen() and its like have these numbers on every machine but alpha.
inline int hang_cgroup_root() {
  if (geteuid() != 0) hang_skip("no cgroup v2 to be had: run as root");
  static const char* const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
  for (const char* mounted : places) {
    const int there = open(mounted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statfs info;
    if (fstatfs(there, &info) == 0 && info.f_type == 0x63677270 /* cgroup2 */) return there;
    if (there >= 0) close(there);
  }
  const long context = syscall(430 /* fsopen */, "cgroup2", 1 /* FSOPEN_CLOEXEC */);
  const long made =
      context < 0 ? -1 : syscall(431 /* fsconfig */, context, 6 /* CREATE */, nullptr, nullptr, 0);
  if (made < 0) hang_skip("no cgroup v2 to be had: %s: run as root", strerror(errno));
  const long mounted = hang_must(syscall(432 /* fsmount */, context, 1, 0), "fsmount(cgroup2)");
  close(static_cast<int>(context));
  return static_cast<int>(mounted);
}
/// Of this worker, not made yet.
inline void hang_cgroup_name(hang_cgroup* cgroup, int root, const char* what) {
  cgroup->root = root;
  snprintf(cgroup->name, sizeof cgroup->name, "%s-%d-%s", hang_mark(), getpid(), what);
}
inline void hang_cgroup_make(const hang_cgroup& cgroup) {
  hang_must(mkdirat(cgroup.root, cgroup.name, 0700), "mkdir of a cgroup");
}
inline int hang_cgroup_open(const hang_cgroup& cgroup, const char* file, int flags) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", cgroup.name, file);
  return openat(cgroup.root, path, flags | O_CLOEXEC);
}
inline bool hang_cgroup_tell(const hang_cgroup& cgroup, const char* file, const char* text) {
  const hang_fd to(hang_cgroup_open(cgroup, file, O_WRONLY));
  return to >= 0 && write(to, text, strlen(text)) > 0;
}
/// The text of a file; "" where it cannot be read.
struct hang_cgroup_text {
  char text[512] = "";
  hang_cgroup_text(const hang_cgroup& cgroup, const char* file) {
    const hang_fd from(hang_cgroup_open(cgroup, file, O_RDONLY));
    if (from < 0 || read(from, text, sizeof text - 1) < 0) text[0] = '\0';
  }
  bool has(const char* what) const { return strstr(text, what) != nullptr; }
};
/// True if `count` of them are gone. A member that was just reaped may hold one for a moment.
inline bool hang_cgroup_removed(const hang_cgroup* cgroups, int count) {
  int left = 0;
  for (int i = 0; i < count; ++i)
    left += unlinkat(cgroups[i].root, cgroups[i].name, AT_REMOVEDIR) != 0 && errno != ENOENT;
  return left == 0;
}
/// In setup(): skips where cgroups have no such file.
inline void hang_cgroup_need(const hang_cgroup& cgroup, const char* file, const char* since) {
  hang_cgroup_make(cgroup);
  const hang_fd there(hang_cgroup_open(cgroup, file, O_WRONLY));
  hang_cgroup_removed(&cgroup, 1);
  if (there < 0) hang_skip("no %s: it came with %s", file, since);
}
/// In setup(), once they are named: a process of its own that removes them should the worker die.
inline void hang_cgroup_guard(const hang_cgroup* cgroups, int count) {
  const auto removed = [=] { return hang_cgroup_removed(cgroups, count); };
  hang_guard("cgroup-guard", cgroups->root, [=] { hang_until(removed, 10); });
}
