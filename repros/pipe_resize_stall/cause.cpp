// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_resize_stall. Before e95aada4cb93 "pipe: wakeup wr_wait after setting max_usage" (v6.8-rc1)
// pipe_resize_ring() woke the writers and only its caller raised max_usage (v6.1 fs/pipe.c). So the
// trace must show the old limit after the wake-up: on a mended kernel it never does.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/classify/causes.h"

namespace hangrate {

namespace causes {
CauseRule pipe_resize_stall;
}

namespace {

struct Stall {
  int writer = 0;
  int resizer = 0;
  std::uint64_t pipe = 0;
  TracedCall call = TracedCall::None;
  std::size_t waited = 0;  ///< its Sleep before the wake-up; its Call, if it had not slept yet
  std::size_t full = 0;    ///< shows the ring full before the wake-up
  std::optional<std::size_t> fcntl;
  std::size_t resize = 0;
  std::size_t wake = 0;
  std::optional<std::size_t> run;
  std::size_t second_sleep = 0;
  std::size_t still = 0;  ///< shows the old limit at or after the wake-up
  std::size_t rise = 0;   ///< shows a higher one
  std::size_t last = 0;   ///< the last state of the pipe
};

bool writes(TracedCall call) {
  return call == TracedCall::PipeWrite || call == TracedCall::PipeSplice;
}

/// Where the writer was when it was woken: asleep in the call it sleeps in now, or, if the wake-up
/// came before it had left its CPU, inside that call.
std::optional<std::size_t> waited_at(const TraceView& view, const TaskHistory& writer,
                                     const SleepSpan& last, std::size_t wake) {
  for (const SleepSpan& span : writer.sleeps) {
    if (span.wake != wake) continue;
    if (span.call != last.call || span.object != last.object) return std::nullopt;
    if (view.waits_for(span.call, span) != WaitedFor::Object) return std::nullopt;
    return span.event;
  }
  const auto open = open_at(view.trace, wake, writer.tid, last.call);
  return open && open->object == last.object ? std::optional(open->event) : std::nullopt;
}

/// The last wake-up of the writer, after which it slept again without having left its call.
std::optional<Stall> woken_in_vain(const TraceView& view, int victim) {
  const TaskHistory* writer = view.history.of(victim);
  const SleepSpan* last = writer == nullptr ? nullptr : writer->asleep();
  if (last == nullptr || !writes(last->call) || last->object == 0 || writer->wakes.empty() ||
      view.waits_for(last->call, *last) != WaitedFor::Object) {
    return std::nullopt;
  }
  const std::size_t wake = writer->wakes.back();
  if (wake > last->event) return std::nullopt;
  const auto waited = waited_at(view, *writer, *last, wake);
  if (!waited) return std::nullopt;
  Stall stall{.writer = victim, .pipe = last->object, .call = last->call};
  stall.waited = *waited;
  stall.wake = wake;
  stall.second_sleep = last->event;
  bool away = view.event(stall.waited).kind == TraceKind::Sleep;  // off its CPU
  for (std::size_t i = stall.wake; i < stall.second_sleep; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.tid != victim) continue;
    if (event.kind == TraceKind::Call || event.kind == TraceKind::Return) return std::nullopt;
    const bool runs = event.kind == TraceKind::Run;
    if (runs && !away) return std::nullopt;  // its going away was not seen
    if (runs && !stall.run) stall.run = i;
    if (runs || event.kind == TraceKind::Sleep || event.kind == TraceKind::Preempt) away = !runs;
  }
  return away ? std::nullopt : std::optional(stall);  // else its coming back was not seen
}

/// The wake-up was given inside pipe_resize_ring() of that pipe.
bool find_resize(const TraceView& view, Stall& stall) {
  stall.resizer = view.event(stall.wake).tid;
  const auto resize = open_at(view.trace, stall.wake, stall.resizer, TracedCall::PipeResize);
  if (!resize || resize->object != stall.pipe) return false;
  stall.resize = resize->event;
  if (const auto fcntl = open_at(view.trace, stall.wake, stall.resizer, TracedCall::PipeFcntl)) {
    stall.fcntl = fcntl->event;
  }
  return true;
}

/// Full by the old limit before the wake-up and after it, then a higher limit, and room ever since.
bool find_limits(const TraceView& view, Stall& stall) {
  std::optional<std::size_t> full;
  std::optional<std::size_t> still;
  std::optional<std::size_t> rise;
  for (const std::size_t i : view.states_of(stall.pipe)) {
    const PipeState& state = *view.event(i).pipe;
    if (i < stall.wake) {
      full = ring_full(state) ? std::optional(i) : std::nullopt;
      continue;
    }
    if (!full) return false;
    const std::uint32_t old = view.event(*full).pipe->max_usage;
    if (!rise && state.max_usage == old && ring_full(state)) still = i;
    if (!rise && state.max_usage > old) rise = i;
    if (rise && i == stall.second_sleep && state.max_usage == old) {
      still = i;  // a state is read just before its event is stamped; the rise came in between
      continue;
    }
    if (rise && ring_full(state)) return false;  // full again: the writer has reason to sleep
    stall.last = i;
  }
  if (!full || !still || !rise) return false;
  stall.full = *full;
  stall.still = *still;
  stall.rise = *rise;
  return true;
}

/// By which way the writer was faster than the resizer.
std::string how_it_won(const TraceView& view, const Stall& stall, std::vector<std::size_t>& shown) {
  const TraceEvent& wake = view.event(stall.wake);
  const TraceEvent& run = view.event(*stall.run);
  if (run.cpu != wake.cpu) {
    return fmt::format(" on CPU {} while {} was on CPU {}", run.cpu, view.names.of(stall.resizer),
                       wake.cpu);
  }
  for (std::size_t i = stall.wake; i < *stall.run; ++i) {
    const TraceEvent& event = view.event(i);
    if (event.tid != stall.resizer || event.kind != TraceKind::Preempt) continue;
    shown.push_back(i);
    return fmt::format(" on CPU {} in place of {}, which was preempted before it could go on",
                       run.cpu, view.names.of(stall.resizer));
  }
  return fmt::format(" on CPU {}", run.cpu);
}

/// The wake-up came between its look at the ring and its going to sleep, and it looked once more.
Statement slept_all_the_same(const TraceView& view, const Stall& stall) {
  return cited(
      fmt::format("{} had not been switched out yet, checked again and slept anyway: max_usage "
                  "was still {} when it checked",
                  view.names.of(stall.writer), view.event(stall.still).pipe->max_usage),
      {stall.wake, stall.second_sleep, stall.still});
}

Statement slept_again(const TraceView& view, const Stall& stall) {
  if (!stall.run) return slept_all_the_same(view, stall);
  std::vector<std::size_t> shown = {*stall.run, stall.second_sleep, stall.still};
  const std::string how = how_it_won(view, stall, shown);
  const PipeState& state = *view.event(stall.still).pipe;
  // A state read after it slept is what it must have found; one before bounds when it looked.
  const std::string found =
      stall.still >= stall.second_sleep
          ? fmt::format("found {} slots used and max_usage {}, and slept again", slots_used(state),
                        state.max_usage)
          : fmt::format("and slept again: max_usage was still {} when it checked", state.max_usage);
  return cited(fmt::format("{} ran {} after the wake-up{}, {}", view.names.of(stall.writer),
                           view.span(stall.wake, *stall.run), how, found),
               shown);
}

Statement nobody_woke(const TraceView& view, const Stall& stall) {
  const PipeState& state = *view.event(stall.last).pipe;
  return cited(fmt::format("nobody has woken {} in the {} since, although {} of {} slots were free "
                           "when the pipe was last seen",
                           view.names.of(stall.writer), view.span_to_end(stall.second_sleep),
                           state.max_usage - slots_used(state), state.max_usage),
               {stall.second_sleep, stall.rise, stall.last});
}

/// Readers that took data and did not wake the writer; nothing if there were none.
std::optional<Statement> reads_do_not_help(const TraceView& view, const Stall& stall) {
  const std::vector<std::size_t> reads = view.reads_of(stall.pipe, stall.rise);
  if (reads.empty()) return std::nullopt;
  const int reader = view.event(reads.back()).tid;
  const bool one = std::all_of(reads.begin(), reads.end(),
                               [&](std::size_t i) { return view.event(i).tid == reader; });
  const std::string times = reads.size() == 1 ? "once" : fmt::format("{} times", reads.size());
  return cited(
      fmt::format(
          "{} since without waking {}: a reader wakes writers only if the ring was full by "
          "the new limit (was_full in pipe_read(), v6.1)",
          one ? fmt::format("{} took data out {}", view.names.of(reader), times)
              : fmt::format("data was taken out {}, last by {},", times, view.names.of(reader)),
          view.names.of(stall.writer)),
      reads);
}

}  // namespace

