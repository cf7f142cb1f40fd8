// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does what we write go to systemd-journald as it is? Then a line may begin with its priority.
#pragma once

namespace hangrate {

/// Is `fd` the stream that $JOURNAL_STREAM names (systemd.exec(5))? False if it was redirected
/// since.
bool is_journal(int fd);

}  // namespace hangrate
