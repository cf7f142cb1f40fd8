// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cli/live.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hangrate {

namespace {

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

std::string Live::line(const CellSpec& spec, const CellResult& result, Nanos elapsed) const {
  const Tally& tally = result.tally();
  std::string text = fmt::format("{}/{}  {} trials", spec.repro, spec.variant, tally.attempted());
  if (spec.trials != 0) {
    text = fmt::format("{}/{}  {}/{} trials", spec.repro, spec.variant, tally.attempted(),
                       spec.trials);
  }
  text += fmt::format("  {} hits", tally.reproductions());
  if (tally.conclusive() > 0) {
    text += fmt::format("  {:.3g} %", 100.0 * static_cast<double>(tally.reproductions()) /
                                          static_cast<double>(tally.conclusive()));
  }
  const double seconds = to_seconds(elapsed);
  if (seconds > 0.2 && tally.attempted() > 0) {
    const double speed = static_cast<double>(tally.attempted()) / seconds;
    text += fmt::format("  {:.0f}/s", speed);
    if (spec.trials > tally.attempted()) {
      text += fmt::format("  ETA {:.0f} s",
                          static_cast<double>(spec.trials - tally.attempted()) / speed);
    }
  }
  return text;
}

void Live::update(const CellSpec& spec, const CellResult& result, Nanos elapsed) {
  if (!enabled_) return;
  const std::string text = line(spec, result, result.elapsed() + elapsed);
  std::fprintf(stderr, "\r\033[K%s", text.substr(0, terminal_width() - 1).c_str());
  std::fflush(stderr);
}

void Live::finish(const CellSpec& spec, const CellResult& result) {
  if (!enabled_) return;
  std::fprintf(stderr, "\r\033[K%s\n", line(spec, result, result.elapsed()).c_str());
}

}  // namespace hangrate
