// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/proc_reader.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/model/proc_text.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/syscall_names.h"

namespace hangrate {

namespace {

constexpr std::size_t kBreadcrumbBytes = 256;
constexpr std::size_t kMaxTargets = 8;
constexpr std::size_t kMaxThreads = 64;  // of one process; more are not looked at
constexpr std::size_t kAnswerBytes = 160 * 1024;
constexpr Nanos kAbortPatience = kSecond;

/// Cheap files first; none of them takes the address space lock of the task.
enum class Source : std::uint32_t { Stat, Status, Wchan, Syscall, Stack, Descriptor, Gone };
constexpr const char* kFiles[] = {"stat", "status", "wchan", "syscall", "stack"};
constexpr std::uint32_t kMotionFiles = 3;  // the first three

struct Request {
  std::uint64_t id = 0;
  std::int32_t abort_minor = 0;  ///< not 0: abort this FUSE connection, then answer with the id
  std::uint64_t abort_instance = 0;
  std::uint32_t count = 0;
  Depth depth = Depth::Full;
  ReadTarget targets[kMaxTargets];
};

/// One piece of an answer, followed by `length` bytes.
struct Piece {
  std::uint32_t target = 0;
  std::int32_t tid = 0;
  Source source = Source::Gone;
  std::int32_t error = 0;
  std::uint32_t length = 0;
};

struct DescriptorFacts {
  std::int32_t revents = 0;
  std::int32_t queued = -1;
  std::int32_t capacity = -1;
};

/// The helper's side. Everything it does may block; that is its purpose.
class Helper {
 public:
  Helper(int socket, const std::string& proc_root, char* breadcrumb)
      : socket_(socket), root_(proc_root), breadcrumb_(breadcrumb) {}

  int serve() {
    bool fusectl_ready = false;
    Request request;
    while (::recv(socket_, &request, sizeof request, 0) == sizeof request) {
      answer_.assign(reinterpret_cast<const char*>(&request.id), sizeof request.id);
      if (request.abort_minor != 0) {
        leave_breadcrumb("the abort of a FUSE connection");
        if (!fusectl_ready) prepare_fusectl_here();
        fusectl_ready = true;
        abort_fuse_connection(request.abort_minor, request.abort_instance);
      }
      files_ = request.depth == Depth::Motion ? kMotionFiles : std::size(kFiles);
      for (std::uint32_t i = 0; i < request.count; ++i) look(i, request.targets[i]);
      breadcrumb_[0] = '\0';
      if (::send(socket_, answer_.data(), answer_.size(), 0) < 0) return 1;
    }
    return 0;
  }

 private:
  void look(std::uint32_t index, const ReadTarget& target) {
    const std::string process = root_ + "/" + std::to_string(target.pid) + "/task";
    if (target.tid != 0) {
      look_at_task(index, target.tid, process);
    } else {
      look_at_threads(index, process);
    }
    if (target.poll_fd >= 0 && files_ > kMotionFiles) look_at_descriptor(index, target);
  }

  void look_at_threads(std::uint32_t index, const std::string& process) {
    leave_breadcrumb(process);
    DIR* directory = ::opendir(process.c_str());
    if (directory == nullptr) return put(index, 0, Source::Gone, errno, {});
    std::size_t seen = 0;
    while (const dirent* entry = ::readdir(directory)) {
      if (entry->d_name[0] == '.' || ++seen > kMaxThreads) continue;
      look_at_task(index, std::atoi(entry->d_name), process);
    }
    ::closedir(directory);
  }

  void look_at_task(std::uint32_t index, int tid, const std::string& process) {
    const std::string task = process + "/" + std::to_string(tid) + "/";
    for (std::uint32_t source = 0; source < files_; ++source) {
      const std::string path = task + kFiles[source];
      leave_breadcrumb(path);
      char text[8192];
      ssize_t n = -1;
      const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      if (file) n = ::read(file.get(), text, sizeof text);
      const int error = n < 0 ? errno : 0;
      // A file that is not there may be one this kernel has not (stack without CONFIG_STACKTRACE,
      // syscall without CONFIG_HAVE_ARCH_TRACEHOOK: fs/proc/base.c, v5.10 to v7).
      const bool gone = error == ESRCH || (error == ENOENT && (source == 0 || !exists(task)));
      if (gone) return put(index, tid, Source::Gone, error, {});
      put(index, tid, static_cast<Source>(source), error,
          std::string_view(text, n > 0 ? static_cast<std::size_t>(n) : 0));
      if (source == 0 &&
          is_zombie(std::string_view(text, n > 0 ? static_cast<std::size_t>(n) : 0))) {
        return;  // it has no more to tell
      }
    }
  }

  static bool exists(const std::string& task) { return ::access(task.c_str(), F_OK) == 0; }

  static bool is_zombie(std::string_view stat) {
    const std::size_t close = stat.rfind(')');
    return close != stat.npos && close + 2 < stat.size() && stat[close + 2] == 'Z';
  }

