// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cli/commands.h"

namespace hangrate {

CommandBody add_doctor_command(CLI::App& app) {
  app.add_subcommand("doctor", "Tell which evidence sources work here and how to enable the rest");
  return [] { return 0; };
}

}  // namespace hangrate
