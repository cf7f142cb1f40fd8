// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading all that an iterator of kernel programs prints, within a time and a size: the supervisor
// does it between two looks at a hang. Only for descriptors that never sleep in read(2).
#pragma once

#include <optional>
#include <string>

#include "harness/base/clock.h"

namespace hangrate {

/// All until the end of `fd`. nullopt: an error, or it was not there in time or is longer than
/// `most` bytes; half of it would pass for all of it. EAGAIN is asked again: the kernel says so
/// after each million of objects that printed nothing (kernel/bpf/bpf_iter.c, bpf_seq_read(),
/// v5.8).
std::optional<std::string> read_bounded(int fd, Nanos limit, std::size_t most);

}  // namespace hangrate
