// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_spec.h"

#include <algorithm>

#include "harness/base/file.h"
#include "harness/kernel/guest_kernel.h"

namespace hangrate {

const char* const kKernelSpecForms =
    "native, image:PATH[,modules=DIR], dir:PATH[=RELEASE], deb:FILE[,FILE...], rpm:FILE[,FILE...], "
    "debian:SUITE[=VERSION][,flavour=FLAVOUR], recipe:NAME, uml:PROGRAM";

namespace {

constexpr const char* kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr const char* kSuite = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr const char* kVersion =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~:-";
constexpr const char* kRelease =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~_-";
constexpr const char* kName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_-";

bool consists_of(const std::string& text, const char* letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string::npos;
}

/// PATH,modules=DIR
bool take_modules(KernelSpec& spec) {
  const std::string option = ",modules=";
  std::string& path = spec.paths.front();
  const std::size_t at = path.rfind(option);
  if (at == std::string::npos) return true;
  spec.modules = path.substr(at + option.size());
  path.resize(at);
  return !path.empty() && !spec.modules.empty();
}

/// SUITE[=VERSION],flavour=FLAVOUR; gives what stands before the comma, "" for a wrong flavour.
std::string take_flavour(KernelSpec& spec, const std::string& rest) {
  const std::string option = ",flavour=";
  const std::size_t at = rest.find(option);
  spec.flavour = at == std::string::npos ? kCloudFlavour : rest.substr(at + option.size());
  const bool good =
      consists_of(spec.flavour, kSuite) && consists_of(spec.flavour.substr(0, 1), kLower);
  return good ? rest.substr(0, at) : "";
}

/// PATH=RELEASE; what has a slash behind the '=' is a path.
bool take_release(KernelSpec& spec) {
  std::string& path = spec.paths.front();
  const std::size_t at = path.rfind('=');
  if (at == std::string::npos || path.find('/', at) != std::string::npos) return true;
  spec.release = path.substr(at + 1);
  path.resize(at);
  return !path.empty() && consists_of(spec.release, kRelease);
}

Failure refuse(const std::string& text, const std::string& why) {
  return fail(
      Error::usage("kernel '" + text + "': " + why + "; the forms are " + kKernelSpecForms));
}

}  // namespace

Result<KernelSpec> parse_kernel_spec(const std::string& text) {
  KernelSpec spec;
  spec.text = text;
  if (text == "native") return spec;
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) return refuse("...", "a line break or another control character in it");
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return refuse(text, "no such form");
  const std::string form = text.substr(0, colon);
  const std::string rest = text.substr(colon + 1);

  if (form == "image" || form == "dir" || form == "uml") {
    if (rest.empty()) return refuse(text, "the path is missing");
    spec.form = form == "image" ? SpecForm::Image
                : form == "dir" ? SpecForm::Tree
                                : SpecForm::UserMode;
    spec.paths = {rest};
    if (spec.form == SpecForm::Image && !take_modules(spec)) {
      return refuse(text, "a path is missing before or behind ',modules='");
    }
    if (spec.form == SpecForm::Tree && !take_release(spec)) {
      return refuse(text,
                    "no release such as 6.1.0-50-amd64 behind the '='; a folder with '=' in its "
                    "name is given with '/' at its end");
    }
    return spec;
  }
  if (form == "deb" || form == "rpm") {
    spec.form = SpecForm::Packages;
    spec.paths = split(rest, ',');
    for (const std::string& path : spec.paths) {
      if (path.empty()) return refuse(text, "a file name is missing");
    }
    return spec;
  }
  if (form == "debian") {
    spec.form = SpecForm::Debian;
    const std::string named = take_flavour(spec, rest);
    if (named.empty() && !rest.empty()) {
      return refuse(text,
                    "no suite, or no flavour such as amd64 or cloud-amd64 behind ',flavour='");
    }
    const std::size_t equals = named.find('=');
    spec.suite = named.substr(0, equals);
    if (!consists_of(spec.suite, kSuite) || !consists_of(spec.suite.substr(0, 1), kLower)) {
      return refuse(text, "no suite such as bookworm, trixie-backports or sid");
    }
    if (equals == std::string::npos) return spec;
    spec.version = named.substr(equals + 1);
    if (!consists_of(spec.version, kVersion) || spec.version.front() == '-') {
      return refuse(text, "no version such as 6.1.176-1 or 6.1.0-50 behind the '='");
    }
    return spec;
  }
  if (form == "recipe") {
    spec.form = SpecForm::Recipe;
    spec.name = rest;
    const bool path = rest.find('/') != std::string::npos;
    if (!path && (!consists_of(rest, kName) || rest.front() == '.')) {
      return refuse(text, "no name of a recipe");
    }
    return spec;
  }
  return refuse(text, "no form '" + form + ":'");
}

Result<void> check_kernel_spec(const std::string& spec) {
  HR_TRY(parse_kernel_spec(spec));
  return {};
}

}  // namespace hangrate
