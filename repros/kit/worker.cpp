// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/worker.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/unique_fd.h"
#include "repros/kit/futex.h"
#include "repros/kit/on_record.h"
#include "repros/kit/protocol.h"
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

using protocol::Slot;
using protocol::Verb;
using protocol::WorkerState;

namespace {

/// Copies text into a fixed field, cut at its end, always terminated.
template <std::size_t N>
void copy_text(char (&field)[N], const char* text) {
  const std::size_t bytes = ::strnlen(text, N - 1);
  std::memcpy(field, text, bytes);
  field[bytes] = '\0';
}

int number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : -1;
}

/// Memory that children of ours share. Supervised: the file under the descriptor that `variable`
/// names, which is closed, so that nothing a trial starts can map it anew. nullptr: none to be had.
void* map_shared(bool supervised, const char* variable, std::size_t bytes) {
  const UniqueFd fd(supervised ? number_from_environment(variable) : -1);
  if (supervised && !fd) return nullptr;
  const int flags = MAP_SHARED | (supervised ? 0 : MAP_ANONYMOUS);
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd.get(), 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

/// The slot the supervisor gave us, or a private one for a run without supervisor.
Slot* map_slot(bool supervised) {
  void* memory = map_shared(supervised, protocol::kSlotFdVariable, protocol::kSlotBytes);
  if (memory == nullptr) return nullptr;
  if (!supervised) return protocol::make_slot(memory);
  auto* slot = static_cast<Slot*>(memory);
  const bool ours = slot->magic == HANG_MAGIC && slot->version == HANG_VERSION;
  return ours ? slot : nullptr;
}

/// What the workers of the cell have learned together, or a private table.
protocol::SearchTable* map_search(bool supervised) {
  void* memory = map_shared(supervised, protocol::kSearchFdVariable, protocol::kSearchBytes);
  if (memory == nullptr) return nullptr;
  return supervised ? static_cast<protocol::SearchTable*>(memory)
                    : new (memory) protocol::SearchTable{};
}

}  // namespace

void Reproducer::wait(Nanos at_most) {
  const timespec nap = to_timespec(std::min(at_most, 100 * kMicro));
  ::nanosleep(&nap, nullptr);
}

void Context::phase(const char* name) {
  copy_text(slot_.phase, name);
}

void Context::note(const std::string& text) {
  copy_text(slot_.message, text.c_str());
}

void Context::measure(const std::string& name, const std::string& value, const std::string& unit) {
  const std::string row = name + '\t' + value + '\t' + unit + '\n';
  if (slot_.measurement_bytes + row.size() > sizeof slot_.measurements) {
    fail("more measurements than the slot holds");
  }
  std::memcpy(slot_.measurements + slot_.measurement_bytes, row.data(), row.size());
  slot_.measurement_bytes += static_cast<std::uint32_t>(row.size());
  if (!supervised_) std::fputs(row.c_str(), stdout);
}

void Context::skip(const std::string& reason) {
  note(reason);
  if (!supervised_) std::fprintf(stderr, "skipped: %s\n", reason.c_str());
  protocol::set_state(slot_, WorkerState::Skipped);
  ring();
  ::_exit(protocol::kExitSkip);
}

void Context::fail(const std::string& reason) {
  note(reason);
  if (!supervised_) std::fprintf(stderr, "setup failed: %s\n", reason.c_str());
  protocol::set_state(slot_, WorkerState::Failed);
  ring();
  ::_exit(protocol::kExitSetup);
}

void Context::guard_fuse_connection(int minor_number) {
  struct stat info {};
  const std::string folder = "/sys/fs/fuse/connections/" + std::to_string(minor_number);
  const bool known = minor_number != 0 && ::stat(folder.c_str(), &info) == 0;
  slot_.fuse_connection.store(0, std::memory_order_release);
  slot_.fuse_instance.store(known ? info.st_ino : 0, std::memory_order_release);
  slot_.fuse_connection.store(minor_number, std::memory_order_release);
  record_connection(minor_number, known ? info.st_ino : 0);
}

void Context::ring() {
  const std::uint64_t one = 1;
  // The eventfd is non-blocking; if it is full the supervisor is already being told.
  if (bell_fd_ >= 0 && ::write(bell_fd_, &one, sizeof one) < 0) return;
}

void Context::nap(int round) {
  constexpr int kPauses = 4;
  constexpr int kYields = 2000;
  if (round < kPauses) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  } else if (round < kYields) {
    ::sched_yield();
  } else {
    const timespec span = to_timespec(50 * kMicro);
    ::nanosleep(&span, nullptr);
  }
}

void Context::begin_trial(std::uint64_t index) {
  trial_ = index;
  rng_ = Rng(slot_.seed, slot_.replay != 0 ? slot_.replay_trial : index);
  arm_ = nullptr;
  slot_.shot = {};
  slot_.phase[0] = '\0';
  slot_.message[0] = '\0';
  slot_.measurement_bytes = 0;
  slot_.trial.store(index, std::memory_order_relaxed);
  slot_.trial_start_ns.store(now_ns(), std::memory_order_release);
}

void Context::aimed(const protocol::Shot& shot, protocol::Arm* arm) {
  slot_.shot = shot;
  arm_ = arm;
}

