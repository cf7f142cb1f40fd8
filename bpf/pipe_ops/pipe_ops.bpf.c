// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pipes: who enters and leaves read, write, fcntl, resize, release and the waits of splice, with
 * head, tail, max_usage and ring_size as they are at that moment. Included by recorder.bpf.c.
 *
 * Each hook has up to three programs, of which one is loaded: fentry with typed loads, kprobe, and,
 * where neither exists, the tracepoints of system calls.
 */
#include "bpf/pipe_ops/pipe_ops.h"

#include "bpf/common/task.bpf.h"

static __always_inline void hr_pipe_enter(struct hr_task *t, __u8 call, __u64 pipe,
					  struct hr_slot *e)
{
	e->object = hr_object(pipe);
	hr_tell_call(t, call, pipe, e);
}

static __always_inline void hr_pipe_leave(struct hr_task *t, __u8 call, __u64 pipe, __s64 result,
					  struct hr_slot *e)
{
	hr_pop(t, call);
	e->object = hr_object(pipe);
	hr_tell_return(t, call, result, e);
}

/* Typed: the verifier knows that `pipe` is one. */
static __always_inline void hr_load_pipe(struct pipe_inode_info *pipe, struct hr_slot *e)
{
	e->head = pipe->head;
	e->tail = pipe->tail;
	e->max_usage = pipe->max_usage;
	e->ring_size = pipe->ring_size;
	e->flags = HR_HAS_PIPE;
}

static __always_inline void hr_fetch_pipe(__u64 pipe, struct hr_slot *e)
{
	e->flags = hr_read_pipe(pipe, e) ? HR_HAS_PIPE : 0;
}

static __always_inline int hr_rw_enter(__u8 call, struct kiocb *iocb, struct iov_iter *iter)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	struct inode *inode;

	if (!t)
		return 0;
	inode = iocb->ki_filp->f_inode;
	e.other = inode->i_ino;
	e.value = iter->count;
	hr_load_pipe(inode->i_pipe, &e);
	hr_pipe_enter(t, call, hr_number(t, inode->i_pipe), &e);
	return 0;
}

static __always_inline int hr_rw_leave(__u8 call, struct kiocb *iocb, __s64 result)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	struct pipe_inode_info *pipe;

	if (!t)
		return 0;
	pipe = iocb->ki_filp->f_inode->i_pipe;
	hr_load_pipe(pipe, &e);
	hr_pipe_leave(t, call, hr_number(t, pipe), result, &e);
	return 0;
}

SEC("?fentry/pipe_read")
int BPF_PROG(pipe_read_in, struct kiocb *iocb, struct iov_iter *to)
{
	return hr_rw_enter(HR_PIPE_READ, iocb, to);
}

SEC("?fexit/pipe_read")
int BPF_PROG(pipe_read_out, struct kiocb *iocb, struct iov_iter *to, long ret)
{
	return hr_rw_leave(HR_PIPE_READ, iocb, ret);
}

SEC("?fentry/pipe_write")
int BPF_PROG(pipe_write_in, struct kiocb *iocb, struct iov_iter *from)
{
	return hr_rw_enter(HR_PIPE_WRITE, iocb, from);
}

SEC("?fexit/pipe_write")
int BPF_PROG(pipe_write_out, struct kiocb *iocb, struct iov_iter *from, long ret)
{
	return hr_rw_leave(HR_PIPE_WRITE, iocb, ret);
}

SEC("?fentry/pipe_fcntl")
int BPF_PROG(pipe_fcntl_in, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct hr_task *t = hr_current();
	struct pipe_inode_info *pipe;
	struct hr_slot e = {};

	if (!t)
		return 0;
	pipe = file->f_inode->i_pipe;
	hr_load_pipe(pipe, &e);
	e.other = cmd;
	e.value = (__u32)arg; /* a long in 6.1, an int in 6.12 */
	hr_pipe_enter(t, HR_PIPE_FCNTL, hr_number(t, pipe), &e);
	return 0;
}

SEC("?fexit/pipe_fcntl")
int BPF_PROG(pipe_fcntl_out, struct file *file, unsigned int cmd, unsigned long arg, long ret)
{
	struct hr_task *t = hr_current();
	struct pipe_inode_info *pipe;
	struct hr_slot e = {};

	if (!t)
		return 0;
	pipe = file->f_inode->i_pipe;
	hr_load_pipe(pipe, &e);
	hr_pipe_leave(t, HR_PIPE_FCNTL, hr_number(t, pipe), ret, &e);
	return 0;
}

SEC("?fentry/pipe_resize_ring")
int BPF_PROG(pipe_resize_in, struct pipe_inode_info *pipe, unsigned int nr_slots)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};

	if (!t)
		return 0;
	hr_load_pipe(pipe, &e);
	e.value = nr_slots;
	hr_pipe_enter(t, HR_PIPE_RESIZE, hr_number(t, pipe), &e);
	return 0;
}

SEC("?fexit/pipe_resize_ring")
int BPF_PROG(pipe_resize_out, struct pipe_inode_info *pipe, unsigned int nr_slots, int ret)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};

	if (!t)
		return 0;
	hr_load_pipe(pipe, &e);
	hr_pipe_leave(t, HR_PIPE_RESIZE, hr_number(t, pipe), ret, &e);
	return 0;
}

