// SPDX-License-Identifier: GPL-2.0-or-later
//
// ProgramWorker: for tests of a reproducer. Its main() in a process of its own, the test as its
// supervisor: it orders one trial, reads the slot, gives orders and waits for the end.
#pragma once

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repros/kit/hang.h"

namespace hangrate::testing {

using Program = int (*)(int argc, char** argv);

/// Runs the program alone, silent; its exit code, -1 if a signal ended it.
inline int run_alone(Program program, std::vector<std::string> arguments) {
  const pid_t child = ::fork();
  if (child == 0) {
    const hang_fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    std::vector<char*> argv = {const_cast<char*>("program")};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (::dup2(null, STDOUT_FILENO) < 0 || ::dup2(null, STDERR_FILENO) < 0) ::_exit(99);
    ::_exit(program(static_cast<int>(argv.size()) - 1, argv.data()));
  }
  int status = -1;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

class ProgramWorker {
 public:
  ProgramWorker() : fd_(::memfd_create("slot", MFD_CLOEXEC)) {
    if (::ftruncate(fd_, HANG_SLOT_BYTES) != 0) std::abort();
    void* memory = ::mmap(nullptr, sizeof *slot_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (memory == MAP_FAILED) std::abort();
    slot_ = static_cast<hang_slot*>(memory);
    slot_->magic = HANG_MAGIC;
    slot_->version = HANG_VERSION;
  }
  ~ProgramWorker() {
    end();
    ::munmap(slot_, sizeof *slot_);
  }
  ProgramWorker(const ProgramWorker&) = delete;
  ProgramWorker& operator=(const ProgramWorker&) = delete;

  /// Starts the worker of `variant` and leases it one trial, which parks after `patience_ns`.
  void start(Program program, const char* variant, std::int64_t patience_ns) {
    slot_->patience_ns = patience_ns;
    slot_->lease_count.store(1);
    order(HANG_LEASE);
    pid_ = ::fork();
    if (pid_ == 0) ::_exit(run(program, variant));
  }

  hang_slot& slot() { return *slot_; }
  int pid() const { return pid_; }
  bool in(std::uint32_t state) const { return slot_->state.load() == state; }
  bool released() const { return slot_->released_ns.load() != 0; }
  /// The trial ended CLEAN.
  bool clean() const { return slot_->done.load() == 1; }

  /// Answered later: see answered().
  void order(std::uint32_t what) {
    slot_->command.store(++sequence_ << 8 | what);
    hang_futex_wake(&slot_->command, 0);
  }
  bool answered() const { return slot_->answered.load() == sequence_; }

  /// Kills and reaps the worker.
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  int run(Program program, const char* variant) {
    ::setenv(HANG_SLOT_FD, std::to_string(fd_).c_str(), 1);
    char* argv[] = {const_cast<char*>("program"), const_cast<char*>(variant), nullptr};
    return program(2, argv);
  }

  hang_fd fd_;
  hang_slot* slot_ = nullptr;
  pid_t pid_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace hangrate::testing
