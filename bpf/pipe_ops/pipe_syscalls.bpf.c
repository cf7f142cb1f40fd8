// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pipes on a kernel that allows neither fentry nor kprobes: read, write, fcntl, splice and the
 * waits for a child as the system call tracepoints show them. A call is followed if its descriptor
 * is a pipe. Dearer, and blind for what happens inside: no pipe_resize_ring, no release. x86_64
 * numbers. Included by recorder.bpf.c.
 */
#include "bpf/common/task.bpf.h"
#include "bpf/pipe_ops/pipe_ops.h"

#define HR_NR_READ   0
#define HR_NR_WRITE  1
#define HR_NR_READV  19
#define HR_NR_WRITEV 20
#define HR_NR_WAIT4  61
#define HR_NR_FCNTL  72
#define HR_NR_WAITID 247
#define HR_NR_SPLICE 275
#define HR_S_IFMT    0170000
#define HR_S_IFIFO   0010000

/* The pipe behind a descriptor of the current task, 0 if it is none. */
static __always_inline __u64 hr_pipe_of(__u32 fd, __u32 *ino)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct fdtable *fdt = p->files->fdt; /* typed loads as far as types go */
	struct inode *inode;
	struct file **files;
	struct file *file = NULL;

	if (fd >= fdt->max_fds)
		return 0;
	files = fdt->fd;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	inode = BPF_CORE_READ(file, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & HR_S_IFMT) != HR_S_IFIFO)
		return 0;
	*ino = BPF_CORE_READ(inode, i_ino);
	return (__u64)BPF_CORE_READ(inode, i_pipe);
}

static __always_inline __u8 hr_call_of(long nr)
{
	switch (nr) {
	case HR_NR_READ:
	case HR_NR_READV:
		return HR_PIPE_READ;
	case HR_NR_WRITE:
	case HR_NR_WRITEV:
		return HR_PIPE_WRITE;
	case HR_NR_FCNTL:
		return HR_PIPE_FCNTL;
	case HR_NR_SPLICE:
		return HR_PIPE_SPLICE;
	case HR_NR_WAIT4:
	case HR_NR_WAITID:
		return HR_WAIT_CHILD;
	}
	return HR_CALL_NONE;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(pipe_sys_in, struct pt_regs___kernel *regs, long nr)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	__u32 ino = 0;
	__u64 pipe;
	__u8 call;

	if (!t)
		return 0;
	call = hr_call_of(nr);
	if (call == HR_CALL_NONE)
		return 0;
	if (call == HR_WAIT_CHILD) {
		hr_wait_enter(t, 1);
		return 0;
	}
	pipe = hr_pipe_of(regs->di, &ino);
	if (call == HR_PIPE_SPLICE) {
		e.other = 0;
		if (!pipe) {
			pipe = hr_pipe_of(regs->dx, &ino);
			e.other = 1;
		}
	}
	if (!pipe)
		return 0;
	if (call == HR_PIPE_FCNTL) {
		e.other = regs->si;
		e.value = (__u32)regs->dx;
	} else if (call != HR_PIPE_SPLICE) {
		e.other = ino;
		e.value = regs->dx;
	}
	hr_fetch_pipe(pipe, &e);
	hr_pipe_enter(t, call, 1, pipe, &e);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(pipe_sys_out, struct pt_regs *regs, long ret)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	__u64 pipe;
	__u8 call;

	if (!t || !t->depth)
		return 0;
	call = hr_innermost(t, &pipe);
	if (call == HR_WAIT_CHILD) {
		hr_wait_leave(t, ret);
	} else if (hr_is_pipe_call(call)) {
		hr_fetch_pipe(pipe, &e);
		hr_pipe_leave(t, call, pipe, ret, &e);
	}
	return 0;
}
