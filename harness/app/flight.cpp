// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/flight.h"

namespace hangrate {

std::optional<Recorder> start_recorder(TraceSetup& setup) {
  if (setup.mode == TraceMode::Off) return std::nullopt;
  const Nanos before = now_ns();
  auto recorder = Recorder::start();
  setup.start = now_ns() - before;
  if (!recorder) {
    setup.refused = recorder.error().what();
    return std::nullopt;
  }
  setup.hooks = recorder->hooks();
  return std::move(*recorder);
}

}  // namespace hangrate