  /// The supervisor's own look at the victim's descriptor: a copy of it, polled and closed again.
  /// pidfd_getfd(2) (v5.6) checks ptrace permission but neither stops nor signals the victim.
  void look_at_descriptor(std::uint32_t index, const ReadTarget& target) {
    leave_breadcrumb("pidfd_getfd");
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, target.pid, 0)));
    if (!process) return put(index, 0, Source::Descriptor, errno, {});
    const UniqueFd copy(
        static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), target.poll_fd, 0)));
    if (!copy) return put(index, 0, Source::Descriptor, errno, {});
    pollfd look{.fd = copy.get(), .events = target.poll_events, .revents = 0};
    if (::poll(&look, 1, 0) < 0) return put(index, 0, Source::Descriptor, errno, {});
    DescriptorFacts facts;
    facts.revents = look.revents;
    int queued = 0;
    if (::ioctl(copy.get(), FIONREAD, &queued) == 0) facts.queued = queued;
    facts.capacity = ::fcntl(copy.get(), F_GETPIPE_SZ);
    put(index, 0, Source::Descriptor, 0,
        std::string_view(reinterpret_cast<const char*>(&facts), sizeof facts));
  }

  void put(std::uint32_t index, int tid, Source source, int error, std::string_view bytes) {
    const Piece piece{index, tid, source, error, static_cast<std::uint32_t>(bytes.size())};
    if (answer_.size() + sizeof piece + bytes.size() > kAnswerBytes) return;
    answer_.append(reinterpret_cast<const char*>(&piece), sizeof piece);
    answer_.append(bytes);
  }

  void leave_breadcrumb(const std::string& path) {
    std::snprintf(breadcrumb_, kBreadcrumbBytes, "%s", path.c_str());
  }

  int socket_;
  const std::string root_;
  char* breadcrumb_;
  std::size_t files_ = std::size(kFiles);
  std::string answer_;
};

std::string error_text(int error) {
  return std::string(std::strerror(error)) + " (" + std::to_string(error) + ")";
}

/// Turns the pieces of one answer into samples.
class Assembler {
 public:
  explicit Assembler(const std::vector<ReadTarget>& targets) : targets_(targets) {}

  SampleSet assemble(std::string_view bytes) {
    while (bytes.size() >= sizeof(Piece)) {
      Piece piece;
      std::memcpy(&piece, bytes.data(), sizeof piece);
      bytes.remove_prefix(sizeof piece);
      if (piece.length > bytes.size() || piece.target >= targets_.size()) break;
      take(piece, bytes.substr(0, piece.length));
      bytes.remove_prefix(piece.length);
    }
    return std::move(set_);
  }

 private:
  void take(const Piece& piece, std::string_view text) {
    const ReadTarget& target = targets_[piece.target];
    if (piece.source == Source::Descriptor) return take_descriptor(target, piece, text);
    TaskSample& sample = task(piece.target, piece.tid, target);
    if (piece.source == Source::Gone) {
      sample.gone = true;
      return;
    }
    if (piece.error != 0) {
      const auto file = static_cast<std::size_t>(piece.source);
      sample.absent.push_back({kFiles[file], error_text(piece.error)});
      return;
    }
    switch (piece.source) {
      case Source::Stat:
        return parse_stat(text, sample);
      case Source::Status:
        return parse_status(text, sample);
      case Source::Wchan:
        return parse_wchan(text, sample);
      case Source::Syscall:
        parse_syscall(text, sample);
        sample.syscall_name = syscall_name(syscall_number(sample));
        return;
      case Source::Stack:
        return parse_stack(text, sample);
      case Source::Descriptor:
      case Source::Gone:
        return;
    }
  }

  void take_descriptor(const ReadTarget& target, const Piece& piece, std::string_view bytes) {
    DescriptorFacts facts;
    if (piece.error != 0 || bytes.size() != sizeof facts) {
      set_.absent.push_back({"fd", "pidfd_getfd: " + error_text(piece.error)});
      return;
    }
    std::memcpy(&facts, bytes.data(), sizeof facts);
    FdWitness witness;
    witness.role = target.role;
    witness.fd = target.poll_fd;
    witness.wanted = target.poll_events;
    witness.revents = facts.revents;
    if (facts.queued >= 0) witness.queued = facts.queued;
    if (facts.capacity >= 0) witness.capacity = facts.capacity;
    set_.fds.push_back(witness);
  }

  TaskSample& task(std::uint32_t index, int tid, const ReadTarget& target) {
    if (set_.tasks.empty() || last_target_ != index || set_.tasks.back().tid != tid) {
      TaskSample sample;
      sample.role = target.role;
      sample.pid = target.pid;
      sample.tid = tid;
      sample.victim = target.victim != 0;
      set_.tasks.push_back(std::move(sample));
      last_target_ = index;
    }
    return set_.tasks.back();
  }

  const std::vector<ReadTarget>& targets_;
  SampleSet set_;
  std::uint32_t last_target_ = 0;
};

}  // namespace

