// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watched tasks that give up their CPU, get it back, are woken, made and replaced. Tracepoints
 * only, on every kernel. The pipe is read once more when a task goes to sleep in a pipe call: what
 * it saw then is what its sleep rests on. Included by recorder.bpf.c.
 */
#include "bpf/task_block/task_block.h"

#include "bpf/common/syscall.bpf.h"

const volatile _Bool hr_user_stacks;

/* The frames of the task that is about to sleep, by frame pointer. */
static __always_inline void hr_emit_user_stack(void *ctx, struct hr_task *t)
{
	struct hr_slot e = {.root = t->root, .kind = HR_USER_STACK};
	__u64 frames[HR_USER_FRAMES] = {};

	if (bpf_get_stack(ctx, frames, sizeof(frames), BPF_F_USER_STACK) <= 0)
		return;
	e.object = frames[0];
	e.value = frames[1];
	e.word[0] = frames[2];
	e.word[1] = frames[3];
	hr_emit_as(&e, t->tid, t->pid);
}

static __always_inline void hr_switched_out(void *ctx, struct hr_task *t, struct task_struct *prev,
					    _Bool preempt, __u32 state)
{
	struct hr_slot e = {.root = t->root};
	__u8 call;
	__u64 what;

	hr_settle(t);
	call = hr_innermost(t, &what);
	e.call = call;
	/* A signal was pending, so schedule() took the sleep back: __state is 0 although `state` is
	 * not.
	 */
	if (preempt || !state || !hr_task_state(prev)) {
		e.kind = HR_PREEMPT;
		hr_emit_as(&e, t->tid, t->pid);
		return;
	}
	if (call == HR_CALL_NONE) {
		call = hr_call_by_registers(prev, &what);
		e.call = call;
	}
	e.kind = HR_SLEEP;
	e.other = state;
	if (hr_is_pipe_call(call)) {
		e.object = hr_object(what);
		if (hr_read_pipe(what, &e))
			e.flags = HR_HAS_PIPE;
	} else {
		e.object = what;
	}
	hr_emit_as(&e, t->tid, t->pid);
	if (state & HR_STATE_DEAD) {
		t->tid = 0; /* its last switch: the place is free */
		return;
	}
	if (hr_user_stacks && call != HR_CALL_NONE)
		hr_emit_user_stack(ctx, t);
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(task_switch, _Bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct hr_task *t = hr_find(prev->pid);

	if (t)
		hr_switched_out(ctx, t, prev, preempt,
				hr_switch_has_state ? (__u32)ctx[3] : hr_task_state(prev));
	t = hr_find(next->pid);
	if (t) {
		struct hr_slot e = {.root = t->root, .kind = HR_RUN};

		hr_emit_as(&e, t->tid, t->pid);
	}
	return 0;
}

/* In the waker's context: an interrupt is charged to the task it interrupted. */
SEC("?tp_btf/sched_waking")
int BPF_PROG(task_waking, struct task_struct *p)
{
	struct hr_task *t = hr_find(p->pid), *waker;
	struct hr_slot e = {.kind = HR_WAKE};

	if (!t)
		return 0;
	e.root = t->root;
	e.other = t->tid;
	waker = hr_current();
	if (waker) {
		hr_settle(waker);
		e.call = hr_innermost(waker, &e.object);
		if (hr_is_pipe_call(e.call))
			e.object = hr_object(e.object);
	}
	hr_emit(&e);
	return 0;
}

static __always_inline void hr_adopt(struct hr_task *place, __u32 tid, __u32 pid, __u16 root)
{
	place->pid = pid;
	place->root = root;
	place->depth = 0;
	barrier();
	place->tid = tid;
}

/* The new task has not run yet. */
SEC("?tp_btf/sched_process_fork")
int BPF_PROG(task_fork, struct task_struct *parent, struct task_struct *child)
{
	struct hr_task *t = hr_find(parent->pid), *place;
	struct hr_slot e = {.kind = HR_FORK};

	if (!t)
		return 0;
	place = hr_place(child->pid);
	if (!place)
		return 0;
	if (place->tid && place->tid != child->pid)
		hr_count_unfollowed();
	else
		hr_adopt(place, child->pid, child->tgid, t->root);
	e.root = t->root;
	e.other = child->pid;
	e.value = child->tgid;
	e.word[0] = *(__u64 *)&child->comm[0];
	e.word[1] = *(__u64 *)&child->comm[8];
	hr_emit(&e);
	return 0;
}

/* execve() by a thread that is not the first gives it the first one's tid. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(task_exec, struct task_struct *p, __u32 old_pid)
{
	struct hr_task *t = hr_find(old_pid), *place;
	struct hr_slot e = {.kind = HR_EXEC};

	if (!t)
		return 0;
	e.root = t->root;
	e.other = old_pid;
	e.word[0] = *(__u64 *)&p->comm[0];
	e.word[1] = *(__u64 *)&p->comm[8];
	if (p->pid != old_pid) {
		place = hr_place(p->pid);
		if (place)
			hr_adopt(place, p->pid, p->tgid, t->root);
		t->tid = 0;
	}
	hr_emit(&e);
	return 0;
}

/*
 * Who still sleeps, and where: the kernel stack of every watched task that is not running, as text.
 * Run at the time of a snapshot only; it touches neither the task nor any lock of it.
 */
#define HR_KERNEL_FRAMES 24

__u32 hr_wanted_root;

SEC("?iter/task")
int task_stacks(struct bpf_iter__task *ctx)
{
	/* The name as numbers: it may hold anything, a newline too. */
	static const char head_format[] = "task %d %d %llx %llx\n";
	static const char frame_format[] = "%pB\n";
	struct task_struct *p = ctx->task;
	__u64 frames[HR_KERNEL_FRAMES] = {};
	struct seq_file *seq = ctx->meta->seq;
	__u64 head[4];
	struct hr_task *t;
	long size;

	if (!p)
		return 0;
	t = hr_find(p->pid);
	if (!t || t->root != hr_wanted_root)
		return 0;
	head[0] = p->pid;
	head[1] = p->tgid;
	head[2] = *(__u64 *)&p->comm[0];
	head[3] = *(__u64 *)&p->comm[8];
	bpf_seq_printf(seq, head_format, sizeof(head_format), head, sizeof(head));
	if (!hr_task_state(p))
		return 0;
	size = bpf_get_task_stack(p, frames, sizeof(frames), 0);
	for (int i = 0; i < HR_KERNEL_FRAMES; i++) {
		if (i * 8 >= size || !frames[i])
			break;
		bpf_seq_printf(seq, frame_format, sizeof(frame_format), &frames[i],
			       sizeof(frames[i]));
	}
	return 0;
}
