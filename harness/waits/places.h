// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where in the kernel a system call waits for what it is for. A task that sleeps anywhere else in
// it waits for something that its arguments do not tell: a page, a lock, a supervisor.
#pragma once

#include <string>

#include "harness/model/evidence.h"

namespace hangrate {

/// The innermost function it sleeps in, "" = unknown.
std::string place_of(const TaskSample& task);

/// Is it in one of the places where its call waits? True for a call of which no place is listed.
bool in_its_place(const TaskSample& task);

}  // namespace hangrate
