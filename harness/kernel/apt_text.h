// SPDX-License-Identifier: GPL-2.0-or-later
//
// What apt is told and what it answers, as text and values. Pure: every choice among packages is
// made here, so that it can be tested without an archive.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

struct DebPackage {
  std::string name;
  std::string version;
  std::string sha256;
  std::vector<std::string> depends;  ///< "NAME (= VERSION)", alternatives left out
};

struct AptMirrors {
  std::string main;      ///< "" = unknown
  std::string security;  ///< "" = unknown
};

/// From lines "LABEL URI" of `apt-get indextargets`. Where a label is missing (no lists were ever
/// fetched) the last part of the URI tells: debian or debian-security.
AptMirrors mirrors_from_targets(const std::string& text);
/// From the mirror a user gives; security updates are looked for beside it.
AptMirrors mirrors_from_base(const std::string& base);

/// sources.list for a suite: with its security updates for a release, alone for the others.
Result<std::string> sources_list(const std::string& suite, const AptMirrors& mirrors,
                                 const std::string& keyring);
/// apt.conf that keeps all state below `folder` and runs none of this machine's hooks.
std::string private_apt_conf(const std::string& folder, bool root);

/// The packages `apt-cache show` told of.
std::vector<DebPackage> packages_from_show(const std::string& text);

/// linux-image-6.1.0-50-FLAVOUR: a signed kernel of exactly this flavour ("amd64" is not
/// "cloud-amd64"), no metapackage.
bool is_image(const std::string& name, const std::string& flavour);
/// "6.1.0-50-cloud-amd64" of such a name, "" of any other.
std::string release_of_image(const std::string& name);

/// The image a metapackage depends on.
std::optional<std::pair<std::string, std::string>> image_of_metapackage(const DebPackage& meta,
                                                                        const std::string& flavour);

/// The newest of `images` that `version` names: a package version (6.1.176-1), its upstream part
/// (6.1.176), or an ABI (6.1.0-50, with or without the flavour). A usage error lists what there is.
Result<DebPackage> choose_image(const std::vector<DebPackage>& images, const std::string& version,
                                const std::string& suite, const std::string& flavour);
bool names_kernel(const std::string& version, const std::string& package_version,
                  const std::string& release, const std::string& flavour);

/// The packages an image consists of, itself first: what it depends on in the same version.
/// `missing` gets the names `known` lacks.
std::vector<DebPackage> parts_of_image(const DebPackage& image,
                                       const std::vector<DebPackage>& known,
                                       std::vector<std::string>* missing);

}  // namespace hangrate
