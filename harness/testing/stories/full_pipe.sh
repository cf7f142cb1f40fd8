#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Collects the output of a job, after it has waited for the job.
folder=$(mktemp -d)
mkfifo "$folder/output"
exec 3<>"$folder/output"
rm -r "$folder"
head -c 1048576 /dev/zero >&3 &
echo $!
wait $!
exec 3<&-
