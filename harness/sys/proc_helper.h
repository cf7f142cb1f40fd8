// SPDX-License-Identifier: GPL-2.0-or-later
//
// The expendable side of a /proc reader: a process of its own that reads what may block. What it
// has read is sent before the next thing that may block is tried, so that it is not lost with it.
#pragma once

#include <cstddef>
#include <string>

namespace hangrate {

inline constexpr std::size_t kBreadcrumbBytes = 256;

/// Serves requests from `socket` until that closes; the exit code of the process. `breadcrumb`,
/// shared with the reader, always holds what is being tried.
int serve_proc_requests(int socket, const std::string& proc_root, const std::string& cgroup_threads,
                        char* breadcrumb);

}  // namespace hangrate
