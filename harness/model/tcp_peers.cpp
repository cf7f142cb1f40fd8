// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/tcp_peers.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "harness/base/file.h"

namespace hangrate {

namespace {

struct TcpSocket {
  std::string local;  ///< "0100007F:1F90"
  std::string remote;
  std::uint64_t inode = 0;
  bool quiet = false;
};

bool is_loopback(std::string_view address) {
  std::uint32_t word = 0;
  unsigned char bytes[sizeof word];
  std::from_chars(address.data(), address.data() + std::min<std::size_t>(address.size(), 8), word,
                  16);
  std::memcpy(bytes, &word, sizeof word);
  const bool is_v4 = address.find(':') == 8;
  return is_v4 ? bytes[0] == 127 : address.starts_with("00000000000000000000000001000000:");
}

/// An IPv4 address that an IPv6 socket has is written as the IPv4 socket at the other end has it.
std::string_view plain(std::string_view address) {
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (address.starts_with(kMapped)) address.remove_prefix(kMapped.size());
  return address;
}

/// "  0: 0100007F:1F90 0100007F:C3A4 01 00000000:00000000 00:00000000 00000000  0  0 77 1 ..."
void take_sockets(std::string_view text, std::vector<TcpSocket>& to) {
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::string> words;
    for (std::string& word : split(line, ' ')) {
      if (!word.empty()) words.push_back(std::move(word));
    }
    if (words.size() < 10) continue;
    TcpSocket socket;
    socket.local = plain(words[1]);
    socket.remote = plain(words[2]);
    std::from_chars(words[9].data(), words[9].data() + words[9].size(), socket.inode);
    socket.quiet = words[3] == "01" && words[4] == "00000000:00000000" &&
                   words[5].starts_with("00:") && is_loopback(socket.local) &&
                   is_loopback(socket.remote);
    to.push_back(std::move(socket));
  }
}

}  // namespace

std::map<std::uint64_t, std::uint64_t> quiet_tcp_peers(std::string_view tcp,
                                                       std::string_view tcp6) {
  std::vector<TcpSocket> all;
  take_sockets(tcp, all);
  take_sockets(tcp6, all);
  std::map<std::string, std::vector<const TcpSocket*>> by_ends;  // its own first
  std::map<std::uint64_t, int> inodes;
  for (const TcpSocket& socket : all) {
    by_ends[socket.local + " " + socket.remote].push_back(&socket);
    ++inodes[socket.inode];
  }
  const auto alone = [&](const std::vector<const TcpSocket*>& sockets) {
    const TcpSocket& first = *sockets.front();
    return sockets.size() == 1 && first.quiet && first.inode != 0 && inodes[first.inode] == 1;
  };
  std::map<std::uint64_t, std::uint64_t> peers;
  for (const auto& [ends, sockets] : by_ends) {
    const TcpSocket& one = *sockets.front();
    const auto other = by_ends.find(one.remote + " " + one.local);
    if (other == by_ends.end() || !alone(sockets) || !alone(other->second)) continue;
    peers[one.inode] = other->second.front()->inode;
  }
  return peers;
}

}  // namespace hangrate
