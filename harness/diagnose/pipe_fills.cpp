// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/pipe_fills.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <set>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/sys/child.h"

namespace hangrate {

namespace {

struct PipePlace {
  std::string object;
  int pid = 0;
  int descriptor = -1;
};

/// What the helper writes of each, in order.
struct PipeAnswer {
  int capacity = 0;
  int queued = -1;  ///< -1: it could not be asked
};

/// Who waits for a pipe's lock is in state D (fs/pipe.c, mutex_lock()); who waits for the pipe is
/// not. Asking takes the lock.
std::map<std::string, PipePlace> askable_pipes(const Diagnosis& diagnosis) {
  std::map<std::string, PipePlace> places;
  std::set<std::string> locked;
  for (const WaitProof& proof : diagnosis.proofs) {
    for (const WaitEdge& edge : proof.waits) {
      if (!edge.object.starts_with("pipe:") || edge.descriptor < 0) continue;
      for (const TaskRef& task : proof.others) {  // may have the lock and wait for a page
        const auto& all = edge.releasers;
        const bool holds = std::find(all.begin(), all.end(), task.tid) != all.end();
        if (holds && task.state == 'D') locked.insert(edge.object);
      }
      for (const TaskRef& task : proof.members) {
        if (task.tid != edge.tid) continue;
        if (task.state == 'D') locked.insert(edge.object);
        places.emplace(edge.object, PipePlace{edge.object, task.pid, edge.descriptor});
      }
    }
  }
  for (const std::string& object : locked) places.erase(object);
  return places;
}

/// Is that descriptor of ours still this pipe? The number may have been given to another file.
bool is_object(int descriptor, const std::string& object) {
  char target[64] = {};
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return ::readlink(path.c_str(), target, sizeof target - 1) > 0 && object == target;
}

PipeAnswer ask(const PipePlace& place) {
  PipeAnswer answer;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, place.pid, 0)));
  if (!process) return answer;
  const UniqueFd copy(
      static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), place.descriptor, 0)));
  if (!copy || !is_object(copy.get(), place.object)) return answer;
  int queued = 0;
  answer.capacity = ::fcntl(copy.get(), F_GETPIPE_SZ);
  if (answer.capacity > 0 && ::ioctl(copy.get(), FIONREAD, &queued) == 0) answer.queued = queued;
  return answer;
}

}  // namespace

void measure_pipes(Diagnosis& diagnosis, Nanos limit) {
  const auto places = askable_pipes(diagnosis);
  if (places.empty()) return;
  const UniqueFd output = make_output_file("hangrate-pipes");
  const auto helper = fork_helper(
      "hangrate-pipes", {output.get()}, true,
      [&] {
        for (const auto& [object, place] : places) {
          const PipeAnswer answer = ask(place);
          if (::write(output.get(), &answer, sizeof answer) != sizeof answer) return 1;
        }
        return 0;
      },
      HelperRights::All);
  if (!helper) return;
  if (!await_child(*helper, limit)) signal_child(*helper, SIGKILL);
  const std::string answers = output_tail(output.get(), places.size() * sizeof(PipeAnswer));
  const int page = static_cast<int>(::sysconf(_SC_PAGESIZE));
  std::size_t at = 0;
  for (const auto& [object, place] : places) {
    if (at + sizeof(PipeAnswer) > answers.size()) return;
    PipeAnswer answer;
    std::memcpy(&answer, answers.data() + at, sizeof answer);
    at += sizeof answer;
    if (answer.queued < 0) continue;
    diagnosis.pipes.push_back({object, answer.capacity, answer.capacity / page, answer.queued});
  }
}

}  // namespace hangrate
