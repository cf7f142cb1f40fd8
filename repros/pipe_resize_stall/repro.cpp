// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_resize_stall: CVE-2023-52672, v5.8 until e95aada4cb93 (v6.8-rc1 and stable).
//
//   resizer, holds pipe->mutex                  writer, asleep in pipe_write() without the mutex
//   pipe_resize_ring():
//     installs the larger ring
//     wake_up_interruptible(&pipe->wr_wait) --> wakes, pipe_writable(): head - tail >= max_usage,
//                                               still the old one: full, sleeps again (exclusive)
//   pipe_set_size(): pipe->max_usage = new      nobody wakes it any more: later readers compute
//                                               was_full from the new max_usage and see no reason
//                                               to
//
// (fs/pipe.c, v6.1.) A trial fills a pipe until the writer is proven asleep by /proc, resizes, and
// expects the writer to return. The writer is another task (kit/actor.h), this one stays free.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repros/kit/actor.h"
#include "repros/kit/must.h"
#include "repros/kit/on_record.h"
#include "repros/kit/race/race.h"
#include "repros/kit/reproducer.h"
#include "repros/pipe_resize_stall/resize.h"
#include "repros/pipe_resize_stall/zrepl.h"

namespace hangrate::kit {

namespace {

constexpr std::size_t kOddWrite = 2049;  // two of them do not share a page: one slot each
constexpr std::size_t kTaken = 100;      // Filespooler's consumer read this much

class PipeResizeStall final : public Reproducer {
 public:
  explicit PipeResizeStall(const Settings& settings)
      : settings_(settings),
        plan_(settings),
        writers_(settings.variant() == "multi-writer" ? static_cast<int>(settings.number("writers"))
                                                      : 1) {}

  void setup(Context& context) override {
    plan_.place(context);
    for (int i = 0; i < writers_; ++i) plan_.start_writer(context, actors_[i]);
    if (plan_.widened()) {
      std::vector<int> tids;
      for (int i = 0; i < writers_; ++i) tids.push_back(actors_[i].tid());
      race_.setup(context, plan_.races(), plan_.choice(), tids);
    }
    if (settings_.variant() == "splice-writer") make_source(context);
    if (settings_.variant() == "fifo") make_fifo(context);
  }

  TrialOutcome trial(Context& context) override {
    if (plan_.widened()) race_.aim(context);
    context.phase("open");
    open_pipe(context);
    capacity_ = plan_.shape(context, read_end_.get());
    context.phase("fill until the writer sleeps");
    Job job = first_job();
    for (active_ = 1; active_ <= writers_; ++active_) {
      actors_[active_ - 1].post(job);
      if (!context.until([&] { return actors_[active_ - 1].asleep(); })) {
        return not_asleep(context);
      }
      job = Job{.verb = JobVerb::Write, .fd = write_end_.get(), .bytes = page_, .chunk = page_};
    }
    active_ = writers_;
    if (settings_.variant() == "partial-page") {
      char taken[kTaken];
      must(context, ::read(read_end_.get(), taken, sizeof taken), "read(100 bytes)");
      // Before v6.14 this read wakes the writer, which finds no free slot and sleeps again.
      if (!context.until([&] { return actors_[0].asleep(); })) return not_asleep(context);
    }
    context.phase("resize");
    race_.load(context, write_end_.get());
    const std::size_t wanted = capacity_ + static_cast<std::size_t>(writers_) * page_;
    if (race_.fire([&] { plan_.resize(context, read_end_.get(), capacity_, wanted); })) {
      race_.near();
    }
    context.await(*this);
    const TrialOutcome outcome = check_results(context);
    write_end_.reset();
    read_end_.reset();
    return outcome;
  }

  bool finished() override {
    for (int i = 0; i < active_; ++i) {
      if (!actors_[i].finished()) return false;
    }
    return true;
  }

  void wait(Nanos at_most) override {
    for (int i = 0; i < active_; ++i) {
      if (!actors_[i].finished()) return actors_[i].wait(at_most);
    }
  }

  std::vector<PartyInfo> parties() override {
    std::vector<PartyInfo> who;
    for (int i = 0; i < active_; ++i) {
      if (!actors_[i].finished()) {
        who.push_back(
            {"writer", actors_[i].pid(), actors_[i].tid(), true, write_end_.get(), POLLOUT});
      }
    }
    return who;
  }

