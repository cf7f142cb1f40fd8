// SPDX-License-Identifier: GPL-2.0-or-later
//
// For the tests beside a reproducer: its repro.json, and the variants that its program knows.
#pragma once

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/model/manifest_check.h"
#include "repros/kit/hang.h"

namespace hangrate::testing {

inline Manifest manifest_of(const std::string& repro) {
  const std::string path = HANGRATE_SOURCE_DIR "/repros/" + repro + "/repro.json";
  const auto manifest = read_manifest(read_file(path).value_or(""));
  EXPECT_TRUE(manifest) << path << ": " << manifest.error().what();
  return manifest ? *manifest : Manifest{};
}

inline std::set<std::string> variants_of(const Manifest& manifest) {
  std::set<std::string> names;
  for (const Variant& variant : manifest.variants) names.insert(variant.name);
  return names;
}

/// Of the program that the test is linked with.
inline std::set<std::string> registered_variants() {
  std::set<std::string> names;
  for (hang_variant* v = hang_self.variants; v != nullptr; v = v->next) names.insert(v->name);
  return names;
}

}  // namespace hangrate::testing
