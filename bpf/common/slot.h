// SPDX-License-Identifier: GPL-2.0-or-later OR MIT
//
// The contract between the kernel programs and their reader: what lies in the shared maps. Included
// by both, in C and in C++; fixed widths only, and the sizes are asserted on both sides.
// A slot is whole if its sequence number is its position + 1 before and after it was copied.
#pragma once

#include <linux/types.h>

#ifdef __cplusplus
#define HR_STATIC_ASSERT static_assert
#else
#define HR_STATIC_ASSERT _Static_assert
#endif

/* What a slot tells. The numbers are those of TraceKind, then kinds of the recorder's own. */
enum hr_kind {
  HR_CALL = 0,
  HR_RETURN = 1,
  HR_SLEEP = 2,
  HR_PREEMPT = 3,
  HR_RUN = 4,
  HR_WAKE = 5,
  HR_SIGNAL = 6,
  HR_FORK = 7,
  HR_EXIT = 8,
  HR_FUSE_SEND = 9,
  HR_FUSE_END = 10,
  HR_FUSE_ABORT = 11,
  HR_USER_STACK = 12, /* belongs to the Sleep of the same task just before it */
  HR_EXEC = 13,       /* the program of a task was replaced */
  HR_QUIET = 14,      /* `value` calls of a task since its last event simply came back */
};

/* Which function: a row of the table each, so the numbers are those of TracedCall. */
enum hr_call {
  HR_CALL_NONE,
#define HANGRATE_CALL(NUMBER, ...) HR_##NUMBER,
#include "harness/model/traced_calls.def"
  HR_CALLS
};
HR_STATIC_ASSERT(HR_CALLS <= 256, "a call has one byte in a slot");

enum hr_flag {
  HR_HAS_PIPE = 1, /* head .. ring_size are valid */
  HR_LATE = 2,     /* written after `when`: younger slots may lie before it */
};

/* Anonymous structures are C11; of C++ they are an extension, which __extension__ tells GCC only.
 */
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnested-anon-types"
#endif
struct hr_slot {
  __u64 seq;  /* position + 1, 0 while it is written */
  __u64 when; /* CLOCK_MONOTONIC, ns */
  __u32 tid;  /* who was on the CPU */
  __u32 pid;
  __u32 other;    /* tid acted upon, or a small number: see the probe */
  __u16 root;     /* number of the watched process, never 0 */
  __u8 kind : 6;  /* enum hr_kind */
  __u8 flags : 2; /* enum hr_flag */
  __u8 call;      /* enum hr_call */
  __u64 object;
  __s64 value; /* argument or result: see the probe */
  union {
    __extension__ struct {
      __u32 head;
      __u32 tail;
      __u32 max_usage;
      __u32 ring_size;
    };
    __u64 word[2];
    char comm[16];
  };
};
#ifdef __clang__
#pragma clang diagnostic pop
#endif
HR_STATIC_ASSERT(sizeof(struct hr_slot) == 64, "a slot is one cache line");
HR_STATIC_ASSERT(__builtin_offsetof(struct hr_slot, call) == 31, "kind and flags share a byte");
HR_STATIC_ASSERT(__builtin_offsetof(struct hr_slot, object) == 32, "no padding");
HR_STATIC_ASSERT(__builtin_offsetof(struct hr_slot, head) == 48, "no padding");

/* HR_USER_STACK: the frames lie where object .. word are. */
#define HR_USER_FRAMES 4

/* One ring: a CPU's own, and before v5.12 one more for each level of nesting on it. */
#define HR_LEVELS 4
#define HR_NESTED_SLOTS 256

struct hr_head {
  __u64 pos;        /* slots ever taken */
  __u64 dropped;    /* events that found no room: nested too deep */
  __u64 last_drop;  /* when, CLOCK_MONOTONIC */
  __u64 level;      /* of nesting, now; kernels before v5.12 */
  __u64 unfollowed; /* tasks that found no place in the task table */
  __u64 spare[3];
};
HR_STATIC_ASSERT(sizeof(struct hr_head) == 64, "heads do not share cache lines");

/* A call that was entered and has no slot yet: it gets one when something happens in it. */
struct hr_open_call {
  __u64 when;
  __u64 object;
  __s64 value;
  __u32 other;
  __u8 call;
  __u8 flags;
  __u8 open;     /* 1: the rest is valid */
  __u8 told;     /* 1: it has its slot */
  __u64 word[2]; /* the pipe */
};

/* A watched task. The place of a tid is tid & mask; what is found there must have that tid. */
#define HR_DEPTH 4

struct hr_task {
  __u32 tid; /* 0: free */
  __u32 pid;
  __u16 root;
  __u8 depth; /* calls it is in */
  __u8 call[HR_DEPTH];
  __u8 pad[1];
  __u64 what[HR_DEPTH]; /* pipe: its address; FUSE: the request's unique number */
  __u64 number;         /* scratch: see hr_number() */
  __u64 quiet;          /* calls that came back without a slot, not told yet */
  struct hr_open_call entered;
  __u64 spare[2];
};
HR_STATIC_ASSERT(sizeof(struct hr_task) == 128, "a task is two cache lines");
