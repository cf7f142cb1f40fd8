// SPDX-License-Identifier: GPL-2.0-or-later
//
// Epoll entries on the wait queue of a file, many for few descriptors. An entry is one pair of
// (epoll, descriptor number) and holds the file, not the number: eventpoll finds entries by file
// and number (ep_find(), fs/eventpoll.c), and closing a duplicate leaves its entry in place until
// the file itself is released. So one epoll takes as many entries as there are free numbers, with
// one duplicate open at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/unique_fd.h"

namespace hangrate::kit {

/// Adds `count` entries for `fd` that wait for `events` (EPOLLERR and EPOLLHUP always are). Appends
/// the epolls that hold them to `epolls`; closing those removes the entries. Returns "" or what
/// failed, with errno text.
std::string add_epoll_entries(int fd, int count, std::uint32_t events,
                              std::vector<UniqueFd>& epolls);

}  // namespace hangrate::kit
