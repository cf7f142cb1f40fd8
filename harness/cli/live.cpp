// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/cli/live.h"

#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/stats/interval.h"

namespace hangrate {

namespace {

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

Live::Live(bool enabled, const StopSpec& stop, double confidence) {
  if (stop.until_excluded) to_exclude_ = trials_to_exclude(*stop.until_excluded, confidence);
  // A description of our own, so that not blocking is ours alone.
  if (enabled) {
    terminal_.reset(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
}

std::uint64_t Live::planned(const CellSpec& spec) const {
  return spec.trials != 0 ? spec.trials : to_exclude_;
}

std::string Live::line(const CellSpec& spec, const CellResult& result, Nanos elapsed) const {
  const Tally& tally = result.tally();
  std::string text = fmt::format("{}/{}  {} trials", spec.repro, spec.variant, tally.attempted());
  const std::uint64_t wanted = planned(spec);
  if (wanted != 0) {
    text = fmt::format("{}/{}  {}/{} trials", spec.repro, spec.variant, tally.attempted(), wanted);
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
    if (wanted > tally.attempted()) {
      text +=
          fmt::format("  ETA {:.0f} s", static_cast<double>(wanted - tally.attempted()) / speed);
    }
  }
  return text;
}

void Live::show(const std::string& text) const {
  if (::write(terminal_.get(), text.data(), text.size()) < 0) return;  // stopped: the line is lost
}

void Live::update(const CellSpec& spec, const CellResult& result, Nanos elapsed) {
  if (!terminal_) return;
  const std::string text = line(spec, result, result.elapsed() + elapsed);
  show("\r\033[K" + text.substr(0, terminal_width() - 1));
}

void Live::finish(const CellSpec& spec, const CellResult& result) {
  if (!terminal_) return;
  show("\r\033[K" + line(spec, result, result.elapsed()) + "\n");
}

}  // namespace hangrate
