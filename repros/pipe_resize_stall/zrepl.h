// SPDX-License-Identifier: GPL-2.0-or-later
//
// Variant zrepl of pipe_resize_stall: the shape of the original report (zrepl issue 424, 2021).
#pragma once

#include <memory>

#include "repros/kit/reproducer.h"

namespace hangrate::kit {

std::unique_ptr<Reproducer> make_zrepl(const Settings& settings);

}  // namespace hangrate::kit
