// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which TCP sockets of one network namespace are the two ends of a connection over loopback, from
// /proc/net/tcp and tcp6 (net/ipv4/tcp_ipv4.c get_tcp4_sock(), v5.10 to v7.2). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

namespace hangrate {

/// The peer of each, by inode. Left out: what is not established at both ends; what has data on its
/// way or unread, or a timer (retransmission, keepalive, window probe), which may end a wait by
/// itself; an end without an inode, which nobody has accepted yet; addresses or inodes seen twice.
std::map<std::uint64_t, std::uint64_t> quiet_tcp_peers(std::string_view tcp, std::string_view tcp6);

}  // namespace hangrate
