// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/unix_peers.h"

#include <array>
#include <cstring>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "harness/base/unique_fd.h"

namespace hangrate {

namespace {

using Peers = std::map<std::uint64_t, std::uint64_t>;

void take_socket(const nlmsghdr& message, Peers& peers) {
  const char* bytes = reinterpret_cast<const char*>(&message);
  unix_diag_msg socket{};
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof socket)) return;
  std::memcpy(&socket, bytes + NLMSG_HDRLEN, sizeof socket);
  if (socket.udiag_type == SOCK_DGRAM) return;  // anybody may send to it
  std::size_t at = NLMSG_LENGTH(sizeof socket);
  rtattr attribute{};
  while (at + sizeof attribute <= message.nlmsg_len) {
    std::memcpy(&attribute, bytes + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute) return;
    if (attribute.rta_type == UNIX_DIAG_PEER && at + 8 <= message.nlmsg_len) {
      std::uint32_t peer = 0;
      std::memcpy(&peer, bytes + at + sizeof attribute, sizeof peer);
      peers[socket.udiag_ino] = peer;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
}

/// False: that was the last one.
Result<bool> take_packet(const char* bytes, std::size_t size, Peers& peers) {
  nlmsghdr head{};
  for (std::size_t at = 0; at + sizeof head <= size; at += NLMSG_ALIGN(head.nlmsg_len)) {
    std::memcpy(&head, bytes + at, sizeof head);
    if (head.nlmsg_len < sizeof head || at + head.nlmsg_len > size) break;
    if (head.nlmsg_type == NLMSG_DONE) return false;
    if (head.nlmsg_type == NLMSG_ERROR)
      return fail(Error::infrastructure("the kernel has no unix_diag"));
    take_socket(*reinterpret_cast<const nlmsghdr*>(bytes + at), peers);
  }
  return true;
}

}  // namespace

Result<Peers> unix_peers() {
  const UniqueFd channel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!channel) return fail(Error::from_errno("socket(NETLINK_SOCK_DIAG)"));
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(channel.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  struct {
    nlmsghdr head;
    unix_diag_req request;
  } order{};
  order.head = {.nlmsg_len = sizeof order,
                .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                .nlmsg_seq = 1,
                .nlmsg_pid = 0};
  order.request.sdiag_family = AF_UNIX;
  order.request.udiag_states = ~0u;
  order.request.udiag_show = UDIAG_SHOW_PEER;
  if (::send(channel.get(), &order, sizeof order, 0) < 0) {
    return fail(Error::from_errno("sending to sock_diag"));
  }
  Peers peers;
  alignas(nlmsghdr) std::array<char, 1u << 16> packet{};
  while (true) {
    const ssize_t bytes = ::recv(channel.get(), packet.data(), packet.size(), 0);
    if (bytes <= 0) return fail(Error::from_errno("asking sock_diag"));
    const auto more = take_packet(packet.data(), static_cast<std::size_t>(bytes), peers);
    if (!more) return fail(more.error());
    if (!*more) return peers;
  }
}

}  // namespace hangrate