SEC("?fentry/pipe_release")
int BPF_PROG(pipe_release_in, struct inode *inode, struct file *file)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};

	if (!t)
		return 0;
	hr_load_pipe(inode->i_pipe, &e);
	e.other = file->f_mode & 3; /* FMODE_READ, FMODE_WRITE: which end */
	hr_pipe_enter(t, HR_PIPE_RELEASE, hr_number(t, inode->i_pipe), &e);
	return 0;
}

/* The pipe may be gone by now. */
SEC("?fexit/pipe_release")
int BPF_PROG(pipe_release_out, struct inode *inode, struct file *file, int ret)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};

	if (t)
		hr_pipe_leave(t, HR_PIPE_RELEASE, 0, ret, &e);
	return 0;
}

/* splice: only the waits, which read and write do not use. */
static __always_inline int hr_splice_enter(struct pipe_inode_info *pipe, __u32 writes)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {.other = writes};

	if (!t)
		return 0;
	hr_load_pipe(pipe, &e);
	hr_pipe_enter(t, HR_PIPE_SPLICE, hr_number(t, pipe), &e);
	return 0;
}

static __always_inline int hr_splice_leave(struct pipe_inode_info *pipe)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};

	if (!t)
		return 0;
	hr_load_pipe(pipe, &e);
	hr_pipe_leave(t, HR_PIPE_SPLICE, hr_number(t, pipe), 0, &e);
	return 0;
}

SEC("?fentry/pipe_wait_writable")
int BPF_PROG(splice_write_in, struct pipe_inode_info *pipe)
{
	return hr_splice_enter(pipe, 1);
}

SEC("?fexit/pipe_wait_writable")
int BPF_PROG(splice_write_out, struct pipe_inode_info *pipe)
{
	return hr_splice_leave(pipe);
}

SEC("?fentry/pipe_wait_readable")
int BPF_PROG(splice_read_in, struct pipe_inode_info *pipe)
{
	return hr_splice_enter(pipe, 0);
}

SEC("?fexit/pipe_wait_readable")
int BPF_PROG(splice_read_out, struct pipe_inode_info *pipe)
{
	return hr_splice_leave(pipe);
}

/* kprobes: the same, read by helper; a return knows its pipe from its call. */
static __always_inline int hr_rw_enter_probe(__u8 call, struct kiocb *iocb, struct iov_iter *iter)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	struct inode *inode;
	__u64 pipe;

	if (!t)
		return 0;
	inode = BPF_CORE_READ(iocb, ki_filp, f_inode);
	pipe = (__u64)BPF_CORE_READ(inode, i_pipe);
	hr_fetch_pipe(pipe, &e);
	e.other = BPF_CORE_READ(inode, i_ino);
	e.value = BPF_CORE_READ(iter, count);
	hr_pipe_enter(t, call, pipe, &e);
	return 0;
}

static __always_inline int hr_leave_probe(__u8 call, __s64 result)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	__u64 pipe;

	if (!t)
		return 0;
	pipe = hr_pop(t, call);
	hr_fetch_pipe(pipe, &e);
	hr_pipe_leave(t, call, pipe, result, &e);
	return 0;
}

SEC("?kprobe/pipe_read")
int BPF_KPROBE(pipe_read_kin, struct kiocb *iocb, struct iov_iter *to)
{
	return hr_rw_enter_probe(HR_PIPE_READ, iocb, to);
}

SEC("?kretprobe/pipe_read")
int BPF_KRETPROBE(pipe_read_kout, long ret)
{
	return hr_leave_probe(HR_PIPE_READ, ret);
}

SEC("?kprobe/pipe_write")
int BPF_KPROBE(pipe_write_kin, struct kiocb *iocb, struct iov_iter *from)
{
	return hr_rw_enter_probe(HR_PIPE_WRITE, iocb, from);
}

SEC("?kretprobe/pipe_write")
int BPF_KRETPROBE(pipe_write_kout, long ret)
{
	return hr_leave_probe(HR_PIPE_WRITE, ret);
}

SEC("?kprobe/pipe_fcntl")
int BPF_KPROBE(pipe_fcntl_kin, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};
	__u64 pipe;

	if (!t)
		return 0;
	pipe = (__u64)BPF_CORE_READ(file, f_inode, i_pipe);
	hr_fetch_pipe(pipe, &e);
	e.other = cmd;
	e.value = (__u32)arg;
	hr_pipe_enter(t, HR_PIPE_FCNTL, pipe, &e);
	return 0;
}

SEC("?kretprobe/pipe_fcntl")
int BPF_KRETPROBE(pipe_fcntl_kout, long ret)
{
	return hr_leave_probe(HR_PIPE_FCNTL, ret);
}

SEC("?kprobe/pipe_resize_ring")
int BPF_KPROBE(pipe_resize_kin, struct pipe_inode_info *pipe, unsigned int nr_slots)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {};

	if (!t)
		return 0;
	hr_fetch_pipe((__u64)pipe, &e);
	e.value = nr_slots;
	hr_pipe_enter(t, HR_PIPE_RESIZE, hr_number(t, pipe), &e);
	return 0;
}

SEC("?kretprobe/pipe_resize_ring")
int BPF_KRETPROBE(pipe_resize_kout, int ret)
{
	return hr_leave_probe(HR_PIPE_RESIZE, ret);
}
