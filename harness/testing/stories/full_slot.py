#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""full_slot.py [BYTES]: writes one byte too many into a pipe of which it has both ends.

With the pipe's usual size it is full. With BYTES the pipe has that size, and all but the last byte
that was written is taken out first: a pipe of one page has room then, and the write sleeps all the
same. ^C ends it.
"""
import fcntl
import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
reader, writer = os.pipe()
if len(sys.argv) > 1:
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, int(sys.argv[1]))
size = fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
os.write(writer, b"." * size)
if len(sys.argv) > 1:
    os.read(reader, size - 1)
os.write(writer, b"!")
