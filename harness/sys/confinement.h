// SPDX-License-Identifier: GPL-2.0-or-later
//
// Confinement: what a program we started may be and use. Applied in the child between fork and
// exec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace hangrate {

/// Users of nobody: no distribution, container manager or systemd gives these numbers away.
inline constexpr uid_t kFirstOwnUser = 0x70000000;

struct Confinement {
  /// As the user kFirstOwnUser + its pid, without groups and capabilities. Two programs of one user
  /// (two guests as "nobody") may kill and trace each other; a user per process rules that out and
  /// needs no book of who has which. Root only.
  bool own_user = false;
  std::optional<gid_t> group;     ///< kept beside, for a device
  std::uint64_t memory = 0;       ///< bytes of address space; 0, here and below: no limit
  std::uint64_t file = 0;         ///< bytes of a regular file; SIGXFSZ beyond (setrlimit(2))
  std::uint64_t descriptors = 0;  ///< open at once
  std::uint64_t tasks = 0;        ///< of its user: only sensible with own_user
  std::uint64_t cpu = 0;          ///< seconds of all its threads; SIGKILL beyond
};

/// Puts the caller into it; never a core file nor new privileges (no_new_privs: v3.5) from here on.
/// Async-signal-safe. False: it could not be, and the caller must not go on.
bool confine_self(const Confinement& confinement);

/// Can we become such users? Not without root, nor in a user namespace that does not have them.
bool can_have_own_user();

/// May a user of nobody read and execute `program`, through every folder on the way?
bool open_to_all(const std::string& program);

}  // namespace hangrate
