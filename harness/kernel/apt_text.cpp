// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/apt_text.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/kernel/deb_version.h"

namespace hangrate {

namespace {

constexpr std::string_view kImage = "linux-image-";

std::string without_slashes(std::string uri) {
  while (uri.ends_with('/')) uri.pop_back();
  return uri;
}

/// "NAME (= VERSION)" -> {NAME, VERSION}; other relations give no version.
std::pair<std::string, std::string> exact_dependency(const std::string& text) {
  const std::size_t space = text.find(' ');
  const std::size_t equals = text.find("(= ");
  if (equals == std::string::npos) return {text.substr(0, space), ""};
  return {text.substr(0, space), text.substr(equals + 3, text.find(')', equals) - equals - 3)};
}

/// linux-image-7..., linux-binary-7..., but not the package linux-base itself.
bool is_kernel_part(const std::string& name) {
  for (const std::string_view prefix :
       {"linux-image-", "linux-binary-", "linux-modules-", "linux-base-"}) {
    if (name.starts_with(prefix) && name.size() > prefix.size() &&
        std::isdigit(static_cast<unsigned char>(name[prefix.size()])) != 0) {
      return true;
    }
  }
  return false;
}

bool has_security(const std::string& suite) {
  return suite.find('-') == suite.npos && suite != "sid" && suite != "unstable" &&
         suite != "experimental";
}

}  // namespace

AptMirrors mirrors_from_targets(const std::string& text) {
  AptMirrors mirrors;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string label = line.substr(0, space);
    const std::string uri = without_slashes(trimmed(line.substr(space + 1)));
    if (uri.empty()) continue;
    const bool unlabelled = label.find('$') != label.npos;
    std::string* mirror = nullptr;
    if (label == "Debian" || (unlabelled && uri.ends_with("/debian"))) mirror = &mirrors.main;
    if (label == "Debian-Security" || (unlabelled && uri.ends_with("/debian-security"))) {
      mirror = &mirrors.security;
    }
    if (mirror != nullptr && mirror->empty()) *mirror = uri;
  }
  if (mirrors.security.empty()) mirrors.security = mirrors_from_base(mirrors.main).security;
  return mirrors;
}

AptMirrors mirrors_from_base(const std::string& base) {
  AptMirrors mirrors{.main = without_slashes(base), .security = ""};
  if (mirrors.main.ends_with("/debian")) mirrors.security = mirrors.main + "-security";
  return mirrors;
}

Result<std::string> sources_list(const std::string& suite, const AptMirrors& mirrors,
                                 const std::string& keyring) {
  std::string text;
  const auto add = [&](const std::string& uri, const std::string& name) {
    text += fmt::format("deb [signed-by={}] {} {} main\n", keyring, uri, name);
  };
  const bool only_security = suite.ends_with("-security");
  if (mirrors.main.empty() || (only_security && mirrors.security.empty())) {
    return fail(Error::usage("no mirror of Debian" +
                             std::string(mirrors.main.empty() ? "" : "'s security updates") +
                             " in this machine's apt configuration: give --mirror URL"));
  }
  if (only_security) {
    add(mirrors.security, suite);
  } else {
    add(mirrors.main, suite);
    if (has_security(suite) && !mirrors.security.empty()) {
      add(mirrors.security, suite + "-security");
    }
  }
  return text;
}

std::string private_apt_conf(const std::string& folder, bool root) {
  std::string text = fmt::format(
      "Dir::State \"{0}/state\";\n"
      "Dir::State::Lists \"{0}/state/lists\";\n"
      "Dir::State::status \"{0}/status\";\n"
      "Dir::Cache \"{0}/cache\";\n"
      "Dir::Cache::pkgcache \"\";\n"  // kept in memory: nothing for two runs to disagree about
      "Dir::Cache::srcpkgcache \"\";\n"
      "Dir::Etc::SourceList \"{0}/sources.list\";\n"
      "Dir::Etc::SourceParts \"/dev/null\";\n"
      "Dir::Etc::Preferences \"/dev/null\";\n"
      "Dir::Etc::PreferencesParts \"/dev/null\";\n"
      "#clear APT::Architectures;\n"
      "APT::Architecture \"amd64\";\n"
      "APT::Architectures {{ \"amd64\"; }};\n"
      "#clear APT::Update::Pre-Invoke;\n"
      "#clear APT::Update::Post-Invoke;\n"
      "#clear APT::Update::Post-Invoke-Success;\n"
      "APT::Update::Error-Mode \"any\";\n"
      "APT::Get::AllowUnauthenticated \"false\";\n"
      "Acquire::AllowInsecureRepositories \"false\";\n"
      "Acquire::AllowWeakRepositories \"false\";\n"
      "Acquire::AllowDowngradeToInsecureRepositories \"false\";\n"
      "Acquire::Languages \"none\";\n"
      "Acquire::Retries \"2\";\n"
      "Acquire::http::Timeout \"30\";\n"
      "Acquire::https::Timeout \"30\";\n",
      folder);
  // Otherwise apt downloads as its own user, who may not write into root's cache.
  if (root) text += "APT::Sandbox::User \"root\";\n";
  return text;
}

