// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sockets: unix streams have one peer each, datagrams and listeners have as many as come.
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

void receive(int socket, size_t size, int flags) {
  char bytes[256];
  must(recv(socket, bytes, size, flags), "recv");
}
void set_option(int socket, int option, const void* value, socklen_t size) {
  must(setsockopt(socket, SOL_SOCKET, option, value, size), "setsockopt");
}

void both_read() {
  const Pair pair = make_pair(SOCK_STREAM);
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_read, {pair.other}, [=] { read_byte(pair.other); });
}
void both_read_with_timeout() {
  const Pair pair = make_pair(SOCK_STREAM);
  const timeval hour = {3600, 0};
  set_option(pair.one, SO_RCVTIMEO, &hour, sizeof hour);
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_read, {pair.other}, [=] { read_byte(pair.other); });
}
void peer_naps() {
  const Pair pair = make_pair(SOCK_STREAM);
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}
void own_peer() {
  const Pair pair = make_pair(SOCK_STREAM);
  start(SYS_read, {pair.one, pair.other}, [=] { read_byte(pair.one); });
}
void full_socket() {
  start(SYS_wait4, {}, [] {
    const Pair pair = make_pair(SOCK_STREAM);
    const pid_t child = start(SYS_write, {pair.one}, [=] {
      fill(pair.one);
      write_byte(pair.one);
    });
    close(pair.one);
    wait_for(child);
  });
}
void low_water_mark() {
  const Pair pair = make_pair(SOCK_STREAM);
  const int mark = 100;
  set_option(pair.one, SO_RCVLOWAT, &mark, sizeof mark);
  must(write(pair.other, "0123456789", 10), "write");
  start(SYS_recvfrom, {pair.one}, [=] { receive(pair.one, 200, 0); });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}
void all_of_it(const Pair& pair, int flags) {
  must(write(pair.other, "0123456789", 10), "write");
  start(SYS_recvfrom, {pair.one}, [=] { receive(pair.one, 100, flags); });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}
void wait_all() {
  all_of_it(make_pair(SOCK_STREAM), MSG_WAITALL);
}

