/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of kernel structures that the programs read, and no others. Offsets come from the BTF
 * of the running kernel when a program is loaded (CO-RE), so order and size here mean nothing;
 * names do. Written by hand, not dumped: a build needs no kernel, and this list is the whole of
 * what can drift.
 * "___x" marks a second shape of the same structure; libbpf ignores what follows three underscores.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

#ifndef __bpf__
#error "kernel side only"
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pipe_inode_info {
	unsigned int head;
	unsigned int tail;
	unsigned int max_usage;
	unsigned int ring_size;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	/* First in its union, so that is what the verifier takes the union for. */
	struct pipe_inode_info *i_pipe;
};

struct file {
	struct inode *f_inode;
	unsigned int f_mode;
};

struct kiocb {
	struct file *ki_filp;
};

struct iov_iter {
	unsigned long count;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	__u32 pid;
	__u32 tgid;
	char comm[16];
	struct files_struct *files;
};

struct task_struct___old_state {
	long state;
};

struct fuse_in_header {
	__u32 len;
	__u32 opcode;
	__u64 unique;
};

struct fuse_out_header {
	__u32 len;
	__s32 error;
};

struct fuse_req {
	struct {
		struct fuse_in_header h;
	} in;
	struct {
		struct fuse_out_header h;
	} out;
};

/* <linux/ptrace.h> calls them by their user space names. */
struct pt_regs___kernel {
	unsigned long orig_ax;
	unsigned long di;
	unsigned long si;
	unsigned long dx;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop
