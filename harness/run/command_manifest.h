// SPDX-License-Identifier: GPL-2.0-or-later
//
// A command as a reproducer: any program, in any language, with nothing of ours in it. Every trial
// is one execution of it, run by our program run-command, and judged by what its tasks wait for.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/model/manifest.h"

namespace hangrate {

/// What a user says of a command.
struct CommandRequest {
  std::string command;  ///< as a shell takes it
  std::string name;     ///< "": its first word
  std::vector<std::string>
      frames;  ///< a hit must sleep in all of these kernel functions; empty: anywhere
  int time_limit_s = 60;
  int hit_exit = 0;
  bool loops = false;
  std::string match;  ///< see Manifest::match
  /// A hit must look like all of these too, those of a known bug say, whatever their roles.
  std::vector<Signature> signatures;
};

/// A usage error if there is no name to be made of it, or its `match` is no regular expression.
Result<Manifest> manifest_of(const CommandRequest& request);

/// Fills in what follows from `exec`: how long a trial may run before somebody looks after it.
/// `folder`: what a program with a relative path is relative to.
void complete_command(Manifest& manifest, const std::string& folder);

/// The repro.json that says the same of a command on another machine: its words, made absolute
/// where they are a path.
std::string command_file_text(const Manifest& manifest);

/// The program that runs commands.
std::string command_runner();

/// For its environment: the command as JSON; the number of its descriptor of /dev/kmsg, if it has
/// a `match` and we may read it.
inline constexpr const char* kCommandVariable = "HANGRATE_COMMAND";
inline constexpr const char* kKernelLogVariable = "HANGRATE_KERNEL_LOG_FD";
std::string command_text(const Manifest& manifest);

}  // namespace hangrate