  Invariant invariant() override { return writer_sleeps_with_room(write_end_.get(), !finished()); }

  bool pull_lever() override {
    return ::fcntl(read_end_.get(), F_SETPIPE_SZ, ::fcntl(read_end_.get(), F_GETPIPE_SZ)) >= 0;
  }

 private:
  static constexpr int kMaxWriters = 6;

  /// What the first writer does: fill the pipe and one page more, so that it ends up asleep and
  /// needs no reader after the resize.
  Job first_job() const {
    Job job{.verb = JobVerb::Write, .fd = write_end_.get()};
    const std::size_t slots = capacity_ / page_;
    if (settings_.variant() == "splice-writer") {
      job.verb = JobVerb::Splice;
      job.from_fd = source_.get();
      job.bytes = capacity_ + page_;
    } else if (settings_.variant() == "partial-page") {
      job.chunk = kOddWrite;
      job.bytes = kOddWrite * (slots + 1);
    } else {
      job.bytes = capacity_ + page_;
      job.chunk = job.bytes;
    }
    return job;
  }

  void open_pipe(Context& context) {
    if (!fifo_) {
      int ends[2];
      must(context, ::pipe2(ends, O_CLOEXEC), "pipe2");
      read_end_.reset(ends[0]);
      write_end_.reset(ends[1]);
      return;
    }
    // The read end first and non-blocking, so that neither open waits for the other (fifo(7)).
    read_end_.reset(must(context, ::open(fifo_path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC),
                         "open(fifo, O_RDONLY)"));
    write_end_.reset(
        must(context, ::open(fifo_path_.c_str(), O_WRONLY | O_CLOEXEC), "open(fifo, O_WRONLY)"));
  }

  void make_source(Context& context) {
    source_.reset(must(context, ::memfd_create("hangrate-source", MFD_CLOEXEC), "memfd_create"));
    const std::string zeros(page_, '\0');
    for (std::size_t bytes = 0; bytes < plan_.largest_before() + page_; bytes += page_) {
      must(context, ::write(source_.get(), zeros.data(), zeros.size()), "write(memfd)");
    }
  }

  /// A FIFO without a name: opened through /proc, so that nothing is left if this worker is killed.
  void make_fifo(Context& context) {
    std::string dir = "/tmp/" + kit::run_mark() + "-XXXXXX";
    if (::mkdtemp(dir.data()) == nullptr) {
      context.fail(std::string("mkdtemp(/tmp): ") + std::strerror(errno));
    }
    const std::string path = dir + "/pipe";
    const int made = ::mkfifo(path.c_str(), 0600);
    fifo_.reset(made == 0 ? ::open(path.c_str(), O_PATH | O_CLOEXEC) : -1);
    const int error = errno;
    ::unlink(path.c_str());
    ::rmdir(dir.c_str());
    errno = error;
    must(context, fifo_.get(), "mkfifo");
    fifo_path_ = "/proc/self/fd/" + std::to_string(fifo_.get());
  }

  TrialOutcome not_asleep(Context& context) {
    context.note("the writer did not fall asleep on the full pipe within 5 s");
    return TrialOutcome::Inconclusive;
  }

  TrialOutcome check_results(Context& context) {
    for (int i = 0; i < active_; ++i) {
      const std::int64_t result = actors_[i].result();
      if (result < 0) {
        context.note(std::string("write failed: ") + std::strerror(static_cast<int>(-result)));
        return TrialOutcome::Anomaly;
      }
    }
    return TrialOutcome::Clean;
  }

  const Settings settings_;
  ResizePlan plan_;
  Race race_;
  const std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  Actor actors_[kMaxWriters];
  const int writers_;
  int active_ = 0;
  std::size_t capacity_ = 0;
  UniqueFd read_end_;
  UniqueFd write_end_;
  UniqueFd source_;
  UniqueFd fifo_;
  std::string fifo_path_;
};

}  // namespace

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  if (settings.variant() == "zrepl") return make_zrepl(settings);
  return std::make_unique<PipeResizeStall>(settings);
}

}  // namespace hangrate::kit