std::vector<DebPackage> packages_from_show(const std::string& text) {
  std::vector<DebPackage> packages;
  DebPackage current;
  for (const std::string& line : split(text + "\n\n", '\n')) {
    if (line.empty()) {
      if (!current.name.empty()) packages.push_back(current);
      current = {};
      continue;
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || line.front() == ' ') continue;
    const std::string field = line.substr(0, colon);
    const std::string value = trimmed(line.substr(colon + 2));
    if (field == "Package") current.name = value;
    if (field == "Version") current.version = value;
    if (field == "SHA256") current.sha256 = value;
    if (field != "Depends") continue;
    for (const std::string& one : split(value, ',')) {
      if (one.find('|') == one.npos) current.depends.push_back(trimmed(one));
    }
  }
  return packages;
}

bool is_image(const std::string& name, const std::string& flavour) {
  const std::string release = release_of_image(name);
  if (!release.ends_with("-" + flavour)) return false;
  // Each part of the rest begins with a digit: "6.1.0-50-cloud" is the rest of another flavour.
  const std::string abi = release.substr(0, release.size() - flavour.size() - 1);
  for (const std::string& part : split(abi, '-')) {
    if (part.empty() || std::isdigit(static_cast<unsigned char>(part.front())) == 0) return false;
  }
  // A metapackage has no number behind the second dot: linux-image-6.12-cloud-amd64.
  return std::count(abi.begin(), abi.end(), '.') >= 2;
}

std::string release_of_image(const std::string& name) {
  return name.starts_with(kImage) ? name.substr(kImage.size()) : "";
}

std::optional<std::pair<std::string, std::string>> image_of_metapackage(
    const DebPackage& meta, const std::string& flavour) {
  for (const std::string& text : meta.depends) {
    const auto dependency = exact_dependency(text);
    if (is_image(dependency.first, flavour)) return dependency;
  }
  return std::nullopt;
}

bool names_kernel(const std::string& version, const std::string& package_version,
                  const std::string& release, const std::string& flavour) {
  if (version == package_version || version == release) return true;
  if (version + "-" + flavour == release) return true;
  return package_version.starts_with(version) &&
         std::strchr("-+~", package_version[version.size()]) != nullptr;
}

Result<DebPackage> choose_image(const std::vector<DebPackage>& images, const std::string& version,
                                const std::string& suite, const std::string& flavour) {
  std::vector<DebPackage> sorted = images;
  std::erase_if(sorted, [&](const DebPackage& p) { return !is_image(p.name, flavour); });
  std::stable_sort(sorted.begin(), sorted.end(), [](const DebPackage& a, const DebPackage& b) {
    return compare_deb_versions(a.version, b.version) < 0;
  });
  std::vector<std::string> there;
  const DebPackage* chosen = nullptr;
  for (const DebPackage& package : sorted) {
    std::string release = release_of_image(package.name);
    if (names_kernel(version, package.version, release, flavour)) chosen = &package;
    release.resize(release.size() - flavour.size() - 1);
    there.push_back(package.version + " (" + release + ")");
  }
  if (chosen != nullptr) return *chosen;
  return fail(
      Error::usage(fmt::format("debian:{} has no kernel {} of flavour {}; there {}: {}", suite,
                               version, flavour, there.size() == 1 ? "is" : "are",
                               there.empty() ? "none" : fmt::to_string(fmt::join(there, ", ")))));
}

std::vector<DebPackage> parts_of_image(const DebPackage& image,
                                       const std::vector<DebPackage>& known,
                                       std::vector<std::string>* missing) {
  std::vector<DebPackage> parts = {image};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::vector<std::string> depends = parts[i].depends;
    for (const std::string& text : depends) {
      const auto [name, version] = exact_dependency(text);
      const auto is_it = [&n = name](const DebPackage& p) { return p.name == n; };
      if (!is_kernel_part(name) || std::any_of(parts.begin(), parts.end(), is_it)) continue;
      const auto found = std::find_if(known.begin(), known.end(),
                                      [&, &n = name, &v = version](const DebPackage& p) {
                                        return p.name == n && (v.empty() || p.version == v);
                                      });
      if (found != known.end()) {
        parts.push_back(*found);
      } else if (std::find(missing->begin(), missing->end(), name) == missing->end()) {
        missing->push_back(name);
      }
    }
  }
  return parts;
}

}  // namespace hangrate
