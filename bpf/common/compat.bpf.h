/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences between kernels, one getter each, with the commit that made it. Nothing else in bpf/
 * asks which kernel it runs on. Constants marked volatile are set before loading; the verifier
 * knows them then, and drops what is not for this kernel.
 */
#pragma once

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include "bpf/common/kernel_types.bpf.h"
#include "bpf/common/slot.h"

#define barrier() asm volatile("" ::: "memory")

/* sched_switch hands over prev_state: fa2c3254d7cf "sched/tracing: Don't re-read p->state when
 * emitting sched_switch event" (v5.18).
 */
const volatile _Bool hr_switch_has_state;
/* fuse_request_end(fc, req) became (req): 8f622e9497bb "fuse: drop fuse_conn parameter where
 * possible" (v5.10); told by BTF, where the module has it.
 */
const volatile _Bool hr_fuse_end_has_conn;
/* bpf_probe_read_kernel() is allowed: not under lockdown=confidentiality. */
const volatile _Bool hr_may_read;

/* task_struct::state was a long: 2f064a59a11f "sched: Change task_struct::state" (v5.14). */
static __always_inline __u32 hr_task_state(struct task_struct *p)
{
	if (bpf_core_field_exists(p->__state))
		return p->__state;
	return ((struct task_struct___old_state *)p)->state;
}

/*
 * The four numbers of a pipe, from an address the verifier knows nothing about. They lie side by
 * side in the BTF of 5.10.262 to 7.2.13, also in the union of 3d252160b818 "fs/pipe: Read
 * pipe->{head,tail} atomically outside pipe->mutex" (v6.14): one read; elsewhere none.
 */
static __always_inline int hr_read_pipe(__u64 address, struct hr_slot *e)
{
	struct pipe_inode_info *pipe = (void *)address;

	if (!hr_may_read || !address)
		return 0;
	if (bpf_core_field_offset(pipe->ring_size) - bpf_core_field_offset(pipe->head) != 12)
		return 0;
	return bpf_probe_read_kernel(&e->head, 16, &pipe->head) == 0;
}

/*
 * The number and the opcode of a FUSE request. Before v5.11 a module has no BTF. There `in` follows
 * two list heads, args, count and flags, as it still does in the BTF of 7.2.13; tried on 5.10.262.
 */
#define HR_FUSE_REQ_IN 56

static __always_inline void hr_read_request(struct fuse_req *req, __u64 *unique, __u32 *opcode,
					    __s32 *error)
{
	struct {
		__u32 len;
		__u32 opcode;
		__u64 unique;
		__u64 in_rest[3];
		__u32 out_len;
		__s32 out_error;
	} h = {};

	*unique = 0;
	*opcode = 0;
	*error = 0;
	if (!hr_may_read)
		return;
	if (bpf_core_type_exists(struct fuse_req)) {
		*unique = BPF_CORE_READ(req, in.h.unique);
		*opcode = BPF_CORE_READ(req, in.h.opcode);
		*error = BPF_CORE_READ(req, out.h.error);
	} else if (!bpf_probe_read_kernel(&h, sizeof(h), (void *)req + HR_FUSE_REQ_IN)) {
		*unique = h.unique;
		*opcode = h.opcode;
		*error = h.out_error;
	}
}
