// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands among what a matrix runs: those of --exec, and reproducers whose repro.json has
// "exec". Guests get all that they need; what is missing is told before anything starts.
#pragma once

#include <string>
#include <vector>

#include "harness/app/exec_options.h"
#include "harness/guest/payload.h"
#include "harness/model/matrix_plan.h"
#include "harness/run/catalog.h"
#include "harness/store/matrix_store.h"

namespace hangrate {

struct MatrixCommandOptions {
  ExecOptions exec;
  std::vector<std::string> include;
  std::string rootfs;  ///< folder or tar file

  bool given() const { return exec.given() || !include.empty() || !rootfs.empty(); }
  /// Where commands start.
  std::string folder() const;
};

void add_matrix_command_options(CLI::App& app, MatrixCommandOptions& options);
/// The options that say it again.
std::vector<std::string> command_words(const MatrixCommandOptions& options);

/// The command of --exec as a reproducer of the catalog, in place of any of its name. `folder` is
/// where it starts.
Result<Manifest> adopt_command(const ExecOptions& options, const std::string& folder,
                               std::vector<CatalogEntry>& catalog);

/// Commands that a run has kept, in place of those of their names.
Result<void> adopt_kept_commands(const std::string& results, std::vector<CatalogEntry>& catalog);

/// Those of the catalog that the plan runs.
std::vector<const Manifest*> commands_of(const MatrixPlan& plan,
                                         const std::vector<CatalogEntry>& catalog);

/// What guests of the plan get for them and for reproducers that start programs, and the fact that
/// says so. Both are empty if there are none of either, the archive if there are no guests.
struct PlannedPayload {
  Payload payload;
  PayloadFact fact;
};
Result<PlannedPayload> plan_payload(const MatrixPlan& plan,
                                    const std::vector<CatalogEntry>& catalog,
                                    const MatrixCommandOptions& options);
/// The same again for a run that goes on, from `results`: what came to be there since, as its own
/// results, is left out. Usage error: it would be another one.
Result<PlannedPayload> repeat_payload(const std::string& results, const MatrixHeader& header,
                                      const std::vector<CatalogEntry>& catalog);

/// What comes along into guests, and what may be missing, for the one who started it.
void tell_payload(const Payload& payload);

/// The folder with the init and the hangrate of guests: `programs`, if it has them, or our own.
std::string guest_system(const std::string& programs);

}  // namespace hangrate
