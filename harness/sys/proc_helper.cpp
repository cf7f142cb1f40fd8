// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/proc_helper.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/proc_wire.h"

namespace hangrate {

namespace {

using namespace proc_wire;

/// Everything it does may block; that is its purpose.
class Helper {
 public:
  Helper(int socket, const std::string& proc_root, const std::string& cgroup_threads,
         char* breadcrumb)
      : socket_(socket),
        root_(proc_root),
        breadcrumb_(breadcrumb),
        own_(::getppid(), cgroup_threads) {}

  int serve() {
    bool fusectl_ready = false;
    foreign_ = why_foreign();
    Request request;
    while (::recv(socket_, &request, sizeof request, 0) == sizeof request) {
      begin(request.id);
      own_.know_workers({request.workers, request.workers + request.worker_count});
      if (!foreign_.empty()) {
        put(0, 0, Source::Foreign, 0, foreign_);
      } else if (request.abort_minor != 0) {
        leave_breadcrumb("the abort of a FUSE connection");
        if (!fusectl_ready) prepare_fusectl_here();
        fusectl_ready = true;
        abort(request);
      } else if (request.signal != 0) {
        leave_breadcrumb("a signal");
        signal(request);
      } else {
        look(request);
      }
      breadcrumb_[0] = '\0';
      if (!send(true, false)) return 1;
    }
    return 0;
  }

 private:
  struct Task {
    std::uint32_t target = 0;
    int tid = 0;
    std::string folder;
    bool more = true;  ///< neither gone nor a zombie
  };

  /// A /proc of another pid namespace, or one that is masked, shows other tasks under our numbers.
  std::string why_foreign() const {
    if (root_ != "/proc") return "";  // made up by a test
    char self[32] = {};
    leave_breadcrumb("/proc/self");
    if (::readlink("/proc/self", self, sizeof self - 1) < 0) {
      return "there is no /proc/self: /proc is not mounted, or masked";
    }
    if (std::atoi(self) == ::getpid()) return "";
    return "/proc is that of another pid namespace: it calls this process " + std::string(self) +
           " and not " + std::to_string(::getpid());
  }

  void abort(const Request& request) {
    std::vector<pid_t> named;
    for (std::uint32_t i = 0; i < request.count; ++i) named.push_back(request.targets[i].pid);
    if (own_.owns_connection(request.namer, named, request.abort_minor)) {
      abort_fuse_connection(request.abort_minor, request.abort_instance);
    }
  }

  void signal(const Request& request) {
    for (std::uint32_t i = 0; i < request.count; ++i) {
      const ReadTarget& to = request.targets[i];
      own_.signal(request.namer, to.pid, to.tid, to.started, request.signal);
    }
  }

  void look(const Request& request) {
    tasks_.clear();
    for (std::uint32_t i = 0; i < request.count; ++i) {
      if (is_ours(request, i)) find_tasks(i, request.targets[i]);
    }
    for (std::uint32_t source = 0; source < kMotionFiles; ++source) read_of_all(source);
    if (request.depth == Depth::Full) {
      for (std::uint32_t source = kMotionFiles; source < std::size(kFiles); ++source) {
        send(false, false);
        read_of_all(source);
      }
    }
    drop_ended(request);
    if (request.depth == Depth::Full) look_at_descriptors(request);
  }

  bool is_ours(const Request& request, std::uint32_t i) {
    if (root_ != "/proc") return true;  // made up by a test
    leave_breadcrumb("the parents of a task");
    switch (own_.standing(request.namer, request.targets[i].pid)) {
      case Standing::Ours:
        return true;
      case Standing::Gone:
        put(i, 0, Source::Gone, ESRCH, {});
        return false;
      case Standing::Foreign:
        break;
    }
    put(i, 0, Source::NotOurs, 0, {});
    return false;
  }

  /// What ended while it was read may have been read under the number of another one.
  void drop_ended(const Request& request) {
    for (const Task& task : tasks_) {
      const pid_t pid = request.targets[task.target].pid;
      if (task.more && root_ == "/proc" && own_.standing(request.namer, pid) == Standing::Gone) {
        put(task.target, task.tid, Source::Gone, ESRCH, {});
      }
    }
  }

  void find_tasks(std::uint32_t target, const ReadTarget& wanted) {
    const std::string process = root_ + "/" + std::to_string(wanted.pid) + "/task";
    const auto add = [&](int tid) {
      tasks_.push_back({target, tid, process + "/" + std::to_string(tid) + "/"});
    };
    if (wanted.tid != 0) return add(wanted.tid);
    leave_breadcrumb(process);
    DIR* directory = ::opendir(process.c_str());
    if (directory == nullptr) return put(target, 0, Source::Gone, errno, {});
    std::size_t seen = 0;
    while (const dirent* entry = ::readdir(directory)) {
      if (entry->d_name[0] == '.' || ++seen > kMaxThreads) continue;
      add(std::atoi(entry->d_name));
    }
    ::closedir(directory);
  }

  void read_of_all(std::uint32_t source) {
    for (Task& task : tasks_) {
      if (task.more) read_file(task, source);
    }
  }

