// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/live.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/stats/interval.h"

namespace hangrate {

Live::Live(bool enabled, const StopSpec& stop, double confidence) : line_(enabled) {
  if (stop.until_excluded) to_exclude_ = trials_to_exclude(*stop.until_excluded, confidence);
}

std::uint64_t Live::planned(const CellSpec& spec) const {
  return spec.trials != 0 ? spec.trials : to_exclude_;
}

std::string Live::text(const CellSpec& spec, const CellResult& result, Nanos elapsed) const {
  const Tally& tally = result.tally();
  if (result.searched() < spec.search && tally.attempted() == 0) {
    return fmt::format("{}/{}  search {}/{}  {} hits", spec.repro, spec.variant, result.searched(),
                       spec.search, result.search().reproductions());
  }
  std::string line = fmt::format("{}/{}  {} trials", spec.repro, spec.variant, tally.attempted());
  const std::uint64_t wanted = planned(spec);
  if (wanted != 0) {
    line = fmt::format("{}/{}  {}/{} trials", spec.repro, spec.variant, tally.attempted(), wanted);
  }
  line += fmt::format("  {} hits", tally.reproductions());
  if (tally.conclusive() > 0) {
    line += fmt::format("  {:.3g} %", 100.0 * static_cast<double>(tally.reproductions()) /
                                          static_cast<double>(tally.conclusive()));
  }
  const double seconds = to_seconds(elapsed);
  if (seconds > 0.2 && tally.attempted() > 0) {
    const double speed = static_cast<double>(tally.attempted()) / seconds;
    line += fmt::format("  {:.0f}/s", speed);
    if (wanted > tally.attempted()) {
      line +=
          fmt::format("  ETA {:.0f} s", static_cast<double>(wanted - tally.attempted()) / speed);
    }
  }
  return line;
}

void Live::update(const CellSpec& spec, const CellResult& result, Nanos elapsed) {
  line_.show(text(spec, result, result.elapsed() + elapsed));
}

void Live::finish(const CellSpec& spec, const CellResult& result) {
  if (line_.live()) line_.news(text(spec, result, result.elapsed()));
}

}  // namespace hangrate
