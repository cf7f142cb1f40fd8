// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/waits/places.h"

#include <string_view>
#include <vector>

#include "harness/base/text.h"

namespace hangrate {

namespace {

/// In which many wait, each for something else; its caller tells (kernel/sched/wait.c).
constexpr std::string_view kShared = "wait_woken";

struct CallPlaces {
  std::vector<std::string> calls;
  std::vector<std::string> places;
};

/// As /proc/PID/wchan and stack name them: seen on 5.10, 6.1, 6.12, 6.18 and 7.2.
const std::vector<CallPlaces>& table() {
  static const std::vector<CallPlaces> all = {
      {{"read", "readv", "pread64", "preadv", "recvfrom", "recvmsg", "recvmmsg"},
       {"pipe_read", "anon_pipe_read", "eventfd_read", "unix_stream_read_generic",
        "unix_stream_data_wait", "__skb_wait_for_more_packets", "sk_wait_data"}},
      {{"write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg", "sendmmsg"},
       {"pipe_write", "anon_pipe_write", "eventfd_write", "sock_alloc_send_pskb",
        "unix_wait_for_peer", "sk_stream_wait_memory"}},
      {{"wait4", "waitid"}, {"do_wait"}},
      {{"poll", "ppoll"}, {"do_sys_poll", "do_poll", "poll_schedule_timeout"}},
      {{"select", "pselect6"}, {"do_select", "core_sys_select", "poll_schedule_timeout"}},
      {{"epoll_wait", "epoll_pwait", "epoll_pwait2"}, {"ep_poll", "do_epoll_wait"}},
      {{"futex"},
       {"futex_wait_queue", "futex_wait_queue_me", "futex_do_wait", "__futex_wait", "futex_wait",
        "futex_lock_pi", "rt_mutex_wait_proxy_lock", "rt_mutex_schedule"}},
      {{"flock", "fcntl"},
       {"locks_lock_inode_wait", "flock_lock_inode_wait", "posix_lock_inode_wait",
        "do_lock_file_wait", "fcntl_setlk"}},
      {{"vfork", "clone", "clone3"}, {"kernel_clone", "_do_fork", "wait_for_vfork_done"}},
  };
  return all;
}

}  // namespace

std::string place_of(const TaskSample& task) {
  const std::string first = task.stack.empty() ? "" : task.stack.front();
  const std::string place = task.wchan.empty() ? first : task.wchan;
  if (place != kShared) return place;
  const bool told = task.stack.size() > 1 && first == kShared;
  return told ? task.stack[1] : place;
}

bool in_its_place(const TaskSample& task) {
  for (const CallPlaces& entry : table()) {
    if (contains(entry.calls, task.syscall_name)) return contains(entry.places, place_of(task));
  }
  return true;
}

}  // namespace hangrate
