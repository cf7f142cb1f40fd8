// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_resize_stall/zrepl.h"

#include <csignal>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repros/kit/actor.h"
#include "repros/kit/must.h"
#include "repros/pipe_resize_stall/resize.h"

namespace hangrate::kit {

namespace {

constexpr std::size_t kStream = 10u << 20;  // the report's parent writes 10 MiB in one call

/// The writer is an actor, the reader a forked child that resizes its stdin and execs; the worker
/// keeps both ends, closes the write end when the writer is done and reaps the reader.
class Zrepl final : public Reproducer {
 public:
  explicit Zrepl(const Settings& settings)
      : plan_(settings), at_once_(settings.text("resize") == "at-once") {}

  void setup(Context& context) override {
    plan_.place(context);
    plan_.start_writer(context, writer_);
    // The reader resizes to the system's limit, as the report's child does.
    UniqueFd file(::open("/proc/sys/fs/pipe-max-size", O_RDONLY | O_CLOEXEC));
    char text[32] = {};
    if (file && ::read(file.get(), text, sizeof text - 1) > 0) limit_ = std::atoi(text);
  }

  TrialOutcome trial(Context& context) override {
    context.phase("start the 10 MiB write");
    int ends[2];
    must(context, ::pipe2(ends, O_CLOEXEC), "pipe2");
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
    plan_.shape(context, read_end_.get());
    writer_.post(
        {.verb = JobVerb::Write, .fd = write_end_.get(), .bytes = kStream, .chunk = kStream});
    if (!at_once_ && !context.until([&] { return writer_.asleep(); })) {
      context.note("the writer did not fall asleep on the full pipe within 5 s");
      return TrialOutcome::Inconclusive;
    }
    context.phase("child resizes its stdin and execs the reader");
    reader_ = must(context, ::fork(), "fork");
    if (reader_ == 0) become_reader();
    reader_pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, reader_, 0)));
    context.await(*this);
    read_end_.reset();
    if (writer_.result() != static_cast<std::int64_t>(kStream) || reader_status_ != 0) {
      context.note("the stream did not arrive whole: writer result " +
                   std::to_string(writer_.result()) + ", reader status " +
                   std::to_string(reader_status_));
      return TrialOutcome::Anomaly;
    }
    return TrialOutcome::Clean;
  }

  bool finished() override {
    if (!writer_.finished()) return false;
    write_end_.reset();  // the reader sees the end of the stream
    if (reader_ > 0 && ::waitpid(reader_, &reader_status_, WNOHANG) == reader_) {
      reader_ = 0;
      reader_pidfd_.reset();
    }
    return reader_ == 0;
  }

  void wait(Nanos at_most) override {
    if (!writer_.finished()) return writer_.wait(at_most);
    pollfd exit{.fd = reader_pidfd_.get(), .events = POLLIN, .revents = 0};
    const timespec limit = to_timespec(at_most);
    ::ppoll(&exit, 1, &limit, nullptr);
  }

  std::vector<PartyInfo> parties() override {
    std::vector<PartyInfo> who;
    who.push_back({"writer", writer_.pid(), writer_.tid(), true, write_end_.get(), POLLOUT});
    if (reader_ > 0) who.push_back({"reader", reader_, reader_, true, -1, 0});
    return who;
  }

  Invariant invariant() override {
    if (!write_end_) return {InvariantStatus::Holds, "the writer has returned"};
    return writer_sleeps_with_room(write_end_.get(), !writer_.finished());
  }

  bool pull_lever() override {
    return ::fcntl(read_end_.get(), F_SETPIPE_SZ, ::fcntl(read_end_.get(), F_GETPIPE_SZ)) >= 0;
  }

 private:
  [[noreturn]] void become_reader() const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(read_end_.get(), 0);
    if (::fcntl(0, F_GETPIPE_SZ) < limit_) ::fcntl(0, F_SETPIPE_SZ, limit_);
    ::execl("/proc/self/exe", "reader", "--drain-stdin", static_cast<char*>(nullptr));
    ::_exit(127);
  }

  ResizePlan plan_;
  const bool at_once_;
  int limit_ = 1 << 20;
  Actor writer_;
  int reader_ = 0;
  int reader_status_ = 0;
  UniqueFd reader_pidfd_;
  UniqueFd read_end_;
  UniqueFd write_end_;
};

}  // namespace

std::unique_ptr<Reproducer> make_zrepl(const Settings& settings) {
  return std::make_unique<Zrepl>(settings);
}

}  // namespace hangrate::kit
