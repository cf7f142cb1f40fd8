// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals sent to watched tasks, by whomever; exits; the init of a pid namespace that ends, and
 * whoever waits for a child. Included by recorder.bpf.c.
 */
#include "bpf/signal_exit/signal_exit.h"

#include "bpf/common/task.bpf.h"

SEC("?tp_btf/signal_generate")
int BPF_PROG(signal_sent, int sig, void *info, struct task_struct *target, int group, int result)
{
	struct hr_task *t = hr_find(target->pid), *sender;
	struct hr_slot e = {.kind = HR_SIGNAL};

	if (!t)
		return 0;
	sender = hr_current();
	if (sender)
		hr_settle(sender);
	e.root = t->root;
	e.other = t->tid;
	e.object = (__u32)sig;
	e.value = result;
	hr_emit(&e);
	return 0;
}

/* After exit_signals(), before exit_files(). */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(signal_exit, struct task_struct *p)
{
	struct hr_task *t = hr_find(p->pid);
	struct hr_slot e = {.kind = HR_EXIT};

	if (!t)
		return 0;
	t->depth = 0;
	hr_tell_quiet(t);
	e.root = t->root;
	hr_emit(&e);
	return 0;
}

SEC("?fentry/zap_pid_ns_processes")
int BPF_PROG(zap_in)
{
	return hr_plain_enter(HR_ZAP_PID_NS, 0, 0);
}

SEC("?fexit/zap_pid_ns_processes")
int BPF_PROG(zap_out)
{
	return hr_plain_leave(HR_ZAP_PID_NS, 0);
}

SEC("?kprobe/zap_pid_ns_processes")
int BPF_KPROBE(zap_kin)
{
	return hr_plain_enter(HR_ZAP_PID_NS, 0, 0);
}

SEC("?kretprobe/zap_pid_ns_processes")
int BPF_KRETPROBE(zap_kout)
{
	return hr_plain_leave(HR_ZAP_PID_NS, 0);
}

SEC("?fentry/do_wait")
int BPF_PROG(wait_in)
{
	return hr_plain_enter(HR_WAIT_CHILD, 0, 0);
}

SEC("?fexit/do_wait")
int BPF_PROG(wait_out, void *wo, long ret)
{
	return hr_plain_leave(HR_WAIT_CHILD, ret);
}

SEC("?kprobe/do_wait")
int BPF_KPROBE(wait_kin)
{
	return hr_plain_enter(HR_WAIT_CHILD, 0, 0);
}

SEC("?kretprobe/do_wait")
int BPF_KRETPROBE(wait_kout, long ret)
{
	return hr_plain_leave(HR_WAIT_CHILD, ret);
}
