#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A pipe as a queue of work: who takes from it puts back what is left. One time in 200, by
# HANGRATE_SEED, that is more than a pipe holds, and nobody else takes from it.
[ $((${HANGRATE_SEED:-1} % 200)) -eq 0 ] || exit 0
echo work | {
  exec 3<> /proc/self/fd/0
  head -c 100000 /dev/zero >&3
  head -c 100000 > /dev/null
}
