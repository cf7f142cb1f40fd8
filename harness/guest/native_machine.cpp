// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <deque>

#include <sys/wait.h>

#include "harness/guest/guest_plan.h"
#include "harness/guest/machine.h"
#include "harness/model/json.h"
#include "harness/sys/child.h"

namespace hangrate {

namespace {

/// Says what the init of a guest would say, so that its owner need not know the difference.
class NativeMachine final : public Machine {
 public:
  NativeMachine(ChannelReader channel, std::vector<MachineCommand> commands, int console)
      : channel_(std::move(channel)), console_(console), commands_(std::move(commands)) {
    said_.push_back(
        dump_line({{"type", kHelloLine}, {"uptime_ns", now_ns()}, {"failed", Json::array()}}));
  }

  ~NativeMachine() override { stop(); }

  std::vector<std::string> take_lines() override {
    advance();
    std::vector<std::string> lines;
    lines.swap(said_);
    return lines;
  }
  std::uint64_t beat() const override { return channel_.beat(); }
  bool corrupt() const override { return channel_.corrupt(); }

  bool running() override {
    advance();
    return pid_ > 0 || next_ < commands_.size() || !said_.empty();
  }

  std::string end_text() const override { return end_; }

  void stop() override {
    next_ = commands_.size();
    // A supervisor: told once, it frees its victims and ends. Told twice, it is ended.
    signal_child(pid_, killed_ ? SIGKILL : SIGTERM);
    killed_ = true;
  }

 private:
  void say(const Json& line) { said_.push_back(dump_line(line)); }

  void take_journal_lines() {
    for (auto lines = channel_.take_lines(); !lines.empty(); lines = channel_.take_lines()) {
      for (std::string& line : lines) said_.push_back(std::move(line));
    }
  }

  void advance() {
    int status = 0;
    take_journal_lines();
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      take_journal_lines();
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      say({{"type", kEndLine}, {"command", next_ - 1}, {"code", code}, {"output", ""}});
      pid_ = -1;
      if (next_ == commands_.size() && !killed_) say({{"type", kByeLine}});
    }
    if (pid_ > 0 || next_ >= commands_.size()) return;
    MachineCommand argv = commands_[next_];
    argv.insert(argv.end(), {"--channel", "/proc/self/fd/" + std::to_string(channel_.fd())});
    say({{"type", kBeginLine}, {"command", next_}});
    const auto started = spawn(
        {.argv = argv, .inherited = {channel_.fd()}, .stdout_fd = console_, .stderr_fd = console_});
    if (started) {
      ++next_;
      pid_ = *started;
    } else {
      end_ = started.error().what();
      next_ = commands_.size();
    }
  }

  ChannelReader channel_;
  int console_;
  std::vector<MachineCommand> commands_;
  std::size_t next_ = 0;
  pid_t pid_ = -1;
  bool killed_ = false;
  std::vector<std::string> said_;
  std::string end_ = "all commands ended";
};

}  // namespace

Result<std::unique_ptr<Machine>> start_native(std::vector<MachineCommand> commands, int console) {
  auto channel = ChannelReader::make();
  if (!channel) return fail(channel.error());
  return std::make_unique<NativeMachine>(std::move(*channel), std::move(commands), console);
}

}  // namespace hangrate
