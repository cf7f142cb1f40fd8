// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_one_slot/pair_trial.h"

#include <cstring>
#include <string>

#include <poll.h>
#include <unistd.h>

namespace hangrate::pipe_one_slot {

void PairTrial::setup(kit::Context& context) {
  for (TokenThread& thread : threads_) {
    const std::string problem = thread.start("slot-writer");
    if (!problem.empty()) context.fail(problem);
  }
}

kit::TrialOutcome PairTrial::trial(kit::Context& context) {
  parked_ = false;
  context.phase("open");
  std::string problem = pipe_.open(1);
  if (problem.empty() && pair_ == Pair::Both) problem = pipe_.put_token_at_page_end('e');
  if (problem.empty() && pair_ == Pair::Jobserver && !(pipe_.give('a') && pipe_.give('b'))) {
    problem = "two tokens do not fit into the pipe";
  }
  if (!problem.empty()) context.fail(problem);
  context.phase("share tokens");
  Errand errand{.write_fd = pipe_.write_end()};
  if (pair_ == Pair::Jobserver) {
    errand.read_fd = pipe_.read_end();
    errand.rounds = rounds_;
  }
  for (TokenThread& thread : threads_) thread.post(errand);
  // The patience of a hang begins when the hang is complete, however long the rounds take.
  context.until(
      [this] { return finished() || judge(look()).status == kit::InvariantStatus::Broken; });
  context.await(*this);
  const kit::TrialOutcome outcome = check(context);
  pipe_.close();
  return outcome;
}

bool PairTrial::finished() {
  return threads_[0].finished() && threads_[1].finished();
}

void PairTrial::wait(Nanos at_most) {
  for (const TokenThread& thread : threads_) {
    if (!thread.finished()) return thread.wait(at_most);
  }
}

std::vector<kit::PartyInfo> PairTrial::parties() {
  parked_ = true;
  std::vector<kit::PartyInfo> who;
  for (const TokenThread& thread : threads_) {
    if (thread.finished()) {
      who.push_back({"partner", ::getpid(), thread.tid(), false, -1, 0});
    } else {
      who.push_back({"writer", ::getpid(), thread.tid(), true, pipe_.read_end(), POLLIN});
    }
  }
  return who;
}

Scene PairTrial::look() const {
  Scene scene;
  // Who has returned does nothing any more, so that comes first. Who sleeps may be woken by the
  // other until that one sleeps too, so the first is looked at again.
  const bool done0 = threads_[0].finished();
  const bool done1 = threads_[1].finished();
  bool sleeps0 = !done0 && threads_[0].asleep_in_write();
  const bool sleeps1 = !done1 && threads_[1].asleep_in_write();
  sleeps0 = sleeps0 && threads_[0].asleep_in_write();
  scene.asleep = (sleeps0 ? 1 : 0) + (sleeps1 ? 1 : 0);
  scene.running = (done0 ? 0 : 1) + (done1 ? 0 : 1) - scene.asleep;
  if (scene.asleep != 0 && scene.running == 0) scene.pipe = pipe_.look();
  return scene;
}

bool PairTrial::pull_lever() {
  char token = 0;
  if (pair_ == Pair::Jobserver) {  // the victim goes on with its own token; it must keep that
    return pipe_.take(token);
  }
  // Each read empties the pipe and wakes one writer, which fills it again.
  const Nanos deadline = now_ns() + 20 * kMilli;
  while (!finished() && now_ns() < deadline) {
    if (!pipe_.take(token)) wait(50 * kMicro);
  }
  return true;
}

kit::TrialOutcome PairTrial::check(kit::Context& context) {
  for (const TokenThread& thread : threads_) {
    if (thread.error() == 0) continue;
    context.note(std::string("the pipe: ") + std::strerror(thread.error()));
    return kit::TrialOutcome::Anomaly;
  }
  if (parked_) return kit::TrialOutcome::Clean;  // the lever took tokens
  int found = 0;
  for (char token = 0; pipe_.take(token);) ++found;
  if (found == tokens()) return kit::TrialOutcome::Clean;
  context.note(std::to_string(found) + " tokens left of " + std::to_string(tokens()));
  return kit::TrialOutcome::Anomaly;
}

}  // namespace hangrate::pipe_one_slot
