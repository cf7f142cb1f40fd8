// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the controls and the tests take from the mailed program, and the tests from capacity.cpp.
#pragma once

#include "../kit/hang.h"

extern int full_parent, full_status, full_ends[2];
extern long full_bytes;
extern hang_fd full_window;

void full_start_child(void (*run)());
void full_print();
void full_write(int fd);
void full_wait();

int full_over();
int full_drain();
int full_stuck();
int full_child();
void full_progress(uint32_t status, long taken);

void full_setup();
void full_start(void (*parent)());
int full_end(const hang_wait* wait);

/// A pipe: `slots` buffers of `page` bytes; `packets`: O_DIRECT.
struct PipeShape {
  size_t slots, page;
  bool packets;
};
size_t full_rule(PipeShape pipe, size_t size);
size_t full_fill(size_t size, bool packets, size_t* capacity);
