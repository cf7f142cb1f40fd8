// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the other variants take from the mailed program, pipe_resize_stall.cpp.
#pragma once

#include "../kit/hang.h"

extern hang_fd stall_reader, stall_writer;
extern hang_task* stall_task;
extern long stall_capacity, stall_page;

hang_task* stall_start_writer();
void stall_setup();
void stall_open();
bool stall_fill();
void stall_write(hang_task* writer, long bytes, long chunk);
bool stall_asleep(hang_task* writer);
void stall_resize(long wanted);
int stall_resize_again();
void stall_victim(hang_task* task);
void stall_invariant(bool over);
bool stall_begin(void (*open)(), bool (*fill)());
int stall_end(long result);
int stall_trial(void (*open)(), bool (*fill)());
