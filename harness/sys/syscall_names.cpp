// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/syscall_names.h"

#include <sys/syscall.h>

namespace hangrate {

namespace {

struct Name {
  long number;
  const char* name;
};

constexpr Name kNames[] = {
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_readv, "readv"},
    {SYS_writev, "writev"},
    {SYS_pread64, "pread64"},
    {SYS_pwrite64, "pwrite64"},
    {SYS_close, "close"},
    {SYS_openat, "openat"},
    {SYS_ioctl, "ioctl"},
    {SYS_fcntl, "fcntl"},
    {SYS_splice, "splice"},
    {SYS_tee, "tee"},
    {SYS_vmsplice, "vmsplice"},
    {SYS_sendfile, "sendfile"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_exit, "exit"},
    {SYS_exit_group, "exit_group"},
    {SYS_futex, "futex"},
    {SYS_ppoll, "ppoll"},
    {SYS_pselect6, "pselect6"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_statx, "statx"},
    {SYS_execve, "execve"},
    {SYS_fsync, "fsync"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_newfstatat, "newfstatat"},
    {SYS_flock, "flock"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_rt_sigsuspend, "rt_sigsuspend"},
    // Every call that judge/own_deadline.cpp knows: without a name its deadline is not seen.
    {SYS_restart_syscall, "restart_syscall"},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    {SYS_semtimedop, "semtimedop"},
    {SYS_mq_timedsend, "mq_timedsend"},
    {SYS_mq_timedreceive, "mq_timedreceive"},
    {SYS_io_getevents, "io_getevents"},
    {SYS_io_pgetevents, "io_pgetevents"},
    {SYS_recvmmsg, "recvmmsg"},
    {SYS_io_uring_enter, "io_uring_enter"},
    {SYS_epoll_pwait2, "epoll_pwait2"},
    {SYS_futex_waitv, "futex_waitv"},
    // What harness/waits knows an end of.
    {SYS_preadv, "preadv"},
    {SYS_pwritev, "pwritev"},
    {SYS_sendto, "sendto"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_sendmmsg, "sendmmsg"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_connect, "connect"},
    {SYS_clone, "clone"},
    {435, "clone3"},  // v5.3, the same number everywhere
    {SYS_execveat, "execveat"},
    {SYS_ptrace, "ptrace"},
    {SYS_msgrcv, "msgrcv"},
    {SYS_msgsnd, "msgsnd"},
    {SYS_semop, "semop"},
    {455, "futex_wait"},  // v6.7, the same number everywhere; headers lack it
#ifdef SYS_open
    {SYS_open, "open"},
    {SYS_stat, "stat"},
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_pause, "pause"},
    {SYS_vfork, "vfork"},
    {SYS_epoll_wait, "epoll_wait"},
#endif
};

}  // namespace

std::string syscall_name(long number) {
  for (const Name& entry : kNames) {
    if (entry.number == number) return entry.name;
  }
  return {};
}

}  // namespace hangrate
