// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/child.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/sys/privileges.h"
#include "harness/sys/sealed_memory.h"

extern char** environ;

namespace hangrate {

namespace {

constexpr rlim_t kMostDescriptors = 1u << 16;  // closed one by one where there is no close_range(2)

/// fork(), straight into a cgroup where the kernel can (clone3 with CLONE_INTO_CGROUP, v5.7),
/// because writing to cgroup.procs waits for an RCU grace period.
pid_t fork_into(int cgroup_fd) {
#ifdef CLONE_INTO_CGROUP
  if (cgroup_fd >= 0) {
    clone_args args{};
    args.flags = CLONE_INTO_CGROUP;
    args.exit_signal = SIGCHLD;
    args.cgroup = static_cast<__u64>(cgroup_fd);
    const long pid = ::syscall(SYS_clone3, &args, sizeof args);
    if (pid >= 0) return static_cast<pid_t>(pid);
  }
#else
  (void)cgroup_fd;
#endif
  return ::fork();
}

/// fork() into a pid namespace of its own (clone3: v5.3).
pid_t fork_alone() {
  clone_args args{};
  args.flags = CLONE_NEWPID | (::geteuid() == 0 ? 0u : CLONE_NEWUSER);
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

/// Closes from `first` to `last`, as far as there can be any.
void close_between(unsigned first, unsigned last) {
  if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;  // v5.9
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto end = std::min<rlim_t>({limit.rlim_cur, kMostDescriptors, last + rlim_t{1}});
  for (rlim_t fd = first; fd < end; ++fd) ::close(static_cast<int>(fd));
}

/// `kept` is sorted. Async-signal-safe.
void close_all_but(const std::vector<int>& kept) {
  unsigned next = 0;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > next) close_between(next, number - 1);
    next = number + 1;
  }
  close_between(next, ~0u);
}

std::vector<int> sorted(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// What a program of ours may know of our environment: where programs and temporary files are, the
/// language, what sanitizers want. Not the tokens of a CI job.
bool is_plain(std::string_view name) {
  constexpr std::string_view kPlain[] = {
      "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "LLVM_PROFILE_FILE"};
  return std::find(std::begin(kPlain), std::end(kPlain), name) != std::end(kPlain) ||
         name.starts_with("HANGRATE_") || name.ends_with("SAN_OPTIONS");
}

/// Is `pid` a child of ours that was not collected yet? As long as it is, its number is its own.
bool is_child(pid_t pid) {
  siginfo_t info{};
  return pid > 1 &&
         ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// Only async-signal-safe calls from here to exec.
[[noreturn]] void become(const SpawnOptions& options, char* const* argv, char* const* envp,
                         const std::vector<int>& kept, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!options.own_pids && ::getppid() != parent) ::_exit(127);
  ::setsid();
  if (!options.cgroup_procs.empty()) {
    const int procs = ::open(options.cgroup_procs.c_str(), O_WRONLY | O_CLOEXEC);
    if (procs >= 0 && ::write(procs, "0", 1) < 0) {
      // Membership is a convenience for finding leftovers; the run goes on without it.
    }
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(127);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(options.stdout_fd >= 0 ? options.stdout_fd : null, 1);
  ::dup2(options.stderr_fd >= 0 ? options.stderr_fd : null, 2);
  for (const int fd : options.inherited) ::fcntl(fd, F_SETFD, 0);
  close_all_but(kept);
  if (options.reproducer) drop_what_no_reproducer_needs();
  if (options.confinement) {
    if (!confine_self(*options.confinement)) ::_exit(127);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user takes it back
    if (!options.own_pids && ::getppid() != parent) ::_exit(127);
  }
  ::execve(argv[0], argv, envp);
  ::_exit(127);
}

}  // namespace

Result<pid_t> spawn(const SpawnOptions& options) {
  std::vector<char*> argv;
  for (const std::string& word : options.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> added;
  for (const auto& [name, value] : options.environment) added.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (char** entry = environ; *entry != nullptr;
       ++entry) {  // of two entries getenv() takes the first
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(options.environment.begin(), options.environment.end(),
                                      [&](const auto& pair) { return pair.first == name; });
    const bool passed = options.inherits == Inherits::Everything ||
                        (options.inherits == Inherits::Plain && is_plain(name));
    if (!replaced && passed) envp.push_back(*entry);
  }
  for (std::string& entry : added) envp.push_back(entry.data());
  envp.push_back(nullptr);

  std::vector<int> kept = options.inherited;
  kept.insert(kept.end(), {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  kept = sorted(std::move(kept));

  const pid_t parent = ::getpid();
  const pid_t pid = options.own_pids ? fork_alone() : fork_into(options.cgroup_fd);
  if (pid < 0) return fail(Error::from_errno("fork"));
  if (pid == 0) become(options, argv.data(), envp.data(), kept, parent);
  return pid;
}

std::string ChildEnd::text() const {
  if (exited) return "exit status " + std::to_string(code);
  const char* name = ::sigabbrev_np(signal);
  return std::string("killed by SIG") + (name != nullptr ? name : std::to_string(signal));
}

std::vector<ChildEnd> reap_children() {
  std::vector<ChildEnd> ends;
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return ends;
    if (WIFEXITED(status)) {
      ends.push_back({pid, true, WEXITSTATUS(status), 0});
    } else if (WIFSIGNALED(status)) {
      ends.push_back({pid, false, 0, WTERMSIG(status)});
    }
  }
}

std::optional<int> await_child(pid_t pid, Nanos limit) {
  const Nanos deadline = now_ns() + limit;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid, &status, WNOHANG)) == 0 && now_ns() < deadline) {
    const timespec nap = to_timespec(kMilli);
    ::nanosleep(&nap, nullptr);
  }
  return ended == pid ? std::optional(status) : std::nullopt;
}

UniqueFd make_output_file(const char* name, std::size_t room) {
  auto file = make_sealed_file(name, room);
  return file ? std::move(*file) : UniqueFd();
}

std::string output_tail(int fd, std::size_t limit) {
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0) return {};
  off_t end = info.st_size;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals >= 0 && (seals & F_SEAL_GROW) != 0) {  // of a fixed size, filled up to its position
    end = std::clamp<off_t>(::lseek(fd, 0, SEEK_CUR), 0, info.st_size);
  }
  const auto size = static_cast<std::size_t>(end);
  std::string text(std::min(size, limit), '\0');
  const ssize_t n = ::pread(fd, text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<pid_t> fork_helper(const char* name, const std::vector<int>& keep, bool dies_with_parent,
                          const std::function<int()>& body, HelperRights rights) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(Error::from_errno(std::string("fork(") + name + ")"));
  if (pid > 0) return pid;
  ::setsid();  // Ctrl-C is for the supervisor
  ::prctl(PR_SET_NAME, name);
  if (dies_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  close_all_but(sorted(keep));  // the helper must not hold the user's terminal or pipes open either
  if (rights == HelperRights::Few) keep_what_a_helper_needs();
  ::_exit(body());
}

bool signal_child(pid_t pid, int signal) {
  return is_child(pid) && ::kill(pid, signal) == 0;
}

bool signal_group(pid_t pid, int signal) {
  return is_child(pid) && ::kill(-pid, signal) == 0;
}

}  // namespace hangrate
