// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/record.h"

namespace hangrate {

const Variant& CellSpec::variant_spec() const {
  for (const Variant& candidate : manifest.variants) {
    if (candidate.name == variant) return candidate;
  }
  static const Variant kNone;
  return kNone;
}

std::size_t cell_of(const Record& record) {
  return std::visit([](const auto& value) { return value.cell; }, record);
}

}  // namespace hangrate