void Context::await(Reproducer& reproducer) {
  if (reproducer.finished()) return;
  const Nanos wedge = now_ns();
  for (Nanos left = slot_.patience_ns; left > 0; left = wedge + slot_.patience_ns - now_ns()) {
    reproducer.wait(left);
    if (reproducer.finished()) return;
  }
  if (!supervised_) {
    while (!reproducer.finished()) reproducer.wait(kSecond);
    return;
  }
  slot_.wedge_ns = wedge;
  slot_.invariant = HANG_UNKNOWN;
  slot_.invariant_text[0] = '\0';
  slot_.released_ns.store(0, std::memory_order_relaxed);
  slot_.party_count = 0;
  for (const PartyInfo& info : reproducer.parties()) {
    if (slot_.party_count == protocol::kMaxParties) break;
    protocol::Party& party = slot_.parties[slot_.party_count++];
    party = {};
    party.pid = info.pid;
    party.tid = info.tid;
    party.poll_fd = info.poll_fd;
    party.poll_events = info.poll_events;
    party.victim = info.victim ? 1 : 0;
    copy_text(party.role, info.role);
  }
  protocol::set_state(slot_, WorkerState::Parked);
  ring();
  answer_commands(reproducer);
}

void Context::answer_commands(Reproducer& reproducer) {
  // Naps double, so that being released is noticed after at most as long again as it took; a
  // command, even an empty one, starts over.
  constexpr Nanos kFirstNap = 400 * kMicro;
  constexpr Nanos kShortNap = 100 * kMicro;
  constexpr Nanos kLongNap = 20 * kMilli;
  Nanos nap_span = kFirstNap;
  while (!reproducer.finished()) {
    const std::uint32_t command = slot_.command.load(std::memory_order_acquire);
    const std::uint32_t sequence = protocol::sequence_of(command);
    if (sequence == slot_.answered.load(std::memory_order_relaxed)) {
      futex_wait(slot_.command, command, nap_span);
      nap_span = std::min(nap_span * 2, kLongNap);
      continue;
    }
    const Verb verb = protocol::verb_of(command);
    if (verb == Verb::Check) {
      const Invariant found = reproducer.invariant();
      slot_.invariant_ns = now_ns();
      slot_.invariant = static_cast<std::uint32_t>(found.status);
      copy_text(slot_.invariant_text, found.text.c_str());
      if (found.status == InvariantStatus::Broken && arm_ != nullptr) {
        arm_->hits.fetch_add(1, std::memory_order_relaxed);
        arm_ = nullptr;
      }
    } else if (verb == Verb::Lever) {
      slot_.lever_pulled = reproducer.pull_lever() ? 1 : 0;
    }
    slot_.answered.store(sequence, std::memory_order_release);
    ring();
    if (verb != Verb::Check) nap_span = kShortNap;  // it may have freed the victim
  }
  // Ordered before the next look at `stop`, as the supervisor sets `stop` before it looks here.
  slot_.released_ns.store(now_ns(), std::memory_order_seq_cst);
  // No ring: the trial is about to end, which rings, and whoever pulled a lever looks by himself.
  protocol::set_state(slot_, WorkerState::Running);
}

/// Waits for a command that says `wanted` and returns its sequence; answers others by doing
/// nothing.
std::uint32_t Context::wait_for(Verb wanted) {
  while (true) {
    const std::uint32_t command = slot_.command.load(std::memory_order_acquire);
    const std::uint32_t sequence = protocol::sequence_of(command);
    if (sequence == slot_.answered.load(std::memory_order_relaxed)) {
      futex_wait(slot_.command, command, kSecond);
    } else if (protocol::verb_of(command) == wanted) {
      return sequence;
    } else {
      slot_.answered.store(sequence, std::memory_order_release);
      ring();
    }
  }
}

int run_worker(const WorkerOptions& options) {
  Slot* slot = map_slot(options.supervised);
  protocol::SearchTable* table = map_search(options.supervised);
  if (slot == nullptr || table == nullptr) {
    std::fprintf(stderr, "a worker is started by a supervisor of the same build; see --help\n");
    return protocol::kExitUsage;
  }
  if (!options.supervised) {
    slot->seed = options.seed;
    slot->patience_ns = kMilli;
  }
  const int bell_fd = options.supervised ? number_from_environment(protocol::kBellFdVariable) : -1;
  Context context(*slot, *table, bell_fd, options.supervised);
  const Settings settings(options.variant, options.params, slot->lane);
  const std::unique_ptr<Reproducer> reproducer = make_reproducer(settings);
  reproducer->setup(context);

  if (!options.supervised) {
    for (std::uint64_t i = 0; i < options.trials; ++i) {
      context.begin_trial(i);
      const TrialOutcome outcome = reproducer->trial(context);
      if (outcome != TrialOutcome::Clean) {
        std::printf("trial %llu: %s\n", static_cast<unsigned long long>(i), slot->message);
        return 1;
      }
    }
    std::printf("%llu trials ended by themselves\n",
                static_cast<unsigned long long>(options.trials));
    return protocol::kExitClean;
  }

  while (true) {
    protocol::set_state(*slot, WorkerState::Idle);
    context.ring();
    const std::uint32_t lease = context.wait_for(Verb::Lease);
    const std::uint64_t first = slot->lease_first.load(std::memory_order_relaxed);
    const std::uint64_t count = slot->lease_count.load(std::memory_order_relaxed);
    slot->done.store(0, std::memory_order_relaxed);
    protocol::set_state(*slot, WorkerState::Running);
    slot->answered.store(lease, std::memory_order_release);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (slot->stop.load(std::memory_order_seq_cst) != 0) break;
      context.begin_trial(first + i);
      const TrialOutcome outcome = reproducer->trial(context);
      if (outcome != TrialOutcome::Clean || slot->measurement_bytes != 0) {
        slot->outcome = static_cast<std::uint32_t>(outcome);
        protocol::set_state(*slot, WorkerState::Reported);
        context.ring();
        const std::uint32_t go_on = context.wait_for(Verb::Continue);
        protocol::set_state(*slot, WorkerState::Running);
        slot->answered.store(go_on, std::memory_order_release);
      }
      slot->done.store(i + 1, std::memory_order_release);
    }
  }
}

}  // namespace hangrate::kit
