// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/classify/scene.h"

#include <algorithm>

#include <fmt/format.h>

namespace hangrate {

namespace {

/// A splice may go either way; only one out of the pipe leaves it emptier, which its state shows.
bool takes_data(const TraceEvent& event) {
  return event.kind == TraceKind::Return && event.call == TracedCall::PipeRead && event.result > 0;
}

}  // namespace

std::string us_text(Nanos span) {
  return fmt::format("{:.3f} us", static_cast<double>(span) / 1000.0);
}

Scene::Scene(const Trace& of, Nanos judged)
    : trace(of), story(read_story(of, judged)), names(of), until(judged) {}

std::string Scene::span(std::size_t from, std::size_t to) const {
  return us_text(event(to).when - event(from).when);
}

std::string Scene::span_to_end(std::size_t from) const {
  return us_text(std::max<Nanos>(until - event(from).when, 0));
}

std::vector<std::size_t> Scene::states_of(std::uint64_t pipe, std::size_t first) const {
  std::vector<std::size_t> found;
  for (std::size_t i = first; i < story.end; ++i) {
    if (event(i).pipe && event(i).object == pipe) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> Scene::reads_of(std::uint64_t pipe, std::size_t first) const {
  std::vector<std::size_t> found;
  std::optional<std::uint32_t> tail;
  for (std::size_t i = 0; i < story.end; ++i) {
    const TraceEvent& e = event(i);
    if (e.object != pipe) continue;
    const bool emptier = e.pipe && tail && e.pipe->tail != *tail;
    // A resize moves the slots to the start of the new ring (pipe_resize_ring(), v6.1 fs/pipe.c).
    const bool resize = e.call == TracedCall::PipeResize || e.call == TracedCall::PipeFcntl;
    if (i >= first && (takes_data(e) || (emptier && !resize && e.call == TracedCall::PipeSplice))) {
      found.push_back(i);
    }
    if (e.pipe) tail = e.pipe->tail;
  }
  return found;
}

std::optional<std::size_t> Scene::last_to(TraceKind kind, int tid, std::size_t before) const {
  for (std::size_t i = std::min(before, story.end); i-- > 0;) {
    if (event(i).kind == kind && event(i).other == tid) return i;
  }
  return std::nullopt;
}

int Scene::group_of(int tid) const {
  const TaskStory* task = story.of(tid);
  return task == nullptr ? 0 : task->pid;
}

bool Scene::hook_absent(const std::string& name) const {
  return std::any_of(trace.absent.begin(), trace.absent.end(),
                     [&](const std::string& hook) { return hook.find(name) != std::string::npos; });
}

}  // namespace hangrate
