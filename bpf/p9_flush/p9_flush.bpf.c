// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * 9p requests and the flush that follows a fatal signal. kprobes: p9_client_rpc() takes a variable
 * number of arguments, which fentry refuses, and p9_client_flush() is often inlined. Included by
 * recorder.bpf.c.
 */
#include "bpf/p9_flush/p9_flush.h"

#include "bpf/common/task.bpf.h"

SEC("?kprobe/p9_client_rpc")
int BPF_KPROBE(p9_rpc_kin, void *client, __s8 type)
{
	return hr_plain_enter(HR_P9_RPC, 0, (__u8)type);
}

SEC("?kretprobe/p9_client_rpc")
int BPF_KRETPROBE(p9_rpc_kout)
{
	return hr_plain_leave(HR_P9_RPC, 0);
}

SEC("?kprobe/p9_client_flush")
int BPF_KPROBE(p9_flush_kin)
{
	return hr_plain_enter(HR_P9_FLUSH, 0, 0);
}

SEC("?kretprobe/p9_client_flush")
int BPF_KRETPROBE(p9_flush_kout, int ret)
{
	return hr_plain_leave(HR_P9_FLUSH, ret);
}
