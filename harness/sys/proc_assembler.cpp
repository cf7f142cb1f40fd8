// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/proc_assembler.h"

#include <cstring>

#include "harness/model/proc_text.h"
#include "harness/sys/syscall_names.h"

namespace hangrate {

using namespace proc_wire;

namespace {

std::string error_text(int error) {
  return std::string(std::strerror(error)) + " (" + std::to_string(error) + ")";
}

}  // namespace

void ProcAssembler::take(std::string_view bytes) {
  while (bytes.size() >= sizeof(Piece)) {
    Piece piece;
    std::memcpy(&piece, bytes.data(), sizeof piece);
    bytes.remove_prefix(sizeof piece);
    if (piece.length > bytes.size() || piece.target >= targets_.size()) return;
    take(piece, bytes.substr(0, piece.length));
    bytes.remove_prefix(piece.length);
  }
}

SampleSet ProcAssembler::whole() {
  return std::move(set_);
}

SampleSet ProcAssembler::cut_short(const std::string& why) {
  const std::size_t files = depth_ == Depth::Motion ? kMotionFiles : std::size(kFiles);
  for (std::size_t i = 0; i < set_.tasks.size(); ++i) {
    TaskSample& sample = set_.tasks[i];
    if (!alive(sample)) continue;
    for (std::size_t file = 0; file < files; ++file) {
      if ((asked_[i] & 1u << file) == 0) sample.absent.push_back({kFiles[file], "not read"});
    }
  }
  set_.absent.push_back({"helper", why});
  return std::move(set_);
}

void ProcAssembler::take(const Piece& piece, std::string_view text) {
  switch (piece.source) {
    case Source::NotOurs:
      foreign_.push_back(targets_[piece.target].pid);
      return;
    case Source::Foreign:
      set_.absent.push_back({"proc", std::string(text)});
      return;
    case Source::Poll:
    case Source::Queued:
    case Source::Capacity:
      return take_number(piece, text);
    case Source::Gone:
      task(piece.target, piece.tid).gone = true;
      return;
    case Source::Stat:
    case Source::Status:
    case Source::Wchan:
    case Source::Syscall:
    case Source::Stack:
      break;
  }
  TaskSample& sample = task(piece.target, piece.tid);
  const auto file = static_cast<std::size_t>(piece.source);
  asked_[static_cast<std::size_t>(&sample - set_.tasks.data())] |= 1u << file;
  if (piece.error != 0) {
    sample.absent.push_back({kFiles[file], error_text(piece.error)});
    return;
  }
  switch (piece.source) {
    case Source::Stat:
      return parse_stat(text, sample);
    case Source::Status:
      return parse_status(text, sample);
    case Source::Wchan:
      return parse_wchan(text, sample);
    case Source::Syscall:
      parse_syscall(text, sample);
      sample.syscall_name = syscall_name(syscall_number(sample));
      return;
    case Source::Stack:
      return parse_stack(text, sample);
    case Source::Poll:
    case Source::Queued:
    case Source::Capacity:
    case Source::Gone:
    case Source::NotOurs:
    case Source::Foreign:
      return;
  }
}

void ProcAssembler::take_number(const Piece& piece, std::string_view bytes) {
  const ReadTarget& target = targets_[piece.target];
  int number = 0;
  if (piece.error != 0 || bytes.size() != sizeof number) {
    set_.absent.push_back({"fd", "pidfd_getfd: " + error_text(piece.error)});
    return;
  }
  std::memcpy(&number, bytes.data(), sizeof number);
  witness_of_.resize(targets_.size(), -1);
  int& at = witness_of_[piece.target];
  if (piece.source == Source::Poll) {
    at = static_cast<int>(set_.fds.size());
    set_.fds.push_back({.role = target.role,
                        .fd = target.poll_fd,
                        .wanted = target.poll_events,
                        .revents = number});
  }
  if (at < 0) return;
  FdWitness& witness = set_.fds[static_cast<std::size_t>(at)];
  if (piece.source == Source::Queued) witness.queued = number;
  if (piece.source == Source::Capacity) witness.capacity = number;
}

TaskSample& ProcAssembler::task(std::uint32_t index, int tid) {
  for (std::size_t i = 0; i < set_.tasks.size(); ++i) {
    if (target_of_task_[i] == index && set_.tasks[i].tid == tid) return set_.tasks[i];
  }
  const ReadTarget& target = targets_[index];
  TaskSample sample;
  sample.role = target.role;
  sample.pid = target.pid;
  sample.tid = tid;
  sample.victim = target.victim != 0;
  set_.tasks.push_back(std::move(sample));
  target_of_task_.push_back(index);
  asked_.push_back(0);
  return set_.tasks.back();
}

}  // namespace hangrate
