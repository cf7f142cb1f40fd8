// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/diagnose_watch.h"

#include <csignal>
#include <string>

#include <unistd.h>

#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/base/output.h"
#include "harness/report/watch_queue.h"
#include "harness/report/watch_text.h"
#include "harness/sys/journal_stream.h"

namespace hangrate {

namespace {

constexpr int kMostLines = 20;  // a minute

double seconds_since_1970() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec / kMilli) / 1e3;
}

class Teller {
 public:
  explicit Teller(bool json) : json_(json), journal_(!json && is_journal(STDOUT_FILENO)) {}

  /// False: nobody reads on.
  bool tell(const WatchEvent& event) {
    const WatchQueue::Turn turn = queue_.take(event, now_ns());
    if (turn.missed > 0) tell_missed(turn.missed);
    for (const WatchEvent& told : turn.told) write(told);
    return open_;
  }
  /// Says how much has had no room.
  void finish() {
    const int missed = queue_.missed_so_far(now_ns());
    if (open_ && missed > 0) tell_missed(missed);
  }

 private:
  void write(const WatchEvent& event) {
    if (json_) {
      const auto json = watch_json(event, now_ns(), seconds_since_1970());
      if (json) put(dump_line(*json));
    } else if (const auto line = watch_line(event, now_ns())) {
      put(*line);
    }
  }
  void tell_missed(int count) {
    if (json_) {
      put(dump_line(missed_json(count, seconds_since_1970())));
    } else {
      put(missed_line(count));
    }
  }
  void put(const WatchLine& line) {
    put((journal_ ? "<" + std::to_string(line.priority) + ">" : "") + line.text);
  }
  void put(const std::string& line) {
    const auto written = write_all(STDOUT_FILENO, line + "\n", "stdout");
    if (written) return;
    complain(written.error());
    open_ = false;
  }

  bool json_;
  bool journal_;
  bool open_ = true;
  WatchQueue queue_{kMostLines};
};

volatile std::sig_atomic_t ended_by_signal = 0;

/// The watch ends after its next look. Helpers die with us.
void end_soon(int signal) {
  if (signal == SIGALRM) ::_exit(kExitAsExpected);
  ended_by_signal = 1;
  ::alarm(2);  // looks may be an hour apart
}

void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = end_soon;
  for (const int signal : {SIGTERM, SIGINT, SIGALRM}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int watch_and_tell(const WatchOptions& options, bool json) {
  end_on_signals();
  Teller teller(json);
  HangWatch watch(
      options, [&](const WatchEvent& event) { return teller.tell(event) && ended_by_signal == 0; });
  const auto ended = watch.run();
  teller.finish();
  if (ended && ended_by_signal != 0) return kExitAsExpected;
  return ended ? kExitInfrastructure : complain(ended.error());
}

}  // namespace hangrate
