// SPDX-License-Identifier: GPL-2.0-or-later
//
// The recorder of a build without kernel programs (HANGRATE_BPF): start() says so.
#include "bpf/recorder.h"

namespace hangrate {

struct Recorder::Parts {
  std::vector<HookStatus> hooks = {};
};

Recorder::Recorder(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Result<Recorder> Recorder::start(const RecorderOptions&) {
  return fail(Error::infrastructure(HANGRATE_BPF_WHY_NOT));
}

Result<void> Recorder::watch(pid_t) {
  return {};
}

void Recorder::begin(pid_t) {}

void Recorder::forget(pid_t) {}

Trace Recorder::snapshot(const SnapshotRequest&) {
  return {};
}

const std::vector<HookStatus>& Recorder::hooks() const {
  return parts_->hooks;
}

RecorderStats Recorder::stats() const {
  return {};
}

}  // namespace hangrate
