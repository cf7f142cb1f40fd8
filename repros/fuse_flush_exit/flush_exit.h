// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the other variants take from the mailed program.
#pragma once

#include "../kit/child.h"
#include "../kit/fuse/fuse.h"

extern hang_child flush_victim, flush_helper;
extern hang_fd flush_device;
extern int flush_connection, flush_server;
extern const hang_wait flush_wait;  // for a victim that is the daemon

void flush_say(int error);
[[noreturn]] void flush_hold();
[[noreturn]] void flush_serve(int (*choose)(uint32_t opcode), void* (*thread)(void*));
int flush_answer(uint32_t opcode);
void* flush_thread(void*);
void flush_daemon();

void flush_expect();
void flush_start(void (*daemon)());
void flush_look();
int flush_over();
void flush_nap(int64_t ns);
int flush_abort();

void flush_setup();
int flush_trial(void (*begin)(), const hang_wait* wait);
