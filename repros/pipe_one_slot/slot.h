// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the other files take from the mailed program, pipe_one_slot.cpp.
#pragma once

#include "../kit/hang.h"

extern hang_fd slot_reader, slot_writer;
extern bool (*slot_approach)(hang_task*);

void slot_open(int slots);
void slot_put_at_page_end(char token);
bool slot_take(char* token);
bool slot_give(char token);
int slot_take_one();
long slot_write_token(hang_task*);
uint32_t slot_invariant(int asleep, int running);
void slot_setup_swap();
int slot_swap(int slots);
