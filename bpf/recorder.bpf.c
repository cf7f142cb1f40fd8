// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All probes in one object: they share the maps, and the kernel's BTF, megabytes of it, is parsed
 * once. The loader decides program by program what is loaded.
 */
#include "bpf/fuse_wait/fuse_wait.bpf.c"
#include "bpf/p9_flush/p9_flush.bpf.c"
#include "bpf/pipe_ops/pipe_ops.bpf.c"
#include "bpf/pipe_ops/pipe_syscalls.bpf.c"
#include "bpf/signal_exit/signal_exit.bpf.c"
#include "bpf/task_block/task_block.bpf.c"

char hr_license[] SEC("license") = "GPL";
