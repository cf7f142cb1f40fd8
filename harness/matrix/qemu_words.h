// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a row of a matrix adds to QEMU's command line: devices, and folders of this machine to read.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

/// Options that leave the guest as the harness needs it, each with its value: "-device", "-fsdev".
/// A matrix file may be anyone's, so a guest may change nothing through what it is given.
Result<void> check_qemu_words(const std::vector<std::string>& words);

/// The drivers of the devices among them.
std::vector<std::string> qemu_devices(const std::vector<std::string>& words);

}  // namespace hangrate
