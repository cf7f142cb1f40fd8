// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers of a rate as text, so that rounding never claims more than was measured: a lower end is
// never shown larger than it is, an upper end or an excluded rate never smaller. Used by whatever
// prints one. Pure; the same on any locale.
#pragma once

#include <string>

namespace hangrate {

enum class Unit { Probability, Percent };

/// Three significant digits of p or of 1 - p, whichever is smaller: "0.00103", "0.9963". "0" and
/// the whole, "1" or "100", only if exact. Percent comes without the sign. p in [0, 1].
std::string lower_text(double p, Unit unit = Unit::Probability);  ///< rounded down
std::string upper_text(double p, Unit unit = Unit::Probability);  ///< rounded up
std::string point_text(double p, Unit unit = Unit::Probability);  ///< to the nearest

/// The same for a ratio, which may be above 1: three significant digits. "inf" for infinity.
std::string lower_ratio_text(double ratio);
std::string upper_ratio_text(double ratio);

/// A number of effective trials: whole, rounded down.
std::string trials_text(double trials);

}  // namespace hangrate
