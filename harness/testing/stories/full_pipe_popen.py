#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The deadlock that the documentation of Popen.wait() warns of: nobody reads the pipe."""
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import os; os.write(1, bytes(1 << 20))"], stdout=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
