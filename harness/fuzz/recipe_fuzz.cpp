// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recipe, a configuration fragment against a configuration, and what the cache says of a kernel.
#include "harness/fuzz/input.h"
#include "harness/kernel/kernel_json.h"
#include "harness/kernel/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  const std::string text = fuzz::text_of(data, size);
  const auto recipe = recipe_from_json(text);
  if (recipe) {
    HR_CHECK(!recipe->package.empty() && !recipe->suite.empty());
    (void)recipe->label_for("6.1.0");
  }
  const auto parts = fuzz::parts_of(text, 2);
  HR_CHECK(config_mismatches(parts[0], parts[0]).empty());
  (void)config_mismatches(parts[0], parts[1]);
  const auto entry = cache_entry_from_json(text, "/cache/k");
  if (!entry) return 0;
  const std::string said = dump_line(to_json_value(*entry));
  const auto again = cache_entry_from_json(said, "/cache/k");
  HR_CHECK(again && dump_line(to_json_value(*again)) == said);
  return 0;
}
