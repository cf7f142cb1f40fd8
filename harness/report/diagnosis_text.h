// SPDX-License-Identifier: GPL-2.0-or-later
//
// A diagnosis for people.
#pragma once

#include <string>

#include "harness/waits/diagnosis.h"

namespace hangrate {

std::string diagnosis_text(const Diagnosis& diagnosis);

}  // namespace hangrate
