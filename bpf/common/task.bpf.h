/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of watched tasks: an array, the place of a task is its tid modulo the size, and the tid
 * found there decides. One bounds check and one comparison tell an unwatched task; no hash, no
 * lock, no allocation. With pid_max up to the size (131072) no two tasks share a place; beyond, a
 * task that finds its place taken is not followed, and that is counted. Only the task itself, its
 * parent before it runs, and its last switch write to its place.
 */
#pragma once

#include "bpf/common/call.bpf.h"
#include "bpf/common/ring.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hr_task);
} tasks SEC(".maps");

const volatile __u32 hr_task_mask;
/* Pipes are told apart by their address, multiplied by an odd secret: no address leaves the kernel.
 */
const volatile __u64 hr_secret = 1;

/*
 * The verifier forbids arithmetic on what it knows to be a pointer. A map forgets: what is read
 * back from it is a number.
 */
static __always_inline __u64 hr_number(struct hr_task *t, const void *pointer)
{
	*(const void *volatile *)&t->number = pointer;
	return *(volatile __u64 *)&t->number;
}

static __always_inline __u64 hr_object(__u64 address)
{
	return address ? (address * hr_secret) >> 12 : 0;
}

static __always_inline struct hr_task *hr_place(__u32 tid)
{
	__u32 index = tid & hr_task_mask;

	return bpf_map_lookup_elem(&tasks, &index);
}

static __always_inline struct hr_task *hr_find(__u32 tid)
{
	struct hr_task *t = hr_place(tid);

	return t && tid && t->tid == tid ? t : NULL;
}

static __always_inline struct hr_task *hr_current(void)
{
	return hr_find((__u32)bpf_get_current_pid_tgid());
}

/*
 * A system call or an exit path begins with an empty stack of calls, whatever a missed return left
 * behind.
 */
static __always_inline void hr_leave_all(struct hr_task *t)
{
	t->depth = 0;
	t->entered.open = 0;
}

static __always_inline void hr_push(struct hr_task *t, __u8 call, __u64 what)
{
	__u32 d = hr_is_outermost(call) ? 0 : t->depth;

	if (hr_is_outermost(call))
		t->entered.open = 0;
	if (d < HR_DEPTH) {
		t->call[d] = call;
		t->what[d] = what;
	}
	t->depth = d + 1;
}

/* Leaves the innermost `call` and whatever is inside it; what it was about, 0 if it is not in
 * there. */
static __always_inline __u64 hr_pop(struct hr_task *t, __u8 call)
{
#pragma unroll
	for (int d = HR_DEPTH - 1; d >= 0; d--) {
		if (d < t->depth && t->call[d] == call) {
			t->depth = d;
			return t->what[d];
		}
	}
	return 0;
}

static __always_inline __u8 hr_innermost(const struct hr_task *t, __u64 *what)
{
#pragma unroll
	for (int d = HR_DEPTH - 1; d >= 0; d--) {
		if (d < t->depth) {
			*what = t->what[d];
			return t->call[d];
		}
	}
	*what = 0;
	return HR_CALL_NONE;
}

/*
 * Most calls come back at once and tell nothing; a child that writes lines makes a thousand before
 * it blocks. So a call gets its slot when something happens in it: the task sleeps, is preempted,
 * wakes or signals somebody. An interrupt may do that at any point of the caller: `told` is read
 * after `open` was cleared, and a call that is told twice has the same time twice.
 */
static __always_inline void hr_enter_quietly(struct hr_task *t, const struct hr_slot *e)
{
	t->entered.told = 0;
	t->entered.when = bpf_ktime_get_ns();
	t->entered.object = e->object;
	t->entered.value = e->value;
	t->entered.other = e->other;
	t->entered.call = e->call;
	t->entered.flags = e->flags;
	t->entered.word[0] = e->word[0];
	t->entered.word[1] = e->word[1];
	barrier();
	*(volatile __u8 *)&t->entered.open = 1;
}

static __always_inline void hr_tell_quiet(struct hr_task *t)
{
	struct hr_slot e = {.root = t->root, .kind = HR_QUIET, .value = t->quiet};

	if (!t->quiet)
		return;
	t->quiet = 0;
	hr_emit_as(&e, t->tid, t->pid);
}

/* Something happens to `t`: what it is in, and what it did before in silence, is told first. */
static __always_inline void hr_settle(struct hr_task *t)
{
	struct hr_slot e = {.root = t->root, .kind = HR_CALL};

	if (!*(volatile __u8 *)&t->entered.open)
		return;
	*(volatile __u8 *)&t->entered.open = 0;
	t->entered.told = 1;
	barrier();
	hr_tell_quiet(t);
	e.when = t->entered.when;
	e.object = t->entered.object;
	e.value = t->entered.value;
	e.other = t->entered.other;
	e.call = t->entered.call;
	e.flags = t->entered.flags | HR_LATE;
	e.word[0] = t->entered.word[0];
	e.word[1] = t->entered.word[1];
	hr_emit_as(&e, t->tid, t->pid);
}

/* Did the call that returns now stay without a slot? Forgets it then. */
static __always_inline _Bool hr_left_quietly(struct hr_task *t)
{
	_Bool was_open = *(volatile __u8 *)&t->entered.open;

	*(volatile __u8 *)&t->entered.open = 0;
	barrier();
	if (!was_open || *(volatile __u8 *)&t->entered.told)
		return 0;
	t->quiet++;
	return 1;
}

/* Tells a call, now or when something happens in it. */
static __always_inline void hr_tell_call(struct hr_task *t, __u8 call, __u64 what,
					 struct hr_slot *e)
{
	e->root = t->root;
	e->kind = HR_CALL;
	e->call = call;
	hr_push(t, call, what);
	if (hr_is_quiet(call))
		hr_enter_quietly(t, e);
	else
		hr_emit(e);
}

/* Tells a return, unless its call simply came back. */
static __always_inline void hr_tell_return(struct hr_task *t, __u8 call, __s64 result,
					   struct hr_slot *e)
{
	if (hr_quiet_rule(call) == HR_RULE_UnlessItRead && result > 0)
		hr_settle(t); /* it made room */
	if (hr_is_quiet(call) && hr_left_quietly(t))
		return;
	e->root = t->root;
	e->kind = HR_RETURN;
	e->call = call;
	e->value = result;
	hr_emit(e);
}

/* A call without a pipe: entered and left. */
static __always_inline void hr_enter(struct hr_task *t, __u8 call, __u64 what, __u32 other)
{
	struct hr_slot e = {.object = what, .other = other};

	hr_tell_call(t, call, what, &e);
}

static __always_inline void hr_leave(struct hr_task *t, __u8 call, __s64 result)
{
	struct hr_slot e = {.object = hr_pop(t, call)};

	hr_tell_return(t, call, result, &e);
}

/* The whole of a program whose call tells no more than that. */
static __always_inline int hr_plain_enter(__u8 call, __u64 what, __u32 other)
{
	struct hr_task *t = hr_current();

	if (t)
		hr_enter(t, call, what, other);
	return 0;
}

static __always_inline int hr_plain_leave(__u8 call, __s64 result)
{
	struct hr_task *t = hr_current();

	if (t)
		hr_leave(t, call, result);
	return 0;
}
