/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a task is in by the number and arguments of its system call: which call that may block for a
 * pipe or a child, and which pipe. x86_64 numbers.
 */
#pragma once

#include "bpf/common/task.bpf.h"

#define HR_NR_READ    0
#define HR_NR_WRITE   1
#define HR_NR_READV   19
#define HR_NR_WRITEV  20
#define HR_NR_WAIT4   61
#define HR_NR_FCNTL   72
#define HR_NR_WAITID  247
#define HR_NR_SPLICE  275
#define HR_S_IFMT     0170000
#define HR_S_IFIFO    0010000
#define HR_PF_EXITING 0x4

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

/* The pipe behind a descriptor of `p`, which is the current task; 0 if it is none. */
static __always_inline __u64 hr_pipe_of(struct task_struct *p, __u32 fd, __u32 *ino)
{
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

/*
 * The read or write in which the current task `p` goes to sleep although its entry was not seen: a
 * kernel with preemption skips the program of a function while another task is preempted in it on
 * that CPU. bpf_task_pt_regs() exists since dd6e10fbd9fb "bpf: Add bpf_task_pt_regs() helper"
 * (v5.15); a task that exits is in no system call any more.
 */
static __always_inline __u8 hr_call_by_registers(struct task_struct *p, __u64 *pipe)
{
	struct pt_regs___kernel *regs;
	__u32 ino;
	__u8 call;

	if (!hr_may_read || !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return HR_CALL_NONE;
	if (p->flags & HR_PF_EXITING)
		return HR_CALL_NONE;
	regs = (void *)bpf_task_pt_regs(p);
	call = hr_call_of(regs->orig_ax);
	if (call != HR_PIPE_READ && call != HR_PIPE_WRITE)
		return HR_CALL_NONE;
	*pipe = hr_pipe_of(p, regs->di, &ino);
	return *pipe ? call : HR_CALL_NONE;
}
