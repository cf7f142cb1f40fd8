// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/program.h"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/scope_exit.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/child.h"
#include "harness/sys/process_handle.h"

namespace hangrate {

namespace {

constexpr std::size_t kLargestOutput = 64u << 20;
constexpr Nanos kGrace = 5 * kSecond;

enum class Woken { Ended, Deadline, Signal };

/// Waits until the child has ended, without collecting it, or until `deadline` or a signal comes.
/// The signal stays pending: it acts, or is read, where the caller has always dealt with it.
Woken wait_for(pid_t pid, int signals, Nanos deadline) {
  const UniqueFd process = open_process(pid);
  while (true) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == pid) {
      return Woken::Ended;
    }
    const Nanos left = deadline - now_ns();
    if (left <= 0) return Woken::Deadline;
    const Nanos longest = process ? kSecond : 20 * kMilli;  // without pidfd (< v5.3) look often
    pollfd fds[] = {{signals, POLLIN, 0}, {process.get(), POLLIN, 0}};
    const timespec nap = to_timespec(left < longest ? left : longest);
    if (::ppoll(fds, 2, &nap, nullptr) > 0 && (fds[0].revents & POLLIN) != 0) return Woken::Signal;
  }
}

std::string last_line(const std::string& text) {
  const std::string all = trimmed(text);
  return trimmed(all.substr(all.rfind('\n') + 1));
}

/// The end of the log, without reading all of a build's output.
std::string tail_of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return output_tail(file.get());
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  const std::string folders = std::string(path != nullptr ? path : "/usr/bin:/bin");
  for (const std::string& folder : split(folders + ":/usr/sbin:/sbin", ':')) {
    std::string candidate = folder;
    candidate += "/" + name;
    struct stat info {};
    if (!folder.empty() && ::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

Result<void> run_program(const Program& program) {
  const std::string& name = program.argv.front();
  const std::string path = find_program(name);
  if (path.empty()) return fail(Error::infrastructure(name + " is not installed"));
  const UniqueFd log(::open(program.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log) return fail(Error::from_errno("open(" + program.log + ")"));
  UniqueFd output;
  if (program.output != nullptr) {
    output = make_output_file("hangrate-output", kLargestOutput);
  }

  sigset_t stops;
  sigset_t before;
  ::sigemptyset(&stops);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&stops, signal);
  ::pthread_sigmask(SIG_BLOCK, &stops, &before);
  const ScopeExit restore([&] { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); });
  const UniqueFd signals(::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK));

  SpawnOptions options{.argv = program.argv,
                       .environment = program.environment,
                       .folder = program.folder,
                       .stdout_fd = output ? output.get() : log.get(),
                       .stderr_fd = log.get()};
  options.argv.front() = path;
  const auto pid = spawn(options);
  if (!pid) return fail(pid.error());

  const Woken woken = wait_for(*pid, signals.get(), now_ns() + program.limit);
  if (woken != Woken::Ended) {
    signal_group(*pid, SIGTERM);
    if (wait_for(*pid, -1, now_ns() + kGrace) != Woken::Ended) signal_group(*pid, SIGKILL);
    wait_for(*pid, -1, now_ns() + kGrace);
  }
  int status = 0;
  const bool collected = ::waitpid(*pid, &status, WNOHANG) == *pid;
  if (woken == Woken::Ended && collected && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    if (program.output != nullptr) *program.output = output_tail(output.get(), kLargestOutput);
    return {};
  }
  std::string why = "ended unseen";
  if (woken == Woken::Signal) {
    why = "interrupted";
  } else if (woken == Woken::Deadline) {
    why = "did not end within " + std::to_string(program.limit / kSecond) + " s";
  } else if (collected && WIFEXITED(status)) {
    why = "exit status " + std::to_string(WEXITSTATUS(status));
  } else if (collected) {
    why = "killed by signal " + std::to_string(WTERMSIG(status));
  }
  const std::string line = last_line(tail_of(program.log));
  return fail(Error::infrastructure(name + ": " + why + (line.empty() ? "" : ": " + line) +
                                    " (log: " + program.log + ")"));
}

}  // namespace hangrate
