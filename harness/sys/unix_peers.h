// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which unix sockets are connected to which, from sock_diag(7). Of our own network namespace.
#pragma once

#include <cstdint>
#include <map>

#include "harness/base/error.h"

namespace hangrate {

/// The peer's inode by the inode of each connected stream or seqpacket socket. An error of the
/// system if the kernel does not answer (no CONFIG_UNIX_DIAG).
Result<std::map<std::uint64_t, std::uint64_t>> unix_peers();

}  // namespace hangrate