  void read_file(Task& task, std::uint32_t source) {
    const std::string path = task.folder + kFiles[source];
    leave_breadcrumb(path);
    char text[8192];
    ssize_t n = -1;
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file) n = ::read(file.get(), text, sizeof text);
    const int error = n < 0 ? errno : 0;
    // A file that is not there may be one this kernel has not (stack without CONFIG_STACKTRACE,
    // syscall without CONFIG_HAVE_ARCH_TRACEHOOK: fs/proc/base.c, v5.10 to v7).
    const bool gone = error == ESRCH || (error == ENOENT && (source == 0 || !exists(task.folder)));
    const std::string_view bytes(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    task.more = !gone && !(source == 0 && is_zombie(bytes));
    if (gone) return put(task.target, task.tid, Source::Gone, error, {});
    put(task.target, task.tid, static_cast<Source>(source), error, bytes);
  }

  static bool exists(const std::string& task) { return ::access(task.c_str(), F_OK) == 0; }

  static bool is_zombie(std::string_view stat) {
    const std::size_t close = stat.rfind(')');
    return close != stat.npos && close + 2 < stat.size() && stat[close + 2] == 'Z';
  }

  struct Copy {
    std::uint32_t target;
    UniqueFd fd;
    bool ask_pipe;
  };

  void look_at_descriptors(const Request& request) {
    std::vector<Copy> copies;
    for (std::uint32_t i = 0; i < request.count; ++i) {
      const ReadTarget& target = request.targets[i];
      if (target.poll_fd < 0) continue;
      send(false, false);
      UniqueFd copy = copy_of(request.namer, i, target);
      if (copy) copies.push_back({i, std::move(copy), target.ask_pipe != 0});
    }
    for (const Copy& copy : copies) {
      if (!copy.ask_pipe) continue;
      send(false, true);
      leave_breadcrumb("ioctl(FIONREAD) of the victim's descriptor");
      int queued = 0;
      if (::ioctl(copy.fd.get(), FIONREAD, &queued) == 0) put_number(copy, Source::Queued, queued);
      leave_breadcrumb("fcntl(F_GETPIPE_SZ) of the victim's descriptor");
      const int capacity = ::fcntl(copy.fd.get(), F_GETPIPE_SZ);
      if (capacity >= 0) put_number(copy, Source::Capacity, capacity);
    }
  }

  /// The supervisor's own look at the victim's descriptor: a copy of it, polled and closed again.
  /// pidfd_getfd(2) (v5.6) checks ptrace permission but neither stops nor signals the victim.
  UniqueFd copy_of(const Namer& namer, std::uint32_t index, const ReadTarget& target) {
    leave_breadcrumb("pidfd_getfd and poll of the victim's descriptor");
    const int process = own_.handle(namer, target.pid);
    UniqueFd copy;
    errno = ESRCH;
    if (process >= 0) {
      copy.reset(static_cast<int>(::syscall(SYS_pidfd_getfd, process, target.poll_fd, 0)));
    }
    pollfd look{.fd = copy.get(), .events = target.poll_events, .revents = 0};
    const bool polled = copy && ::poll(&look, 1, 0) >= 0;
    const int revents = look.revents;
    put(index, 0, Source::Poll, polled ? 0 : errno,
        std::string_view(reinterpret_cast<const char*>(&revents), sizeof revents));
    return polled ? std::move(copy) : UniqueFd();
  }

  void put_number(const Copy& copy, Source source, int number) {
    put(copy.target, 0, source, 0,
        std::string_view(reinterpret_cast<const char*>(&number), sizeof number));
  }

  void begin(std::uint64_t id) {
    id_ = id;
    packet_.assign(sizeof(PacketHead), '\0');
  }

  void put(std::uint32_t index, int tid, Source source, int error, std::string_view bytes) {
    const Piece piece{index, tid, source, error, static_cast<std::uint32_t>(bytes.size())};
    if (packet_.size() + sizeof piece + bytes.size() > kPacketBytes) return;
    packet_.append(reinterpret_cast<const char*>(&piece), sizeof piece);
    packet_.append(bytes);
  }

  /// What was read so far, if anything; what comes next may block.
  bool send(bool last, bool risky) {
    if (!last && !risky && packet_.size() == sizeof(PacketHead)) return true;
    const PacketHead head{id_, last ? 1u : 0u, risky ? 1u : 0u};
    std::memcpy(packet_.data(), &head, sizeof head);
    const bool sent = ::send(socket_, packet_.data(), packet_.size(), 0) >= 0;
    packet_.assign(sizeof(PacketHead), '\0');
    return sent;
  }

  void leave_breadcrumb(const std::string& path) const {
    std::snprintf(breadcrumb_, kBreadcrumbBytes, "%s", path.c_str());
  }

  int socket_;
  const std::string root_;
  char* breadcrumb_;
  std::string foreign_;
  OwnTasks own_;
  std::uint64_t id_ = 0;
  std::vector<Task> tasks_;
  std::string packet_;
};

}  // namespace

int serve_proc_requests(int socket, const std::string& proc_root, const std::string& cgroup_threads,
                        char* breadcrumb) {
  return Helper(socket, proc_root, cgroup_threads, breadcrumb).serve();
}

}  // namespace hangrate
