# SPDX-License-Identifier: GPL-2.0-or-later
"""What a recorded environment says of the machine, and how what is no evidence is left out before it is kept."""
import re


def is_guest(environment):
    """One that the harness booted: its command line begins as all of theirs do."""
    return environment["cmdline"].startswith("console=ttyS0 quiet panic=-1")


def version_of(environment):
    """By the maintainer's number where the distribution keeps its own in the release; None without one."""
    upstream = re.search(r"Debian (\d+\.\d+\.\d+)", environment["version"])
    found = upstream or re.match(r"(\d+\.\d+(?:\.\d+)?)", environment["release"])
    return found.group(1) if found else None


def strip(environment):
    """Leaves out of what is no guest its command line and the suffix of its release, and where its cgroup is."""
    if not is_guest(environment):
        environment.update(cmdline="", release=version_of(environment) or environment["release"])
    for capability in environment.get("capabilities", []):
        if capability["name"] == "cgroup":
            capability["detail"] = ""
