// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/proc_reader.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/refused.h"
#include "harness/sys/child.h"
#include "harness/sys/proc_assembler.h"
#include "harness/sys/proc_helper.h"
#include "harness/sys/proc_wire.h"

namespace hangrate {

using namespace proc_wire;

namespace {

constexpr Nanos kPokePatience = kSecond;

/// For what comes after all that a verdict needs: an ioctl that waits for the victim's lock would
/// take the whole patience each time.
constexpr Nanos kRiskyShare = 8;

}  // namespace

ProcReader::ProcReader(std::string proc_root, std::string cgroup_threads)
    : proc_root_(std::move(proc_root)), cgroup_threads_(std::move(cgroup_threads)) {
  start();
}

ProcReader::~ProcReader() {
  signal_child(helper_, SIGKILL);
  if (breadcrumb_ != nullptr) ::munmap(breadcrumb_, kBreadcrumbBytes);
}

void ProcReader::start() {
  socket_.reset();
  helper_ = -1;
  trouble_.clear();
  started_ = now_ns();
  ++generation_;
  std::erase_if(stuck_, [](pid_t pid) { return !signal_child(pid, 0); });
  if (fruitless_ > kMostStuck || stuck_.size() > static_cast<std::size_t>(kMostStuck)) {
    trouble_ = "no /proc reader: too many in a row died, or are stuck and cannot be killed";
    return;
  }
  // A fresh page per helper: one left behind must not scribble over its successor's.
  void* page =
      ::mmap(nullptr, kBreadcrumbBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int pair[2];
  if (page == MAP_FAILED || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    trouble_ = "no /proc reader: " + refused("mmap or socketpair").what();
    if (page != MAP_FAILED) ::munmap(page, kBreadcrumbBytes);
    return;
  }
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  const int room = static_cast<int>(kPacketBytes) * 2;
  ::setsockopt(theirs.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (breadcrumb_ != nullptr) ::munmap(breadcrumb_, kBreadcrumbBytes);
  breadcrumb_ = static_cast<char*>(page);
  const int socket = theirs.get();
  const auto pid = fork_helper("hangrate-reader", {socket}, true, [&] {
    return serve_proc_requests(socket, proc_root_, cgroup_threads_, breadcrumb_);
  });
  if (!pid) {
    trouble_ = "no /proc reader: " + pid.error().what();
    return;
  }
  helper_ = *pid;
  socket_ = std::move(ours);
}

void ProcReader::replace() {
  if (helper_ > 0) {
    signal_child(helper_, SIGKILL);  // it may not die; it is not waited for
    stuck_.push_back(helper_);
  }
  ++abandoned_;
  ++fruitless_;
  start();
  for (Pending& waiting : pending_) waiting.sent = false;
  send_next();
}

std::uint64_t ProcReader::order(Pending order) {
  HR_CHECK(order.targets.size() <= kMaxTargets);
  if (!trouble_.empty() && now_ns() - started_ > kSecond)
    start();  // the machine may have recovered
  order.id = next_id_++;
  pending_.push_back(std::move(order));
  send_next();
  return next_id_ - 1;
}

std::uint64_t ProcReader::request(const std::vector<ReadTarget>& targets, Nanos patience,
                                  Depth depth, const Namer& namer) {
  return order({.targets = targets, .patience = patience, .depth = depth, .namer = namer});
}

std::uint64_t ProcReader::signal(const std::vector<ReadTarget>& targets, int number,
                                 const Namer& namer) {
  return order({.targets = targets, .patience = kPokePatience, .namer = namer, .signal = number});
}

void ProcReader::abort_fuse(int minor_number, std::uint64_t instance, const Namer& namer,
                            const std::vector<ReadTarget>& holders) {
  order({.targets = holders,
         .patience = kPokePatience,
         .namer = namer,
         .abort_minor = minor_number,
         .abort_instance = instance});
}

/// One request is with the helper at a time; the rest waits here. So the socket has room for it.
void ProcReader::send_next() {
  if (pending_.empty() || pending_.front().sent || !trouble_.empty()) return;
  Pending& front = pending_.front();
  Request request;
  request.id = front.id;
  request.namer = front.namer;
  request.signal = front.signal;
  request.abort_minor = front.abort_minor;
  request.abort_instance = front.abort_instance;
  request.count = static_cast<std::uint32_t>(front.targets.size());
  request.depth = front.depth;
  std::copy(front.targets.begin(), front.targets.end(), request.targets);
  request.worker_count = static_cast<std::uint32_t>(std::min(workers_.size(), kMaxWorkers));
  std::copy_n(workers_.begin(), request.worker_count, request.workers);
  front.sent = true;
  front.risky = false;
  front.when = now_ns();
  front.due = front.when + front.patience;
  assembler_ = std::make_unique<ProcAssembler>(front.targets, front.depth);
  // If it fails the helper is dead, which receive() sees.
  ::send(socket_.get(), &request, sizeof request, MSG_DONTWAIT | MSG_NOSIGNAL);
}

std::optional<ProcReader::Answer> ProcReader::receive() {
  while (true) {
    if (!trouble_.empty()) {
      if (pending_.empty()) return std::nullopt;
      const bool was_abort = pending_.front().abort_minor != 0;
      Answer answer = give_up();
      if (was_abort) continue;
      return answer;
    }
    static thread_local std::string buffer(kPacketBytes + 64, '\0');
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    const bool dead = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (n < static_cast<ssize_t>(sizeof(PacketHead))) {
      if (pending_.empty()) {
        if (dead) replace();
        return std::nullopt;
      }
      if (!dead && now_ns() < *next_deadline()) return std::nullopt;
      const bool was_abort = pending_.front().abort_minor != 0;
      Answer answer = give_up();
      replace();
      if (was_abort) continue;
      return answer;
    }
    if (auto answer = take_packet({buffer.data(), static_cast<std::size_t>(n)})) return answer;
  }
}

/// The answer, if this packet made it whole.
std::optional<ProcReader::Answer> ProcReader::take_packet(std::string_view packet) {
  PacketHead head;
  std::memcpy(&head, packet.data(), sizeof head);
  if (pending_.empty() || head.id != pending_.front().id) return std::nullopt;  // given up before
  fruitless_ = 0;
  assembler_->take(packet.substr(sizeof head));
  Pending& front = pending_.front();
  if (head.risky != 0) {
    front.risky = true;
    front.due = std::min(front.due, now_ns() + front.patience / kRiskyShare);
  }
  if (head.last == 0) return std::nullopt;
  Answer answer;
  answer.id = head.id;
  answer.samples = assembler_->whole();
  answer.foreign = assembler_->foreign();
  answer.samples.when = front.when;
  answer.samples.took = now_ns() - front.when;
  const bool was_abort = front.abort_minor != 0;
  pending_.pop_front();
  send_next();
  if (was_abort) return std::nullopt;
  return answer;
}

/// Takes the front request off with what has come of it.
ProcReader::Answer ProcReader::give_up() {
  const Pending& front = pending_.front();
  const std::string why = trouble_.empty()
                              ? std::string("the /proc reader got stuck or died in ") + breadcrumb_
                              : trouble_;
  Answer answer;
  answer.id = front.id;
  answer.stuck_in_pipe = front.sent && front.risky;
  if (front.sent && assembler_) {
    answer.samples = assembler_->cut_short(why);
  } else {
    answer.samples.absent.push_back({"helper", why});
  }
  answer.samples.when = front.sent ? front.when : now_ns();
  answer.samples.took = now_ns() - answer.samples.when;
  assembler_.reset();
  pending_.pop_front();
  return answer;
}

std::optional<Nanos> ProcReader::next_deadline() const {
  if (pending_.empty()) return std::nullopt;
  const Pending& front = pending_.front();
  return front.sent ? front.due : front.when + front.patience;
}

}  // namespace hangrate
