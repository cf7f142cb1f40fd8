// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pipes on a kernel that allows neither fentry nor kprobes: read, write, fcntl, splice and the
 * waits for a child as the system call tracepoints show them. A call is followed if its descriptor
 * is a pipe. Dearer, and blind for what happens inside: no pipe_resize_ring, no release. Included
 * by recorder.bpf.c.
 */
#include "bpf/common/syscall.bpf.h"
#include "bpf/pipe_ops/pipe_ops.h"

SEC("?tp_btf/sys_enter")
int BPF_PROG(pipe_sys_in, struct pt_regs___kernel *regs, long nr)
{
	struct hr_task *t = hr_current();
	struct task_struct *p;
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
		hr_leave_all(t);
		hr_enter(t, call, 0, 0);
		return 0;
	}
	p = bpf_get_current_task_btf();
	pipe = hr_pipe_of(p, regs->di, &ino);
	if (call == HR_PIPE_SPLICE) {
		e.other = 0;
		if (!pipe) {
			pipe = hr_pipe_of(p, regs->dx, &ino);
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
	hr_pipe_enter(t, call, pipe, &e);
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
		hr_leave(t, call, ret);
	} else if (hr_is_pipe_call(call)) {
		hr_fetch_pipe(pipe, &e);
		hr_pipe_leave(t, call, pipe, ret, &e);
	}
	return 0;
}
