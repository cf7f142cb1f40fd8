// SPDX-License-Identifier: GPL-2.0-or-later
//
// A matrix file: a plan has kernels with ids that can be folders, each once, and cells that exist.
#include <set>

#include "harness/fuzz/input.h"
#include "harness/matrix/matrix_file.h"
#include "harness/model/record.h"

namespace hangrate {

namespace {

std::vector<Manifest> manifests() {
  Manifest alpha;
  alpha.name = "alpha";
  alpha.variants.resize(2);
  alpha.variants[0].name = "first";
  alpha.variants[1].name = "second";
  alpha.params.push_back(
      {.name = kWidenParam, .fallback = kWidenNone, .choices = {"none", "auto"}});
  return {alpha};
}

void check(const MatrixPlan& plan) {
  std::set<std::string> ids;
  for (const MatrixKernel& kernel : plan.kernels) {
    HR_CHECK(ids.insert(kernel.id).second);
    HR_CHECK(kernel.id.find('/') == kernel.id.npos && kernel.id != "." && kernel.id != "..");
    HR_CHECK(kernel.cpus >= 1 && kernel.memory_mib >= 128 && kernel.boots >= 0);
  }
  for (const MatrixCell& cell : plan.cells) HR_CHECK(cell.repro == "alpha" && cell.trials > 0);
  HR_CHECK(!plan.kernels.empty() && !plan.cells.empty());
}

}  // namespace

}  // namespace hangrate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  static const std::vector<Manifest> kManifests = manifests();
  const auto plan = parse_matrix(fuzz::text_of(data, size), "matrix.json", kManifests, {});
  if (plan) check(*plan);
  return 0;
}
