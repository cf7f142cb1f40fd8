// SPDX-License-Identifier: GPL-2.0-or-later
//
// The compiled kernel programs, inside the program that loads them.
#pragma once

#include <cstddef>
#include <span>

namespace hangrate {

/// `has_fetch`: for kernels that know atomic fetch-and-add, v5.12 and later.
std::span<const std::byte> embedded_programs(bool has_fetch);

}  // namespace hangrate
