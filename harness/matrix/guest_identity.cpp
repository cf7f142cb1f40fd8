// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/guest_identity.h"

#include <fmt/format.h>

namespace hangrate {

namespace {

constexpr std::size_t kMost = 100;  // a guest may say anything

std::string told(const Json& hello, const char* field) {
  const Json value = hello.value(field, Json());
  return value.is_string() ? value.get<std::string>().substr(0, kMost) : "";
}

std::string shown(const std::string& value) {
  return value.empty() ? "unknown" : value;
}

}  // namespace

std::string identity_mismatch(const BootableKernel& image, const Json& hello) {
  const std::string release = told(hello, "release");
  const std::string build_id = told(hello, "build_id");
  const bool known = !image.build_id.empty() && !build_id.empty();
  const bool same = image.release.empty() || release == image.release;
  if (!release.empty() && same && (!known || build_id == image.build_id)) return {};
  return fmt::format(
      "the guest runs another kernel than its image: expected release {} (build id {}), found "
      "release {} (build id {})",
      shown(image.release), shown(image.build_id), shown(release), shown(build_id));
}

std::string identity_gap(const BootableKernel& image, const Json& hello) {
  if (image.release.empty()) return "the image does not tell its release: it was not compared";
  if (image.build_id.empty()) {
    return "the build id in the image is unknown: only the release was compared with the guest's";
  }
  if (!told(hello, "build_id").empty()) return {};
  return "the guest does not tell its build id: only the release was compared with the image's";
}

}  // namespace hangrate
