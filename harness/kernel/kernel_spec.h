// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelSpec: what "debian:bookworm=6.1.176" says. Pure; whether the thing exists is not asked
// here.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

enum class SpecForm { Native, Image, Tree, Packages, Debian, Recipe, UserMode };

struct KernelSpec {
  SpecForm form = SpecForm::Native;
  std::string text;                ///< as given
  std::vector<std::string> paths;  ///< Image, Tree, UserMode: one; Packages: one or more
  std::string release;             ///< Tree: which of several, "" = the only one
  std::string modules;             ///< Image: where its modules are, "" = none
  std::string suite;               ///< Debian
  std::string version;             ///< Debian: "" = the newest
  std::string flavour;             ///< Debian: "cloud-amd64" if none is named
  std::string name;                ///< Recipe: a name, or the path of a folder with a slash in it
};

/// Debian builds its kernels in flavours. This one is for virtual machines: small, and without much
/// that the full one, "amd64", has (9P, most hardware).
inline constexpr const char* kCloudFlavour = "cloud-amd64";

/// The forms, for messages and --help.
extern const char* const kKernelSpecForms;

Result<KernelSpec> parse_kernel_spec(const std::string& text);

}  // namespace hangrate
