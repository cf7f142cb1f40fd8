// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FUSE requests of watched tasks: queued, waited for, ended, aborted. Included by recorder.bpf.c.
 */
#include "bpf/fuse_wait/fuse_wait.h"

#include "bpf/common/task.bpf.h"

static __always_inline void hr_request(__u8 kind, struct fuse_req *req)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {.kind = kind};
	__s32 error;

	if (!t)
		return;
	e.root = t->root;
	hr_read_request(req, &e.object, &e.other, &error);
	e.value = kind == HR_FUSE_END ? error : 0;
	hr_emit(&e);
}

SEC("?tp_btf/fuse_request_send")
int BPF_PROG(fuse_send, struct fuse_req *req)
{
	hr_request(HR_FUSE_SEND, req);
	return 0;
}

/*
 * Before v6.12 (396b209e405a "fuse: add simple request tracepoints"): the wait is where a request
 * that is waited for shows first. By then it has its number.
 */
SEC("?fentry/request_wait_answer")
int BPF_PROG(fuse_sent_in, struct fuse_req *req)
{
	hr_request(HR_FUSE_SEND, req);
	return 0;
}

SEC("?kprobe/request_wait_answer")
int BPF_KPROBE(fuse_sent_kin, struct fuse_req *req)
{
	hr_request(HR_FUSE_SEND, req);
	return 0;
}

SEC("?tp_btf/fuse_request_end")
int BPF_PROG(fuse_end, struct fuse_req *req)
{
	hr_request(HR_FUSE_END, req);
	return 0;
}

SEC("?fentry/fuse_request_end")
int BPF_PROG(fuse_end_in, struct fuse_req *req)
{
	hr_request(HR_FUSE_END, req);
	return 0;
}

SEC("?kprobe/fuse_request_end")
int BPF_KPROBE(fuse_end_kin, void *first, void *second)
{
	hr_request(HR_FUSE_END, hr_fuse_end_has_conn ? second : first);
	return 0;
}

SEC("?fentry/fuse_flush")
int BPF_PROG(fuse_flush_in)
{
	return hr_plain_enter(HR_FUSE_FLUSH, 0, 0);
}

SEC("?fexit/fuse_flush")
int BPF_PROG(fuse_flush_out, void *file, void *id, int ret)
{
	return hr_plain_leave(HR_FUSE_FLUSH, ret);
}

SEC("?kprobe/fuse_flush")
int BPF_KPROBE(fuse_flush_kin)
{
	return hr_plain_enter(HR_FUSE_FLUSH, 0, 0);
}

SEC("?kretprobe/fuse_flush")
int BPF_KRETPROBE(fuse_flush_kout, int ret)
{
	return hr_plain_leave(HR_FUSE_FLUSH, ret);
}

static __always_inline void hr_fuse_wait(struct fuse_req *req)
{
	struct hr_task *t = hr_current();
	__u64 unique;
	__u32 opcode;
	__s32 error;

	if (!t)
		return;
	hr_read_request(req, &unique, &opcode, &error);
	hr_enter(t, HR_FUSE_WAIT, unique, opcode);
}

SEC("?fentry/request_wait_answer")
int BPF_PROG(fuse_wait_in, struct fuse_req *req)
{
	hr_fuse_wait(req);
	return 0;
}

SEC("?fexit/request_wait_answer")
int BPF_PROG(fuse_wait_out)
{
	return hr_plain_leave(HR_FUSE_WAIT, 0);
}

SEC("?kprobe/request_wait_answer")
int BPF_KPROBE(fuse_wait_kin, struct fuse_req *req)
{
	hr_fuse_wait(req);
	return 0;
}

SEC("?kretprobe/request_wait_answer")
int BPF_KRETPROBE(fuse_wait_kout)
{
	return hr_plain_leave(HR_FUSE_WAIT, 0);
}

static __always_inline void hr_fuse_abort(void)
{
	struct hr_task *t = hr_current();
	struct hr_slot e = {.kind = HR_FUSE_ABORT};

	if (!t)
		return;
	e.root = t->root;
	hr_emit(&e);
}

SEC("?fentry/fuse_abort_conn")
int BPF_PROG(fuse_abort_in)
{
	hr_fuse_abort();
	return 0;
}

SEC("?kprobe/fuse_abort_conn")
int BPF_KPROBE(fuse_abort_kin)
{
	hr_fuse_abort();
	return 0;
}
