// SPDX-License-Identifier: GPL-2.0-or-later
//
// CellPlan: a cell with the program that runs it.
#pragma once

#include <string>

#include "harness/model/record.h"

namespace hangrate {

struct CellPlan {
  std::string executable;  ///< absolute path
  CellSpec spec;
};

}  // namespace hangrate
