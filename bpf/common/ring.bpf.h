/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rings: one per CPU, always running, oldest slots overwritten. No lock, no wake-up, no system
 * call.
 *
 * Two programs can write on one CPU at the same time: an interrupt comes, or the task is preempted
 * (an fentry program may be, since migrate_disable() replaced preempt_disable() in v5.12). So a
 * slot is taken with a fetch-and-add. BPF has that since 5ca419f2864a "bpf: Add BPF_FETCH field /
 * create atomic_fetch_add instruction" (v5.12). Before, programs run with preemption off and
 * therefore nest strictly: whoever interrupts is done before the interrupted goes on. There every
 * level of nesting has a ring of its own, and plain additions do (HR_NO_FETCH).
 */
#pragma once

#include "bpf/common/compat.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hr_slot);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hr_head);
} heads SEC(".maps");

const volatile __u32 hr_slots = 1;  /* of a CPU's main ring, a power of two */
const volatile __u32 hr_stride = 1; /* slots from one CPU's to the next one's */

#ifdef HR_NO_FETCH
static __always_inline struct hr_slot *hr_take(struct hr_head **out, __u64 *pos)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 first = cpu * HR_LEVELS, index;
	struct hr_head *head, *own;
	__u64 level;

	head = bpf_map_lookup_elem(&heads, &first);
	if (!head)
		return NULL;
	*out = head;
	level = head->level;
	if (level >= HR_LEVELS) {
		head->dropped++;
		head->last_drop = bpf_ktime_get_ns();
		return NULL;
	}
	head->level = level + 1;
	barrier();
	index = first + level;
	own = bpf_map_lookup_elem(&heads, &index);
	if (!own)
		return NULL;
	*pos = own->pos;
	own->pos = *pos + 1;
	if (level == 0)
		index = cpu * hr_stride + (*pos & (hr_slots - 1));
	else
		index = cpu * hr_stride + hr_slots + (level - 1) * HR_NESTED_SLOTS +
			(*pos & (HR_NESTED_SLOTS - 1));
	return bpf_map_lookup_elem(&rings, &index);
}

static __always_inline void hr_release(struct hr_head *head)
{
	barrier();
	head->level--;
}
#else
static __always_inline struct hr_slot *hr_take(struct hr_head **out, __u64 *pos)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 first = cpu * HR_LEVELS, index;
	struct hr_head *head = bpf_map_lookup_elem(&heads, &first);

	if (!head)
		return NULL;
	*out = head;
	*pos = __sync_fetch_and_add(&head->pos, 1);
	index = cpu * hr_stride + (*pos & (hr_slots - 1));
	return bpf_map_lookup_elem(&rings, &index);
}

static __always_inline void hr_release(struct hr_head *head)
{
}
#endif

/*
 * Copies `e` into a slot; its time (unless it has one), task and sequence number are filled in
 * here. The reader relies on the order of the stores, which x86 keeps.
 */
static __always_inline void hr_emit_as(const struct hr_slot *e, __u32 tid, __u32 pid)
{
	struct hr_head *head = NULL;
	struct hr_slot *s;
	__u64 pos = 0;

	s = hr_take(&head, &pos);
	if (!head)
		return;
	if (s) {
		*(volatile __u64 *)&s->seq = 0;
		barrier();
		s->when = e->when ? e->when : bpf_ktime_get_ns();
		s->tid = tid;
		s->pid = pid;
		s->other = e->other;
		/* root, kind, flags, call: one word */
		__builtin_memcpy(&s->root, &e->root, 4);
		s->object = e->object;
		s->value = e->value;
		s->word[0] = e->word[0];
		s->word[1] = e->word[1];
		barrier();
		*(volatile __u64 *)&s->seq = pos + 1;
	}
	hr_release(head);
}

static __always_inline void hr_emit(const struct hr_slot *e)
{
	__u64 id = bpf_get_current_pid_tgid();

	hr_emit_as(e, (__u32)id, id >> 32);
}

/* Counted, never silent. */
static __always_inline void hr_count_unfollowed(void)
{
	__u32 first = bpf_get_smp_processor_id() * HR_LEVELS;
	struct hr_head *head = bpf_map_lookup_elem(&heads, &first);

	if (head)
		__sync_fetch_and_add(&head->unfollowed, 1);
}