std::optional<Cause> causes::pipe_resize_stall(const TraceView& view, int victim) {
  auto found = woken_in_vain(view, victim);
  if (!found || !find_resize(view, *found) || !find_limits(view, *found)) return std::nullopt;
  const Stall& stall = *found;
  const std::string writer = view.names.of(stall.writer);
  const std::string resizer = view.names.of(stall.resizer);
  const std::uint32_t old = view.event(stall.full).pipe->max_usage;

  Cause cause{.name = "pipe_resize_stall", .statements = {}};
  const auto say = [&](std::string text, std::vector<std::size_t> events) {
    cause.statements.push_back(cited(std::move(text), std::move(events)));
  };
  const bool slept = view.event(stall.waited).kind == TraceKind::Sleep;
  say(fmt::format("{} {} in {} because the ring was full: {}", writer,
                  slept ? "slept" : "was about to sleep", traced_call_name(stall.call),
                  slots_text(*view.event(stall.full).pipe)),
      {stall.full, stall.waited});
  say(fmt::format("{} resized the pipe{} to {} slots", resizer,
                  stall.fcntl ? " by " + fcntl_text(view.event(*stall.fcntl)) : "",
                  view.event(stall.resize).value),
      {stall.fcntl.value_or(stall.resize), stall.resize});
  say(fmt::format("inside pipe_resize_ring {} woke {} while max_usage was still {}", resizer,
                  writer, old),
      {stall.wake, stall.still});
  cause.statements.push_back(slept_again(view, stall));
  say(fmt::format("max_usage rose from {} to {} only after the wake-up: {} later it is seen to be "
                  "higher",
                  old, view.event(stall.rise).pipe->max_usage, view.span(stall.wake, stall.rise)),
      {stall.wake, stall.still, stall.rise});
  cause.statements.push_back(nobody_woke(view, stall));
  if (auto reads = reads_do_not_help(view, stall)) cause.statements.push_back(*reads);
  say("the wake-up before the limit: e95aada4cb93 \"pipe: wakeup wr_wait after setting max_usage\" "
      "(v6.8-rc1) reversed this order",
      {stall.wake, stall.rise});
  return cause;
}

}  // namespace hangrate
