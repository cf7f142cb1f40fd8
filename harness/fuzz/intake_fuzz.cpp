// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a machine under test sends: whatever it claims, no more trials count than were ordered, and
// those that may be in flight are among them and not yet recorded.
#include "harness/base/file.h"
#include "harness/fuzz/input.h"
#include "harness/matrix/cell_intake.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  constexpr std::uint64_t kFirst = 100;
  constexpr std::uint64_t kCount = 50;
  CellResult result(CellSpec{.repro = "alpha", .variant = "first"});
  CellIntake intake({.repro = "alpha", .variant = "first", .trials = {kFirst, kCount}}, result);
  for (const std::string& line : split(fuzz::text_of(data, size), '\n')) {
    const auto json = parse_json(line);
    if (!json || !intake.take(*json)) break;
  }
  HR_CHECK(result.recorded().total() <= kCount && result.measured() <= kCount);
  const std::vector<std::uint64_t> in_flight = intake.in_flight();
  HR_CHECK(in_flight.size() + result.recorded().total() <= kCount);
  for (const std::uint64_t trial : in_flight) HR_CHECK(trial - kFirst < kCount);
  return 0;
}