ProcReader::ProcReader(std::string proc_root) : proc_root_(std::move(proc_root)) {
  start();
}

ProcReader::~ProcReader() {
  signal_process(helper_, SIGKILL);
  if (breadcrumb_ != nullptr) ::munmap(breadcrumb_, kBreadcrumbBytes);
}

void ProcReader::start() {
  socket_.reset();
  helper_ = -1;
  trouble_.clear();
  started_ = now_ns();
  ++generation_;
  std::erase_if(stuck_, [](pid_t pid) { return !signal_process(pid, 0); });
  if (fruitless_ > kMostStuck || stuck_.size() > static_cast<std::size_t>(kMostStuck)) {
    trouble_ = "no /proc reader: too many in a row died, or are stuck and cannot be killed";
    return;
  }
  // A fresh page per helper: one left behind must not scribble over its successor's.
  void* page =
      ::mmap(nullptr, kBreadcrumbBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int pair[2];
  if (page == MAP_FAILED || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    trouble_ = "no /proc reader: " + Error::from_errno("mmap or socketpair").what();
    if (page != MAP_FAILED) ::munmap(page, kBreadcrumbBytes);
    return;
  }
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  const int room = static_cast<int>(kAnswerBytes) * 2;
  ::setsockopt(theirs.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (breadcrumb_ != nullptr) ::munmap(breadcrumb_, kBreadcrumbBytes);
  breadcrumb_ = static_cast<char*>(page);
  const int socket = theirs.get();
  const auto pid = fork_helper("hangrate-reader", {socket}, true,
                               [&] { return Helper(socket, proc_root_, breadcrumb_).serve(); });
  if (!pid) {
    trouble_ = "no /proc reader: " + pid.error().what();
    return;
  }
  helper_ = *pid;
  socket_ = std::move(ours);
}

void ProcReader::replace() {
  if (helper_ > 0) {
    signal_process(helper_, SIGKILL);  // it may not die; it is not waited for
    stuck_.push_back(helper_);
  }
  ++abandoned_;
  ++fruitless_;
  start();
  for (Pending& waiting : pending_) waiting.sent = false;
  send_next();
}

std::uint64_t ProcReader::request(const std::vector<ReadTarget>& targets, Nanos patience,
                                  Depth depth) {
  HR_CHECK(targets.size() <= kMaxTargets);
  if (!trouble_.empty() && now_ns() - started_ > kSecond)
    start();  // the machine may have recovered
  const std::uint64_t id = next_id_++;
  pending_.push_back({.id = id, .targets = targets, .patience = patience, .depth = depth});
  send_next();
  return id;
}

void ProcReader::abort_fuse(int minor_number, std::uint64_t instance) {
  pending_.push_back({.id = next_id_++,
                      .targets = {},
                      .patience = kAbortPatience,
                      .abort_minor = minor_number,
                      .abort_instance = instance});
  send_next();
}

/// One request is with the helper at a time; the rest waits here. So the socket has room for it.
void ProcReader::send_next() {
  if (pending_.empty() || pending_.front().sent || !trouble_.empty()) return;
  Pending& front = pending_.front();
  Request request;
  request.id = front.id;
  request.abort_minor = front.abort_minor;
  request.abort_instance = front.abort_instance;
  request.count = static_cast<std::uint32_t>(front.targets.size());
  request.depth = front.depth;
  std::copy(front.targets.begin(), front.targets.end(), request.targets);
  front.sent = true;
  front.when = now_ns();
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
    static thread_local std::string buffer(kAnswerBytes + 64, '\0');
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    const bool dead = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (n < static_cast<ssize_t>(sizeof(std::uint64_t))) {
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
    std::uint64_t id = 0;
    std::memcpy(&id, buffer.data(), sizeof id);
    if (pending_.empty() || id != pending_.front().id) continue;  // of one given up before
    fruitless_ = 0;
    const Pending request = std::move(pending_.front());
    pending_.pop_front();
    send_next();
    if (request.abort_minor != 0) continue;
    Answer answer;
    answer.id = id;
    const std::string_view bytes(buffer.data() + sizeof id,
                                 static_cast<std::size_t>(n) - sizeof id);
    answer.samples = Assembler(request.targets).assemble(bytes);
    answer.samples.when = request.when;
    answer.samples.took = now_ns() - request.when;
    return answer;
  }
}

/// Takes the front request off and answers that nothing is known.
ProcReader::Answer ProcReader::give_up() {
  Answer answer;
  const Nanos when = pending_.front().sent ? pending_.front().when : now_ns();
  answer.id = pending_.front().id;
  answer.samples.when = when;
  answer.samples.took = now_ns() - when;
  answer.samples.absent.push_back(
      {"helper", trouble_.empty()
                     ? std::string("the /proc reader got stuck or died in ") + breadcrumb_
                     : trouble_});
  pending_.pop_front();
  return answer;
}

std::optional<Nanos> ProcReader::next_deadline() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.front().when + pending_.front().patience;
}

}  // namespace hangrate
