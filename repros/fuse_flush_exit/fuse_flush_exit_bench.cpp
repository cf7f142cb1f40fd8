// SPDX-License-Identifier: GPL-2.0-or-later
//
// A trial of self-held with nothing of ours, no error handling: what scripts/bench compares the
// trials per second of the harness with.
#include <cstdio>
#include <cstring>
#include <string>

#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include "repros/kit/fuse/fuse.h"

namespace {

int g_device = -1;
int g_ends[2];

void* bare_opener(void*) {
  const int fd = ::open(HANG_FUSE_PATH, O_RDONLY);
  const char byte = fd >= 0 ? 'a' : 'x';
  if (::write(g_ends[1], &byte, 1) != 1) return nullptr;
  while (true) ::pause();
}

[[noreturn]] void bare_server() {
  static char request[16384];
  while (::read(g_device, request, sizeof request) > 0) {
    fuse_in_header in{};
    std::memcpy(&in, request, sizeof in);
    hang_fuse_reply out{};
    std::size_t size = sizeof out.header;
    if (in.opcode == FUSE_INIT) {
      out.body.init.major = 7;
      out.body.init.minor = 31;
      out.body.init.max_write = 4096;
      size += sizeof out.body.init;
    } else if (in.opcode == FUSE_LOOKUP) {
      out.body.entry.nodeid = 2;
      out.body.entry.attr.mode = S_IFREG | 0644;
      out.body.entry.attr.nlink = 1;
      size += sizeof out.body.entry;
    } else if (in.opcode == FUSE_OPEN) {
      size += sizeof out.body.open;
    }
    out.header.len = static_cast<std::uint32_t>(size);
    out.header.unique = in.unique;
    if (::write(g_device, &out, size) < 0) break;
  }
  ::_exit(0);
}

[[noreturn]] void bare_daemon() {
  pthread_t thread{};
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close(g_ends[0]);
  ::pthread_create(&thread, nullptr, bare_opener, nullptr);
  bare_server();
}

int bare_mount() {
  char options[96];
  g_device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  std::snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", g_device);
  ::mount("bare", HANG_FUSE_MOUNT, "fuse", MS_NOSUID | MS_NODEV, options);
  return hang_fuse_number();
}

/// False: the daemon could not open its file.
bool bare_trial() {
  const int connection = bare_mount();
  ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, g_ends);
  const int pid = ::fork();
  if (pid == 0) bare_daemon();
  ::close(g_device);
  ::close(g_ends[1]);
  char byte = 0;
  const bool opened = ::read(g_ends[0], &byte, 1) == 1 && byte == 'a';
  ::kill(pid, SIGKILL);
  while (opened && hang_fuse_waiting(connection) == 0) ::sched_yield();
  hang_fuse_abort(connection);
  ::waitpid(pid, nullptr, 0);
  ::close(g_ends[0]);
  ::umount2(HANG_FUSE_MOUNT, MNT_DETACH);
  return opened;
}

void BM_BareSelfHeld(benchmark::State& state) {
  static const std::string problem = hang_fuse_prepare();
  if (!problem.empty()) return state.SkipWithError(problem.c_str());
  hang_place(0, hang_cpu(~0U), SCHED_OTHER);  // on one CPU, as the worker
  for (auto _ : state) {
    if (!bare_trial()) return state.SkipWithError("the bare daemon could not open its file");
  }
}
BENCHMARK(BM_BareSelfHeld)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
