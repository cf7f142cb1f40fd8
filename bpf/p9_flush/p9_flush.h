// SPDX-License-Identifier: GPL-2.0-or-later OR MIT
//
// What slots about 9p mean; included by both sides.
//
//   kind                  other          value    object
//   CALL, RETURN P9_FLUSH -              result   -
//   CALL, RETURN P9_RPC   message type   -        -
#pragma once

#include "bpf/common/slot.h"
