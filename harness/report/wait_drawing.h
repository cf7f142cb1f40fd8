// SPDX-License-Identifier: GPL-2.0-or-later
//
// The wait-for graph of a proof in places on a plane: tasks and what they wait for, in columns.
// Pure numbers and words; html_waits.cpp draws it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/waits/diagnosis.h"

namespace hangrate {

struct DrawnNode {
  bool task = false;  ///< else something that is waited for
  bool member = false;
  std::string name;    ///< "dd[12]", "pipe:[77]"; not escaped, of any length
  std::string detail;  ///< "write, pipe_write"
  std::size_t column = 0;
  std::size_t row = 0;
};

struct DrawnEdge {
  std::size_t from = 0;  ///< node that waits, or that could release
  std::size_t to = 0;
  bool releases = false;  ///< else it waits
  bool ready = false;     ///< what is waited for is there already
};

struct WaitDrawing {
  std::vector<DrawnNode> nodes;
  std::vector<DrawnEdge> edges;
  std::size_t left_out = 0;  ///< tasks and objects that there is no room for
};

/// A task waits for what stands right of it, and right of that stand those who could bring it, as
/// long as they do not stand elsewhere already. At most 40 nodes.
WaitDrawing draw_waits(const WaitProof& proof);

}  // namespace hangrate
