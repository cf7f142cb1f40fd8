// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/child.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <linux/sched.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hangrate::fuse_flush_exit {

namespace {

std::string with_errno(const char* operation) {
  const int error_number = errno;
  return std::string(operation) + ": " + std::strerror(error_number) + " (" +
         std::to_string(error_number) + ")";
}

/// True if `fd` is readable within `at_most` ns. Signals do not end it: the workers handle none.
bool readable_within(int fd, Nanos at_most) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  const timespec limit = to_timespec(std::max<Nanos>(at_most, 0));
  return ::ppoll(&wanted, 1, &limit, nullptr) > 0;
}

}  // namespace

std::string Child::start(std::uint64_t clone_flags, const std::function<void()>& body) {
  int pidfd = -1;
  clone_args args{};
  args.flags = clone_flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  // CLONE_PARENT takes the exit signal from the caller and refuses another one.
  args.exit_signal = (clone_flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
  const int parent = (clone_flags & CLONE_PARENT) != 0 ? ::getppid() : ::getpid();
  // Not fork(): it knows no flags. The caller has one thread, so nobody holds a lock of libc.
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) return with_errno("clone3");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the prctl. In a new pid namespace it shows as 0 either way.
    if (::getppid() == parent || (clone_flags & CLONE_NEWPID) != 0) body();
    ::_exit(0);
  }
  pid_ = static_cast<int>(pid);
  pidfd_.reset(pidfd);
  return "";
}

std::string Child::adopt(int pid) {
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd_) return with_errno("pidfd_open");
  pid_ = pid;
  return "";
}

void Child::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

bool Child::reaped() {
  if (pid_ <= 0) return true;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) != 0) {
    if (errno != ECHILD) return false;
  } else if (info.si_pid != pid_) {
    return false;
  }
  pid_ = 0;
  pidfd_.reset();
  return true;
}

void Child::wait(Nanos at_most) const {
  if (pidfd_) readable_within(pidfd_.get(), at_most);
}

bool Child::reap_within(Nanos at_most) {
  const Nanos deadline = now_ns() + at_most;
  while (!reaped()) {
    const Nanos left = deadline - now_ns();
    if (left <= 0) return false;
    wait(left);
  }
  return true;
}

std::string Mailbox::open() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return with_errno("socketpair");
  }
  reader_.reset(ends[0]);
  sender_.reset(ends[1]);
  const int on = 1;
  if (::setsockopt(reader_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return with_errno("setsockopt(SO_PASSCRED)");
  }
  return "";
}

void Mailbox::close() {
  reader_.reset();
  sender_.reset();
}

namespace {

struct Packet {
  News news;
  int error_number;
};

}  // namespace

Message Mailbox::receive(Nanos at_most) const {
  if (!readable_within(reader_.get(), at_most)) return {};
  Packet packet{};
  iovec data{.iov_base = &packet, .iov_len = sizeof packet};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  if (::recvmsg(reader_.get(), &header, MSG_DONTWAIT) != sizeof packet) return {};
  Message message{.news = packet.news, .error_number = packet.error_number, .pid = 0};
  const cmsghdr* part = CMSG_FIRSTHDR(&header);
  if (part != nullptr && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
    message.pid = sender.pid;
  }
  return message;
}

void Mailbox::send(News news, int error_number) const {
  const Packet packet{.news = news, .error_number = error_number};
  // A receiver that is gone takes its children with it; nothing to do about an error here.
  [[maybe_unused]] const ssize_t sent =
      ::send(sender_.get(), &packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace hangrate::fuse_flush_exit
