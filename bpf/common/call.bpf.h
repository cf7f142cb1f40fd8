/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns of the table of calls that kernel programs need, a function each. Most programs know
 * their call when they are compiled, and the switch folds away.
 */
#pragma once

#include <bpf/bpf_helpers.h>

#include "bpf/common/slot.h"

/* The words of the columns; one that is not here does not compile. */
enum hr_entered {
	HR_ENTERED_Inside,
	HR_ENTERED_Outermost,
};

enum hr_object_kind {
	HR_OBJECT_Nothing,
	HR_OBJECT_Pipe,
	HR_OBJECT_Request,
	HR_OBJECT_Child,
};

enum hr_rule {
	HR_RULE_Never,
	HR_RULE_Always,
	HR_RULE_UnlessItRead,
	HR_RULE_UnlessItResized,
};

static __always_inline _Bool hr_is_outermost(__u8 call)
{
	switch (call) {
#define HANGRATE_CALL(NUMBER, Name, entered, ...)                                                  \
	case HR_##NUMBER:                                                                          \
		return HR_ENTERED_##entered == HR_ENTERED_Outermost;
#include "harness/model/traced_calls.def"
	}
	return 0;
}

static __always_inline _Bool hr_is_pipe_call(__u8 call)
{
	switch (call) {
#define HANGRATE_CALL(NUMBER, Name, entered, object, ...)                                          \
	case HR_##NUMBER:                                                                          \
		return HR_OBJECT_##object == HR_OBJECT_Pipe;
#include "harness/model/traced_calls.def"
	}
	return 0;
}

static __always_inline enum hr_rule hr_quiet_rule(__u8 call)
{
	switch (call) {
#define HANGRATE_CALL(NUMBER, Name, entered, object, quiet, ...)                                   \
	case HR_##NUMBER:                                                                          \
		return HR_RULE_##quiet;
#include "harness/model/traced_calls.def"
	}
	return HR_RULE_Never;
}

/* May its slot wait until something happens in it? UnlessItResized is left to the reader. */
static __always_inline _Bool hr_is_quiet(__u8 call)
{
	enum hr_rule rule = hr_quiet_rule(call);

	return rule == HR_RULE_Always || rule == HR_RULE_UnlessItRead;
}
