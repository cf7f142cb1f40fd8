// SPDX-License-Identifier: GPL-2.0-or-later
//
// main() of every reproducer.
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "harness/cli/standalone.h"
#include "repros/kit/reproducer.h"
#include "repros/kit/worker.h"

namespace {

/// `--drain-stdin`: read standard input to its end, what `cat >/dev/null` would do where there is
/// none.
int drain_stdin() {
  static char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n <= 0) return n == 0 ? 0 : 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace hangrate;
  if (argc == 2 && std::strcmp(argv[1], "--drain-stdin") == 0) return drain_stdin();
  if (std::getenv(protocol::kSlotFdVariable) != nullptr && argc >= 2) {
    kit::WorkerOptions options;
    options.variant = argv[1];
    for (int i = 2; i < argc; ++i) {
      const std::string setting = argv[i];
      const std::size_t equals = setting.find('=');
      options.params[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    return kit::run_worker(options);
  }
  return standalone(kit::reproducer_manifest(), argc, argv, [](const WorkerCall& call) {
    kit::WorkerOptions options;
    options.variant = call.variant;
    options.params = call.params;
    options.supervised = call.supervised;
    options.trials = call.trials;
    options.seed = call.seed;
    return kit::run_worker(options);
  });
}