sockaddr_un socket_address() {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder());
  return address;
}
int named_socket(int type) {
  const sockaddr_un address = socket_address();
  const int named = static_cast<int>(must(socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "socket"));
  must(bind(named, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  if (type == SOCK_STREAM) must(listen(named, 0), "listen");
  return named;
}
int connected_to_name() {
  const sockaddr_un address = socket_address();
  const int end = static_cast<int>(must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  must(connect(end, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  return end;
}
void accept_one(int listener) {
  must(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept");
}

void both_read_after_accept() {
  const int listener = named_socket(SOCK_STREAM), one = connected_to_name();
  const int other =
      static_cast<int>(must(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept"));
  start(SYS_read, {one}, [=] { read_byte(one); });
  start(SYS_read, {other}, [=] { read_byte(other); });
}
void accepting() {
  const int listener = named_socket(SOCK_STREAM);
  start(SYS_accept4, {listener}, [=] { accept_one(listener); });
}
void accepting_unlinked() {
  const int listener = named_socket(SOCK_STREAM);
  must(unlink(socket_address().sun_path), "unlink");
  start(SYS_accept4, {listener}, [=] { accept_one(listener); });
}
/// Its peer has no descriptor yet: whoever has the listener can make one.
void not_accepted() {
  const int listener = named_socket(SOCK_STREAM), one = connected_to_name();
  start(SYS_read, {one}, [=] { read_byte(one); });
  start(SYS_clock_nanosleep, {listener}, nap);
}
void full_backlog() {
  const int listener = named_socket(SOCK_STREAM);
  const int before = connected_to_name();
  start(SYS_connect, {before}, [] { connected_to_name(); });
  start(SYS_clock_nanosleep, {listener}, nap);
}
/// poll(2) says writable of a datagram socket without a peer, whatever it is to send to.
void full_datagrams() {
  const int target = named_socket(SOCK_DGRAM);
  const int sender = static_cast<int>(must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket"));
  start(SYS_clock_nanosleep, {target}, nap);
  start(SYS_sendto, {sender}, [=] {
    const sockaddr_un address = socket_address();
    for (;;)
      must(sendto(sender, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address),
           "sendto");
  });
}

sockaddr_in loopback(int bound) {
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bound >= 0)
    must(getsockname(bound, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return address;
}
int internet_socket(int type) {
  const sockaddr_in address = loopback(-1);
  const int named = static_cast<int>(must(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket"));
  must(bind(named, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  if (type == SOCK_STREAM) must(listen(named, 4), "listen");
  return named;
}
Pair tcp_pair() {
  const int listener = internet_socket(SOCK_STREAM);
  const int one = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
  const sockaddr_in address = loopback(listener);
  must(connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  return {one, static_cast<int>(must(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept"))};
}
void tcp_both_read() {
  const Pair pair = tcp_pair();
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_read, {pair.other}, [=] { read_byte(pair.other); });
}
void tcp_peer_naps() {
  const Pair pair = tcp_pair();
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_clock_nanosleep, {pair.other}, nap);
}
void tcp_both_poll() {
  const Pair pair = tcp_pair();
  for (const int end : {pair.one, pair.other})
    start(kPoll, {end}, [=] {
      pollfd wait = {end, POLLIN, 0};
      must(poll(&wait, 1, -1), "poll");
    });
}
/// A probe of the peer goes out by time, and may find it gone.
void tcp_keepalive() {
  const Pair pair = tcp_pair();
  const int on = 1;
  set_option(pair.other, SO_KEEPALIVE, &on, sizeof on);
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_read, {pair.other}, [=] { read_byte(pair.other); });
}
void tcp_timeout() {
  const Pair pair = tcp_pair();
  const timeval hour = {3600, 0};
  set_option(pair.other, SO_RCVTIMEO, &hour, sizeof hour);
  start(SYS_read, {pair.one}, [=] { read_byte(pair.one); });
  start(SYS_read, {pair.other}, [=] { read_byte(pair.other); });
}
/// Its peer is in the backlog: who has the listener can make a descriptor of it.
void tcp_not_accepted() {
  const int listener = internet_socket(SOCK_STREAM);
  const int one = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
  const sockaddr_in address = loopback(listener);
  must(connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  start(SYS_read, {one}, [=] { read_byte(one); });
  start(SYS_clock_nanosleep, {listener}, nap);
}
void tcp_both_write() {
  const Pair pair = tcp_pair();
  for (const int end : {pair.one, pair.other})
    start(SYS_write, {end}, [=] {
      fill(end);
      for (;;) write_byte(end);
    });
}
/// What is there stays there, so poll(2) says readable, and the call goes on waiting for more.
void tcp_peek_all() {
  all_of_it(tcp_pair(), MSG_PEEK | MSG_WAITALL);
}
void tcp_accepting() {
  const int listener = internet_socket(SOCK_STREAM);
  start(SYS_accept4, {listener}, [=] { accept_one(listener); });
}
void udp_receiving() {
  const int bound = internet_socket(SOCK_DGRAM);
  start(SYS_recvfrom, {bound}, [=] { receive(bound, 1, 0); });
}
void netlink_receiving() {
  const int end = static_cast<int>(must(socket(AF_NETLINK, SOCK_RAW, 0), "socket"));
  start(SYS_recvfrom, {end}, [=] { receive(end, 1, 0); });
}

const Family kSockets{
    {"socket-both-read", "deadlock", false, "", "two readers, each the other's peer", both_read},
    {"socket-both-read-timeout", "none", false, "", "the same, one with SO_RCVTIMEO of an hour",
     both_read_with_timeout},
    {"socket-peer-naps", "none", false, "", "reader, the peer naps", peer_naps},
    {"socket-own-peer", "orphaned", false, "", "reader holds both ends", own_peer},
    {"socket-full-waiting-parent", "deadlock", false, "",
     "parent in wait4, child in write to a full socket that only the parent could read",
     full_socket},
    {"socket-low-water-mark", "none", false, "", "SO_RCVLOWAT 100, 10 bytes came, the peer naps",
     low_water_mark},
    {"socket-wait-all", "none", false, "", "MSG_WAITALL of 100, 10 bytes came, the peer naps",
     wait_all},
    {"socket-both-read-named", "deadlock", false, "",
     "two readers, connected by name; the listener is closed", both_read_after_accept},
    {"socket-accept", "none", false, "", "accept at a name", accepting},
    {"socket-accept-unlinked", "none|stuck", false, "", "accept, the name is gone",
     accepting_unlinked},
    {"socket-not-accepted", "none|stuck", false, "",
     "reader whose connection is not accepted yet; the listener's holder naps", not_accepted},
    {"socket-full-backlog", "none|stuck", false, "",
     "connect to a full backlog; the listener's holder naps", full_backlog},
    {"socket-full-datagrams", "none|stuck", false, "",
     "sendto a full queue without connect, so poll says writable; the receiver naps",
     full_datagrams},
    {"tcp-both-read", "deadlock", false, "", "two readers, each the other's peer over loopback",
     tcp_both_read},
    {"tcp-peer-naps", "none", false, "", "reader over loopback, the peer naps", tcp_peer_naps},
    {"tcp-both-poll", "deadlock", false, "", "two that poll to read, each the other's peer",
     tcp_both_poll},
    {"tcp-keepalive", "none|stuck", false, "", "as tcp-both-read, one end with SO_KEEPALIVE",
     tcp_keepalive},
    {"tcp-timeout", "none", false, "", "as tcp-both-read, one end with SO_RCVTIMEO of an hour",
     tcp_timeout},
    {"tcp-not-accepted", "none|stuck", false, "",
     "reader whose connection is not accepted yet; the listener's holder naps", tcp_not_accepted},
    {"tcp-both-write", "deadlock|stuck|none", false, "",
     "two writers over loopback, each the other's reader: data is on its way", tcp_both_write},
    {"tcp-peek-all", "none|stuck", false, "",
     "MSG_PEEK with MSG_WAITALL of 100; 10 bytes stay in the queue, so poll says readable; the "
     "peer naps",
     tcp_peek_all},
    {"tcp-accept", "none", false, "", "accept on loopback", tcp_accepting},
    {"udp-receive", "none", false, "", "recv on loopback", udp_receiving},
    {"netlink-receive", "none", false, "", "recv of netlink", netlink_receiving},
};

}  // namespace
}  // namespace hangrate::waits
